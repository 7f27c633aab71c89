import { stringify } from "yaml";
import { START_FLAGS } from "./run_gateway.ts";
import { TestCa } from "./test_ca.ts";
import type { TestNet } from "./test_net.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/**
 * The far side of central DHCP: the concentrator in one namespace, an unmodified dnsmasq in another one behind it.
 *
 *      "gw" it0 ---- it0 "central" c0 ---- c0 "server"
 *                    concentrator           dnsmasq
 */
export class CentralDhcp implements AsyncDisposable {
  readonly folder: string;
  readonly #net: TestNet;
  readonly #central: string;
  #concentrator: Deno.ChildProcess | undefined;

  private constructor(net: TestNet, central: string, folder: string) {
    this.#net = net;
    this.#central = central;
    this.folder = folder;
  }

  /** Lays the cables, makes the certificates, starts both. The gateway "garage-12" may ask for 10.20.0.0/24. */
  static async start(net: TestNet, gateway: string): Promise<CentralDhcp> {
    const [central, server] = [await net.add("central"), await net.add("server")];
    await net.link("it0", gateway, "10.99.0.2/24", central, "10.99.0.9/24");
    await net.link("c0", central, "10.50.0.1/24", server, "10.50.0.2/24");
    const folder = await Deno.makeTempDir({ prefix: "bulkhead-central-" });
    const dhcp = new CentralDhcp(net, central, folder);
    await dhcp.#writeFiles();
    net.spawn(
      server,
      ...["dnsmasq", "-d", "-C", "/dev/null", "--port=0", "--no-ping", "--dhcp-authoritative", "--user=root"],
      ...["--dhcp-range=10.20.0.50,10.20.0.90,255.255.255.0,10m", `--dhcp-leasefile=${folder}/leases`],
      ...["--dhcp-option=3,10.20.0.1", `--log-facility=${folder}/dnsmasq.log`, "--log-dhcp"],
    );
    dhcp.run();
    return dhcp;
  }

  /** Starts the concentrator (again). */
  run(): void {
    const config = `${this.folder}/concentrator.yaml`;
    const deno = [Deno.execPath(), "run", ...START_FLAGS];
    this.#concentrator = this.#net.spawn(this.#central, ...deno, MAIN, "concentrator", "--config", config);
  }

  /** Ends the concentrator without a word. */
  async kill(): Promise<void> {
    this.#concentrator!.kill("SIGKILL");
    await this.#concentrator!.status;
  }

  /** The `relay` section of a gateway with one of the certificates: "client" is garage-12, "stranger" is garage-13. */
  relay(certificate: "client" | "stranger", fallbackSeconds: number): Record<string, unknown> {
    const { folder } = this;
    return {
      ...{ concentrator: "10.99.0.9:8447", name: "dhcp.central.example", caFile: `${folder}/ca.pem` },
      certificate: { certFile: `${folder}/${certificate}.pem`, keyFile: `${folder}/${certificate}.key` },
      ...{ fallback: "known-bindings", fallbackSeconds },
    };
  }

  async #writeFiles(): Promise<void> {
    const write = (name: string, text: string) => Deno.writeTextFile(`${this.folder}/${name}`, text, { mode: 0o600 });
    const ca = new TestCa();
    await write("ca.pem", ca.pem);
    const made = {
      own: ca.server(["dhcp.central.example"]),
      client: ca.client("garage-12"),
      stranger: ca.client("garage-13"),
    };
    for (const [name, { certPem, keyPem }] of Object.entries(made)) {
      await write(`${name}.pem`, certPem);
      await write(`${name}.key`, keyPem);
    }
    await write(
      "concentrator.yaml",
      stringify({
        ...{ version: 1, listen: "10.99.0.9:8447", names: ["dhcp.central.example"], clientCaFile: "ca.pem" },
        ...{ certificate: { certFile: "own.pem", keyFile: "own.key" }, server: "10.50.0.2", address: "10.50.0.1" },
        gateways: [{ name: "garage-12", subnets: ["10.20.0.0/24"] }],
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

import { waitFor } from "./wait_for.ts";
import { reservePorts } from "./gateway_process.ts";
import type { TestCertificate } from "./test_ca.ts";

/** A stunnel client: plain Modbus at its port becomes Modbus/TCP Security towards `to`. */
export class Stunnel implements AsyncDisposable {
  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly child: Deno.ChildProcess,
  ) {}

  static async start(to: number, certificate: TestCertificate, caPem: string, version = "TLSv1.3"): Promise<Stunnel> {
    const folder = await Deno.makeTempDir({ prefix: "bulkhead-stunnel-" });
    const { plain: port } = reservePorts();
    await Deno.writeTextFile(`${folder}/client.pem`, certificate.certPem);
    await Deno.writeTextFile(`${folder}/client.key`, certificate.keyPem, { mode: 0o600 });
    await Deno.writeTextFile(`${folder}/ca.pem`, caPem);
    const lines = [
      "foreground = yes",
      "pid =",
      "socket = l:TCP_NODELAY=1",
      "socket = r:TCP_NODELAY=1",
      "[modbus]",
      "client = yes",
      `accept = 127.0.0.1:${port}`,
      `connect = 127.0.0.1:${to}`,
      `cert = ${folder}/client.pem`,
      `key = ${folder}/client.key`,
      `CAfile = ${folder}/ca.pem`,
      "verifyChain = yes",
      "checkHost = localhost",
      "sni = localhost",
      `sslVersion = ${version}`,
    ];
    await Deno.writeTextFile(`${folder}/stunnel.conf`, lines.join("\n") + "\n");
    const child = new Deno.Command("stunnel4", {
      args: [`${folder}/stunnel.conf`],
      ...{ stdin: "null", stdout: "null", stderr: "null" },
    }).spawn();
    await waitFor("stunnel to listen", async () => {
      try {
        (await Deno.connect({ hostname: "127.0.0.1", port })).close();
        return true;
      } catch (error) {
        if (error instanceof Deno.errors.ConnectionRefused) return false;
        throw error;
      }
    });
    return new Stunnel(port, folder, child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await this.child.status;
    await Deno.remove(this.folder, { recursive: true });
  }
}

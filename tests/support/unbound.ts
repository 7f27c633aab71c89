import { runCommand } from "./run_command.ts";
import { TestCa } from "./test_ca.ts";
import { validNow } from "./example_site.ts";
import { freePort } from "./free_port.ts";
import { waitFor } from "./wait_for.ts";

/** unbound as a DNS upstream: over TLS and HTTPS on free ports of loopback, with records of its own. */
export class Unbound implements AsyncDisposable {
  readonly ca = new TestCa("DNS CA", validNow());
  #child: Deno.ChildProcess | undefined;

  private constructor(
    readonly folder: string,
    readonly ports: { readonly dot: number; readonly doh: number; readonly plain: number },
  ) {}

  /** Starts it with these lines of local data. */
  static async up(records: readonly string[], name = "dns.test"): Promise<Unbound> {
    const [dot, doh, plain] = [freePort(), freePort(), freePort()] as const;
    const unbound = new Unbound(await Deno.makeTempDir({ prefix: "bulkhead-unbound-" }), { dot, doh, plain });
    const { certPem, keyPem } = unbound.ca.server([name], validNow());
    await Deno.writeTextFile(`${unbound.folder}/server.pem`, certPem);
    await Deno.writeTextFile(`${unbound.folder}/server.key`, keyPem, { mode: 0o600 });
    await Deno.writeTextFile(`${unbound.folder}/unbound.conf`, unbound.#config(records));
    await unbound.start();
    return unbound;
  }

  /** Starts the process (again) and waits until it answers. */
  async start(): Promise<void> {
    const args = ["-d", "-c", `${this.folder}/unbound.conf`];
    this.#child = new Deno.Command("unbound", { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
    const dig = [
      "dig",
      "@127.0.0.1",
      "-p",
      String(this.ports.plain),
      "+tries=1",
      "+time=1",
      "ready.test",
      "TXT",
    ] as const;
    await waitFor("unbound", async () => (await runCommand([...dig])).stdout.includes("status: NOERROR"));
  }

  /** Ends the process at once. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#child?.status;
    this.#child = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.folder, { recursive: true });
  }

  #config(records: readonly string[]): string {
    const { folder, ports: { dot, doh, plain } } = this;
    return `server:
  interface: 127.0.0.1@${dot}
  interface: 127.0.0.1@${doh}
  interface: 127.0.0.1@${plain}
  tls-port: ${dot}
  https-port: ${doh}
  tls-service-pem: ${folder}/server.pem
  tls-service-key: ${folder}/server.key
  do-daemonize: no
  username: ""
  chroot: ""
  directory: ${folder}
  pidfile: ""
  use-syslog: no
  logfile: ""
  num-threads: 1
  module-config: "iterator"
  do-not-query-localhost: no
  local-zone: "test." static
  local-data: "ready.test. 60 IN TXT ready"
${records.map((record) => `  local-data: "${record}"\n`).join("")}`;
  }
}

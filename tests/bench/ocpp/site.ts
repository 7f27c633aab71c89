import { TestCa } from "../../support/test_ca.ts";
import { type BenchSite, readWord } from "./relays.ts";

/** A place to start relays in: certificates in a folder, and a CSMS process behind them. */
export interface BenchPlace extends AsyncDisposable {
  readonly site: BenchSite;
  readonly ca: TestCa;
  /** The CSMS that `site.csmsPort` leads to. */
  readonly csms: Deno.ChildProcess;
}

/** The value of `--name N` on the command line. */
export function option(name: string, otherwise: number): number {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(Deno.args[at + 1]);
}

/** Writes to standard output: benches have no logger. */
export function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Starts a CSMS process; port 0 lets the system choose. */
export async function startCsms(
  { certFile, keyFile }: Pick<BenchSite, "certFile" | "keyFile">,
  port = 0,
  ledgerFile?: string,
): Promise<{ process: Deno.ChildProcess; port: number }> {
  const script = new URL("./csms.ts", import.meta.url).pathname;
  const args = ["run", "-q", "-A", script, certFile, keyFile, String(port), ...ledgerFile ? [ledgerFile] : []];
  const process = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
  return { process, port: Number(await readWord(process, "PORT")) };
}

/** Makes keys and certificates for `stations` stations and starts the CSMS. */
export async function prepare(stations: number): Promise<BenchPlace> {
  const dir = await Deno.makeTempDir({ prefix: "bulkhead-bench-" });
  const ca = new TestCa("Bench CA");
  const { certPem, keyPem } = ca.server(["localhost", "127.0.0.1"]);
  const files = { "server.pem": certPem, "server.key": keyPem, "both.pem": certPem + keyPem, "ca.pem": ca.pem };
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${dir}/${name}`, text, { mode: 0o600 });
  const place = { certFile: `${dir}/server.pem`, keyFile: `${dir}/server.key` };
  const { process: csms, port: csmsPort } = await startCsms(place);
  const password = "5f3a9c0d1e7b284655aa90fe31c4d7b2e8f06a1c";
  const site = { dir, ...place, pemFile: `${dir}/both.pem`, caFile: `${dir}/ca.pem`, csmsPort, password, stations };
  return {
    site,
    ca,
    csms,
    async [Symbol.asyncDispose]() {
      end(csms);
      await csms.status;
      await Deno.remove(dir, { recursive: true });
    },
  };
}

/** Ends a program that may have ended already. */
function end(program: Deno.ChildProcess): void {
  try {
    program.kill("SIGTERM");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}

import { stringify } from "yaml";
import { runInGateway } from "../../gateway/cli/control_client.ts";
import type { CommandArgs } from "../../gateway/control/contract.ts";
import { HaldInNamespace } from "./hald_in_namespace.ts";
import { START_FLAGS } from "./run_gateway.ts";
import { waitFor } from "./wait_for.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const MAIN = `${ROOT}main.ts`;

/** What a lab's site.yaml says beside site, hal and dataDir. */
export interface LabSite {
  readonly zones: readonly { readonly id: string; readonly interface: string; readonly address: string }[];
  readonly dhcp: Readonly<Record<string, unknown>>;
  readonly stations?: readonly Readonly<Record<string, unknown>>[];
}

/** A row of `dhcp leases`. */
export interface LabLease {
  readonly zone: string;
  readonly address: string;
  readonly mac: string;
  readonly state: "bound" | "released" | "declined";
  readonly kind: string;
  readonly device: string | null;
  readonly renewedAt: number;
  readonly expiresAt: number;
}

/** The real gateway and the real hald in one namespace, with DHCP on its OT interfaces. Needs root. */
export class DhcpLab implements AsyncDisposable {
  readonly hald: HaldInNamespace;
  readonly folder: string;
  readonly #namespace: string;
  #child: Deno.ChildProcess | undefined;
  #over: Promise<unknown> = Promise.resolve();
  #text = "";

  private constructor(namespace: string, hald: HaldInNamespace, folder: string) {
    this.#namespace = namespace;
    this.hald = hald;
    this.folder = folder;
  }

  /** `disk`: a folder for the data. Starts both and waits until the gateway is ready and every zone is served. */
  static async start(namespace: string, site: LabSite, disk?: string): Promise<DhcpLab> {
    const hald = await HaldInNamespace.start(namespace, site.zones.map((zone) => zone.interface));
    const lab = new DhcpLab(namespace, hald, await Deno.makeTempDir({ prefix: "bulkhead-dhcp-" }));
    await lab.write(site);
    if (disk !== undefined) await Deno.symlink(disk, `${lab.folder}/data`);
    await lab.run();
    return lab;
  }

  /** Writes site.yaml. */
  async write({ zones, dhcp, stations = [] }: LabSite): Promise<void> {
    await Deno.writeTextFile(
      `${this.folder}/site.yaml`,
      stringify({
        version: 1,
        site: { id: "lab", dataDir: "./data" },
        network: { zones: zones.map((zone) => ({ ...zone, role: "ot" })) },
        hal: { socket: this.hald.socket },
        stations,
        dhcp,
      }),
    );
  }

  /** Starts the gateway (again). */
  async run(): Promise<void> {
    this.#text = "";
    const args = ["netns", "exec", this.#namespace, Deno.execPath(), "run", ...START_FLAGS, MAIN, "run"];
    args.push("--config", `${this.folder}/site.yaml`);
    const child = new Deno.Command("ip", { args, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
    this.#child = child;
    const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
      for await (const part of stream.pipeThrough(new TextDecoderStream())) this.#text += part;
    };
    let ended = false;
    this.#over = Promise.all([child.status.then(() => ended = true), read(child.stdout), read(child.stderr)]);
    await waitFor("READY or the end", () => /^READY /m.test(this.#text) || ended, 120_000);
    if (!/^READY /m.test(this.#text)) throw new Error(`The gateway ended:\n${this.#text}`);
  }

  /** Processes of gateway and hald. */
  get pids(): readonly number[] {
    return [this.#child!.pid, this.hald.pid];
  }

  /** Everything that the gateway wrote since it was started. */
  get log(): string {
    return this.#text;
  }

  /** Runs a command in the gateway and gives its data. @throws GatewayError */
  async command<T>(name: string, args: CommandArgs = {}): Promise<T> {
    return (await runInGateway(`${this.folder}/data/control.sock`, name, args, "test")).data as T;
  }

  /** Ends the gateway without a word. */
  async kill(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    try {
      this.#child?.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // It has ended already.
    }
    await this.#over;
    this.#child = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child) await this.kill("SIGTERM");
    await this.hald[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

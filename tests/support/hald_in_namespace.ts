import { connectHald, type HaldClient } from "../../hal/client.ts";
import { systemClock } from "../../gateway/core/clock.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { waitFor } from "./wait_for.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** The real hald as a process in a namespace, with a socket that this process reaches. Needs root. */
export class HaldInNamespace implements AsyncDisposable {
  readonly socket: string;
  readonly #folder: string;
  readonly #namespace: string;
  readonly #interfaces: readonly string[];
  #child: Deno.ChildProcess | undefined;

  private constructor(folder: string, namespace: string, interfaces: readonly string[]) {
    this.#folder = folder;
    this.socket = `${folder}/hal.sock`;
    this.#namespace = namespace;
    this.#interfaces = interfaces;
  }

  /** Starts it for these interfaces and waits until it answers. */
  static async start(namespace: string, interfaces: readonly string[]): Promise<HaldInNamespace> {
    const hald = new HaldInNamespace(await Deno.makeTempDir({ prefix: "bulkhead-hald-" }), namespace, interfaces);
    const config = { callers: [{ user: Deno.uid(), may: ["read", "act"] }], dhcp: { interfaces } };
    await Deno.writeTextFile(`${hald.#folder}/hald.json`, JSON.stringify(config));
    await hald.run();
    return hald;
  }

  /** Starts the process (again). */
  async run(): Promise<void> {
    const args = ["netns", "exec", this.#namespace, Deno.execPath(), "run", "-A", "--no-check", "hal/daemon.ts"];
    args.push("--socket", this.socket, "--config", `${this.#folder}/hald.json`);
    this.#child = new Deno.Command("ip", { args, cwd: ROOT, stdin: "null", stdout: "null", stderr: "inherit" })
      .spawn();
    const client = this.client();
    try {
      await waitFor("hald to answer", () => client.state.connected);
    } finally {
      client.close();
    }
  }

  get pid(): number {
    return this.#child!.pid;
  }

  /** A client for verbs. */
  client(): HaldClient {
    return connectHald(this.socket, { clock: systemClock, timers: systemTimers });
  }

  /** Ends the process without a word. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#child?.status;
    this.#child = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

import { waitFor, withDeadline } from "./wait_for.ts";

/** The real hald as a process of its own, for the user of the test. */
export class HaldProcess implements AsyncDisposable {
  #isGone = false;

  private constructor(
    readonly socket: string,
    private readonly folder: string,
    private child: Deno.ChildProcess,
  ) {}

  /** Starts hald with these serial devices and keys of hald.json, and waits until it serves. */
  static async start(serial: readonly string[], more: Readonly<Record<string, unknown>> = {}): Promise<HaldProcess> {
    const folder = await Deno.makeTempDir({ prefix: "bulkhead-hald-" });
    const callers = [{ user: Deno.uid(), may: ["read", "secret", "act"] }];
    await Deno.writeTextFile(`${folder}/hald.json`, JSON.stringify({ callers, serial, ...more }));
    const hald = new HaldProcess(`${folder}/hal.sock`, folder, spawn(folder));
    await hald.#served();
    return hald;
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    if (this.#isGone) return;
    this.#isGone = true;
    this.child.kill("SIGKILL");
    await this.child.status;
  }

  /** Ends it at once, and starts it again, perhaps with other devices. */
  async restart(serial: readonly string[]): Promise<void> {
    await this.kill();
    const callers = [{ user: Deno.uid(), may: ["read", "secret", "act"] }];
    await Deno.writeTextFile(`${this.folder}/hald.json`, JSON.stringify({ callers, serial }));
    this.child = spawn(this.folder);
    this.#isGone = false;
    await this.#served();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isGone) this.child.kill("SIGTERM");
    await withDeadline("the end of hald", this.child.status);
    await Deno.remove(this.folder, { recursive: true });
  }

  async #served(): Promise<void> {
    await waitFor("hald to serve", async () => {
      try {
        (await Deno.connect({ transport: "unix", path: this.socket })).close();
        return true;
      } catch (error) {
        if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.ConnectionRefused) return false;
        throw error;
      }
    });
  }
}

function spawn(folder: string): Deno.ChildProcess {
  const entry = new URL("../../hal/daemon.ts", import.meta.url).pathname;
  const args = ["run", "--no-prompt", "-A", "--cached-only", entry];
  return new Deno.Command(Deno.execPath(), {
    args: [...args, "--socket", `${folder}/hal.sock`, "--config", `${folder}/hald.json`],
    ...{ stdin: "null", stdout: "null", stderr: "inherit" },
  }).spawn();
}

import type { LoadOrder, LoadResult, LoadSetup } from "./load.ts";
import type { ReconnectOrder } from "./reconnect_load.ts";

/** A load process and the way to give it orders. */
export class Load implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #orders: WritableStreamDefaultWriter<Uint8Array>;
  #rest = "";

  /** `program` is the file beside this one that plays the stations. */
  constructor(setup: LoadSetup, program = "load.ts") {
    const script = new URL(program, import.meta.url).pathname;
    const args = ["run", "-q", "-A", script, JSON.stringify(setup)];
    this.#process = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped" }).spawn();
    this.#lines = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#orders = this.#process.stdin.getWriter();
  }

  /** The next line the process says; the first one comes when all its stations are open. */
  async answer<T>(): Promise<T> {
    while (!this.#rest.includes("\n")) {
      const { value, done } = await this.#lines.read();
      if (done) throw new Error("The load process ended");
      this.#rest += value;
    }
    const at = this.#rest.indexOf("\n");
    const line = this.#rest.slice(0, at);
    this.#rest = this.#rest.slice(at + 1);
    return JSON.parse(line) as T;
  }

  async order<T = LoadResult>(order: LoadOrder | ReconnectOrder): Promise<T> {
    await this.#orders.write(new TextEncoder().encode(`${JSON.stringify(order)}\n`));
    return await this.answer<T>();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#orders.close();
    await this.#process.status;
  }
}

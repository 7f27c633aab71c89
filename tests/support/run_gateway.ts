import { waitFor } from "./wait_for.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;
/** The flags of `deno task start`. */
export const START_FLAGS = [
  "--no-prompt",
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-sys",
];

/** A gateway as a process, as `deno task start run` makes it; it need not become ready. */
export interface RunningProcess {
  /** All that it has written so far. */
  text(): string;
  /** Waits for its READY line. @throws Error with what it wrote when it ends instead */
  ready(deadlineMs?: number): Promise<void>;
  /** Waits until it ends by itself; its exit code. */
  ended(): Promise<number>;
  /** Asks it to drain, unless it has ended; its exit code. */
  stop(): Promise<number>;
}

/** Starts `run --config FILE`. */
export function runGateway(configFile: string, flags: readonly string[] = START_FLAGS): RunningProcess {
  const args = ["run", ...flags, MAIN, "run", "--config", configFile];
  const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "piped" }).spawn();
  let text = "", ended = false;
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const part of stream.pipeThrough(new TextDecoderStream())) text += part;
  };
  const over = Promise.all([child.status.then(() => ended = true), read(child.stdout), read(child.stderr)]);
  return {
    text: () => text,
    async ready(deadlineMs) {
      await waitFor("READY or the end", () => /^READY /m.test(text) || ended, deadlineMs);
      if (!/^READY /m.test(text)) throw new Error(`The gateway ended:\n${text}`);
    },
    async ended() {
      await over;
      return (await child.status).code;
    },
    async stop() {
      if (!ended) child.kill("SIGTERM");
      await over;
      return (await child.status).code;
    },
  };
}

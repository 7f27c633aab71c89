import { concatBytes } from "../gateway/core/concat_bytes.ts";
import { HardwareError } from "../gateway/core/errors.ts";
import type { Timers } from "../gateway/core/timers.ts";
import { HAL_LIMITS } from "./limits.ts";

/** How a program is run. There is no shell: the program is found on a fixed path and gets its arguments as they are. */
export interface ToolCall {
  readonly program: string;
  readonly args: readonly string[];
  /** Bytes for its standard input; secrets go in here or in `env`, never in `args`. */
  readonly stdin?: Uint8Array<ArrayBuffer>;
  /** The whole environment beside PATH and LC_ALL. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly timeoutMs?: number;
}

/** Runs programs; a parameter, so that tests can answer in their place. */
export type ToolRunner = (call: ToolCall) => Promise<Uint8Array<ArrayBuffer>>;

const PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

/** The programs of the box. */
export function createToolRunner(timers: Timers): ToolRunner {
  return (call) => runTool(call, timers);
}

/**
 * Runs one program to its end and returns what it wrote.
 * @throws HardwareError HAL_TOOL_MISSING when it is not installed, HAL_TOOL_FAILED when it fails, runs too long or
 * writes too much
 */
async function runTool(call: ToolCall, timers: Timers): Promise<Uint8Array<ArrayBuffer>> {
  const child = spawn(call);
  let why = "";
  const end = (reason: string) => {
    why ||= reason;
    try {
      child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // It has ended already.
    }
  };
  const timeoutMs = call.timeoutMs ?? HAL_LIMITS.toolMs;
  const cancel = timers.after(timeoutMs, () => end(`it ran longer than ${timeoutMs} ms`));
  const tooMuch = () => end(`it wrote more than ${HAL_LIMITS.toolOutputBytes} bytes`);
  try {
    const [stdout, stderr, status] = await Promise.all([
      collect(child.stdout, tooMuch),
      collect(child.stderr, tooMuch),
      child.status,
      feed(child.stdin, call.stdin),
    ]);
    if (why === "" && status.success) return stdout;
    throw new HardwareError(
      "HAL_TOOL_FAILED",
      `Program "${call.program}" failed: ${why || lastLines(stderr) || `exit code ${status.code}`}`,
    );
  } finally {
    cancel();
  }
}

function spawn(call: ToolCall): Deno.ChildProcess {
  try {
    return new Deno.Command(call.program, {
      args: [...call.args],
      clearEnv: true,
      env: { ...call.env, PATH, LC_ALL: "C.UTF-8" },
      ...(call.cwd === undefined ? {} : { cwd: call.cwd }),
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    throw new HardwareError("HAL_TOOL_MISSING", `Cannot start program "${call.program}"`, {
      hint: "Install the package that holds it; docs/hal.md lists them",
      cause: error,
    });
  }
}

async function feed(stream: WritableStream<Uint8Array>, bytes: Uint8Array | undefined): Promise<void> {
  const writer = stream.getWriter();
  try {
    if (bytes) await writer.write(bytes);
    await writer.close();
  } catch (error) {
    // A program may end without reading its input; its exit code says whether that was a fault.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

async function collect(stream: ReadableStream<Uint8Array>, tooMuch: () => void): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size <= HAL_LIMITS.toolOutputBytes) chunks.push(chunk);
    else tooMuch();
  }
  const whole = concatBytes(chunks);
  for (const chunk of chunks) chunk.fill(0); // It may have been a key.
  return whole;
}

/** Programs of this kind give the reason in one of the last lines, not always in the last. */
function lastLines(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).trim().split("\n").slice(-4).join("; ").slice(-300);
}

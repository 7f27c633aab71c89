import { waitFor } from "./wait_for.ts";
import { reservePorts } from "./gateway_process.ts";

const SCRIPT = new URL("./libmodbus_device.ts", import.meta.url).pathname;

/** Runs libmodbus as Modbus server in a process of its own. @throws Error when it does not serve */
async function start(args: readonly string[]): Promise<Deno.ChildProcess> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-prompt", "--allow-ffi", SCRIPT, ...args],
    ...{ stdin: "null", stdout: "piped", stderr: "inherit" },
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  await child.stdout.cancel();
  if (new TextDecoder().decode(value).trim() !== "READY") throw new Error(`libmodbus ${args.join(" ")} does not serve`);
  return child;
}

async function end(child: Deno.ChildProcess): Promise<void> {
  child.kill("SIGKILL"); // it waits in a call of the library, where no other signal is heard
  await child.status;
}

/** A TCP device that is not ours. What it holds: libmodbus_device.ts. */
export class LibmodbusTcp implements AsyncDisposable {
  private constructor(readonly port: number, private readonly child: Deno.ChildProcess) {}

  static async start(): Promise<LibmodbusTcp> {
    const { plain: port } = reservePorts();
    return new LibmodbusTcp(port, await start(["tcp", String(port)]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await end(this.child);
  }
}

/** The same device on a serial line: two ptys that socat ties together. */
export class LibmodbusSerial implements AsyncDisposable {
  private constructor(
    /** The other end of the line, for hald. */
    readonly device: string,
    private readonly folder: string,
    private readonly children: readonly Deno.ChildProcess[],
  ) {}

  /** `turnaroundMs`: until it answers; with 0 it is faster than the line's speed allows, as USB devices are. */
  static async start(baud: number, turnaroundMs: number): Promise<LibmodbusSerial> {
    const folder = await Deno.makeTempDir({ dir: "/dev/shm", prefix: "bulkhead-line-" }); // hald opens below /dev only
    const [ours, theirs] = [`${folder}/gateway`, `${folder}/device`];
    const args = [`PTY,raw,echo=0,link=${ours}`, `PTY,raw,echo=0,link=${theirs}`];
    const socat = new Deno.Command("socat", { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
    for (const link of [ours, theirs]) await waitFor(link, () => Deno.realPath(link).catch(() => undefined));
    return new LibmodbusSerial(ours, folder, [await start(["rtu", theirs, String(baud), String(turnaroundMs)]), socat]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.children) await end(child);
    await Deno.remove(this.folder, { recursive: true });
  }
}

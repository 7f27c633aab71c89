import { join } from "node:path";
import { TextLineStream } from "./text_lines.ts";
import { runInGateway } from "../cli/control_client.ts";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { GatewayError } from "../core/errors.ts";
import type { Timers } from "../core/timers.ts";
import { DEMO_LIMITS } from "./limits.ts";

/** Flags of the gateway process, as `deno task start` has them. */
const FLAGS = [
  "--no-prompt",
  "--v8-flags=--max-semi-space-size=4",
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-sys",
];

/** How a gateway is started as a process of its own. */
export interface GatewayProcessOptions {
  readonly configFile: string;
  readonly dataDir: string;
  readonly timers: Timers;
  /** More flags of `deno run`. */
  readonly flags?: readonly string[];
}

/** The real gateway as a child process. It gets signals only from here, never from the terminal. */
export class GatewayProcess {
  readonly #lines: string[] = [];
  readonly #reading: Promise<unknown>;

  private constructor(
    private readonly child: Deno.ChildProcess,
    private readonly options: GatewayProcessOptions,
    private readonly onLine: (line: string) => void,
  ) {
    this.#reading = Promise.all([this.#read(child.stdout), this.#read(child.stderr)]);
  }

  /**
   * Starts a gateway and waits for its READY line.
   * @throws GatewayError DEMO_GATEWAY_FAILED with its last log lines when it ends or says nothing in time
   */
  static async start(options: GatewayProcessOptions): Promise<GatewayProcess> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const main = new URL("../../main.ts", import.meta.url).href;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", ...FLAGS, ...options.flags ?? [], main, "run", "--config", options.configFile],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      // Ctrl-C goes to every process of a terminal's group; the demo ends its stations first and the gateway last.
      detached: true,
    }).spawn();
    const gateway = new GatewayProcess(child, options, (line) => {
      if (line.startsWith("READY ")) resolve();
    });
    const fail = (why: string) =>
      reject(
        new GatewayError("DEMO_GATEWAY_FAILED", `The gateway did not become ready: ${why}\n${gateway.logTail()}`, {
          hint: `Run it by hand: deno task start run --config ${options.configFile}`,
        }),
      );
    const cancel = options.timers.after(DEMO_LIMITS.gatewayReadyMs, () => fail("no READY line in time"));
    void gateway.ended().then((how) => fail(`it ended with ${how}`));
    try {
      await promise;
      return gateway;
    } catch (error) {
      await gateway.kill();
      throw error;
    } finally {
      cancel();
    }
  }

  get pid(): number {
    return this.child.pid;
  }

  /** Everything it wrote, as far as it is kept. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** The last lines it wrote, for the report of a failure. */
  logTail(count = 15): string {
    return this.#lines.slice(-count).map((line) => `  | ${line}`).join("\n");
  }

  /** Runs one command in it over its control socket. */
  command(command: string, args: CommandArgs = {}, who = "demo"): Promise<CommandResult> {
    return runInGateway(join(this.options.dataDir, "control.sock"), command, args, who);
  }

  /** Asks it to read its configuration again. */
  reload(): void {
    this.child.kill("SIGHUP");
  }

  /** Drains and ends it; kills it when that takes too long. The exit code, or the signal that ended it. */
  async stop(): Promise<number | string> {
    this.#signal("SIGTERM");
    const cancel = this.options.timers.after(DEMO_LIMITS.gatewayStopMs, () => this.#signal("SIGKILL"));
    try {
      return await this.ended();
    } finally {
      cancel();
    }
  }

  /** Ends it at once, as a power cut would. */
  async kill(): Promise<void> {
    this.#signal("SIGKILL");
    await this.ended();
  }

  /** Resolves when it has ended: its exit code, or the signal. */
  async ended(): Promise<number | string> {
    const { code, signal } = await this.child.status;
    await this.#reading;
    return signal ?? code;
  }

  #signal(name: Deno.Signal): void {
    try {
      this.child.kill(name);
    } catch (error) {
      // It has ended already: Deno says so with a TypeError.
      if (!(error instanceof TypeError)) throw error;
    }
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const line of stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())) {
      if (this.#lines.length >= DEMO_LIMITS.logLines) this.#lines.shift();
      this.#lines.push(line);
      this.onLine(line);
    }
  }
}

import { createServer, type Server, type Socket } from "node:net";
import type { Service, WorkerContext } from "../../gateway/core/conduit.ts";
import { describeError } from "../../gateway/core/errors.ts";
import { encodeLine, LineDecoder } from "./codec.ts";
import type { EchoConfig } from "./config.ts";
import { ECHO_LIMITS } from "./limits.ts";
import { judgeLine } from "./policy.ts";
import { EchoSession, type Effect } from "./session.ts";

/** How often sessions are asked whether their time is up. */
const TICK_MS = 250;

/**
 * Listens, and performs what the sessions want done.
 * @throws Error when the address is taken
 */
export async function startEcho(context: WorkerContext<EchoConfig>): Promise<Service<EchoConfig>> {
  const service = new EchoService(context);
  await service.listen();
  return service;
}

class EchoService implements Service<EchoConfig> {
  readonly #context: WorkerContext<EchoConfig>;
  readonly #server: Server;
  readonly #connections = new Map<Socket, EchoSession>();
  readonly #stopTicks: () => void;
  #rules: EchoConfig["rules"];

  constructor(context: WorkerContext<EchoConfig>) {
    this.#context = context;
    this.#rules = context.config.rules;
    this.#server = createServer({ allowHalfOpen: false }, (socket) => this.#accept(socket));
    this.#stopTicks = context.timers.every(TICK_MS, () => this.#tick());
  }

  get listening(): Readonly<Record<string, string>> {
    const address = this.#server.address();
    return typeof address === "object" && address ? { echo: `tcp://${address.address}:${address.port}` } : {};
  }

  health() {
    return { state: "ok" } as const;
  }

  listen(): Promise<void> {
    const { hostname, port } = new URL(`tcp://${this.#context.config.listen}`);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen(Number(port), hostname.replace(/^\[|\]$/g, ""), resolve);
    return promise;
  }

  /** New rules hold at once; a new address means new permissions, for which the supervisor starts a new Worker. */
  reconfigure(config: EchoConfig): Promise<void> {
    this.#rules = config.rules;
    return Promise.resolve();
  }

  async drain(deadlineMs: number): Promise<void> {
    this.#stopTicks();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const [socket, session] of this.#connections) this.#perform(socket, session.end("the gateway stops"));
    const cancel = this.#context.timers.after(
      deadlineMs,
      () => this.#connections.forEach((_, socket) => socket.destroy()),
    );
    await closed;
    cancel();
  }

  #accept(socket: Socket): void {
    if (this.#connections.size >= ECHO_LIMITS.connections) return void socket.destroy();
    const settings = {
      idleMs: this.#context.config.idleSeconds * 1000,
      judge: (line: string) => judgeLine(line, this.#rules),
    };
    const session = new EchoSession(settings, this.#context.clock.monotonic());
    const decoder = new LineDecoder();
    this.#connections.set(socket, session);
    socket.on("data", (bytes: Uint8Array) => this.#receive(socket, session, decoder, bytes));
    socket.on("error", (error) => this.#context.log.debug("echo.connection.failed", { msg: describeError(error) }));
    socket.on("close", () => this.#connections.delete(socket));
  }

  #receive(socket: Socket, session: EchoSession, decoder: LineDecoder, bytes: Uint8Array): void {
    try {
      const now = this.#context.clock.monotonic();
      for (const line of decoder.push(bytes)) this.#perform(socket, session.receive(line, now));
    } catch (error) {
      this.#context.log.debug("echo.line.rejected", { msg: describeError(error) });
      this.#perform(socket, session.end("malformed"));
    }
  }

  #tick(): void {
    const now = this.#context.clock.monotonic();
    for (const [socket, session] of this.#connections) this.#perform(socket, session.tick(now));
  }

  #perform(socket: Socket, effects: readonly Effect[]): void {
    for (const effect of effects) {
      switch (effect.do) {
        case "send":
          socket.write(encodeLine(effect.line));
          if (socket.writableLength > ECHO_LIMITS.waitingBytes) socket.destroy();
          break;
        case "record":
          void this.#record(socket, effect.rule);
          break;
        case "close":
          socket.end();
          break;
        default:
          effect satisfies never;
      }
    }
  }

  async #record(socket: Socket, rule: string): Promise<void> {
    const source = socket.remoteAddress ?? "";
    try {
      await this.#context.control.call("audit.record", {
        event: "echo.line.refused",
        class: "security",
        who: source,
        outcome: "refused",
        rule,
        source,
      });
    } catch (error) {
      this.#context.log.error("echo.audit.failed", { msg: describeError(error) });
    }
  }
}

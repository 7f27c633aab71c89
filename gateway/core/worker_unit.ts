import type { Health, WorkerSpec } from "./conduit.ts";
import { GatewayError } from "./errors.ts";
import { SUPERVISOR_LIMITS } from "./supervisor_limits.ts";
import type { Timers } from "./timers.ts";
import type { FromWorker, ToWorker } from "./worker_protocol.ts";

/** A started Worker, as far as the supervisor needs it; tests pass fakes. */
export interface WorkerHandle {
  post(message: ToWorker, transfer?: readonly MessagePort[]): void;
  terminate(): void;
}

/** Starts a Worker thread; throws when its permissions are not covered by the process's flags. */
export type SpawnWorker = (
  spec: WorkerSpec,
  events: { readonly message: (message: FromWorker) => void; readonly fault: (text: string) => void },
) => WorkerHandle;

/** What a unit reports to the supervisor. */
export interface UnitEvents {
  log(line: string): void;
  /** The Worker ended by a fault, before or after it was ready. Told once. */
  fault(unit: WorkerUnit, text: string): void;
  /** It answers no heartbeat: it loops, and a looping Worker cannot be killed. */
  hung(unit: WorkerUnit): void;
  missedBeat(unit: WorkerUnit): void;
}

/** One life of one Worker: from spawn to its end. A restart makes a new unit. */
export class WorkerUnit {
  readonly spec: WorkerSpec;
  /** Unique among living units: the spec's name, or "name~2" while the one it replaces still drains. */
  readonly name: string;
  state: "starting" | "ready" | "draining" | "gone" = "starting";
  listening: Readonly<Record<string, string>> = {};
  health: Health = { state: "degraded", why: "starting" };
  readonly #events: UnitEvents;
  readonly #timers: Timers;
  readonly #ready = Promise.withResolvers<void>();
  readonly #drained = Promise.withResolvers<void>();
  readonly #reconfiguring = new Map<number, (fault?: string) => void>();
  readonly #cancel: (() => void)[] = [];
  #handle: WorkerHandle | undefined;
  #beat = 0;
  #answered = 0;
  #nextReconfigure = 1;

  constructor(spec: WorkerSpec, name: string, timers: Timers, events: UnitEvents) {
    this.spec = spec;
    this.name = name;
    this.#timers = timers;
    this.#events = events;
    this.#ready.promise.catch(() => {}); // observed by whoever awaits `ready`; a fault is also told by event
  }

  /** Resolves when the Worker said ready; rejects with SUP_START_FAILED when it ended before. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Spawns the thread: it loads its modules and waits for the start message. */
  load(spawn: SpawnWorker): void {
    try {
      this.#handle = spawn(this.spec, {
        message: (received) => this.#receive(received),
        fault: (text) => this.fail(text),
      });
    } catch (error) {
      this.fail(error instanceof Error ? error.message : String(error));
    }
  }

  /** Sends the start message to the loaded thread; from now on it owes readiness and heartbeats. */
  start(message: ToWorker & { kind: "start" }): void {
    if (this.state === "gone") return message.control?.close();
    this.post(message, message.control ? [message.control] : []);
    this.#cancel.push(
      this.#timers.after(SUPERVISOR_LIMITS.readyMs, () => {
        if (this.state !== "starting") return;
        // One that answers heartbeats waits for something and can be ended; one that does not burns on for ever.
        if (this.#answered === 0) return this.#events.hung(this);
        this.fail(`not ready after ${SUPERVISOR_LIMITS.readyMs} ms`);
      }),
      this.#timers.every(SUPERVISOR_LIMITS.beatMs, () => this.#sendBeat()),
    );
  }

  /** A timer that ends with this unit. */
  whileAlive(cancel: () => void): void {
    if (this.state === "gone") cancel();
    else this.#cancel.push(cancel);
  }

  post(message: ToWorker, transfer: readonly MessagePort[] = []): void {
    this.#handle?.post(message, transfer);
  }

  /** Hands the Worker a new configuration; rejects when it keeps the old one. */
  async reconfigure(config: unknown): Promise<void> {
    const id = this.#nextReconfigure++;
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.#reconfiguring.set(id, resolve);
    const cancel = this.#timers.after(SUPERVISOR_LIMITS.reconfigureMs, () => resolve("no answer in time"));
    this.post({ kind: "reconfigure", id, config });
    const fault = await promise;
    cancel();
    this.#reconfiguring.delete(id);
    if (fault !== undefined) {
      throw new GatewayError("SUP_RECONFIGURE_FAILED", `Worker "${this.name}" kept its old configuration: ${fault}`);
    }
  }

  /** Lets conversations end, at most until the deadline, then ends the thread. */
  async drain(deadlineMs: number): Promise<void> {
    if (this.state === "gone") return;
    this.state = "draining";
    this.post({ kind: "drain", deadlineMs });
    const cancel = this.#timers.after(deadlineMs + SUPERVISOR_LIMITS.beatMs, () => this.#drained.resolve());
    await this.#drained.promise;
    cancel();
    this.end();
  }

  /** Ends the thread without a fault. */
  end(): void {
    if (this.state === "gone") return;
    this.state = "gone";
    for (const cancel of this.#cancel) cancel();
    for (const settle of this.#reconfiguring.values()) settle("the Worker has ended");
    this.#ready.reject(new GatewayError("SUP_START_FAILED", `Worker "${this.name}" was ended before it was ready`));
    this.#drained.resolve();
    this.#handle?.terminate();
  }

  /** Ends the thread because of a fault and reports it. */
  fail(text: string): void {
    if (this.state === "gone") return;
    this.#ready.reject(new GatewayError("SUP_START_FAILED", `Worker "${this.name}" did not start: ${text}`));
    this.end();
    this.#events.fault(this, text);
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case "ready":
        if (this.state !== "starting") return;
        this.state = "ready";
        this.listening = message.listening;
        this.health = { state: "ok" };
        return this.#ready.resolve();
      case "log":
        return this.#events.log(message.line);
      case "beat":
        this.#answered = message.sequence;
        this.health = message.health;
        return;
      case "reconfigured":
        return this.#reconfiguring.get(message.id)?.(message.fault);
      case "drained":
        return this.#drained.resolve();
      default:
        message satisfies never;
    }
  }

  /**
   * Counts unanswered beats rather than time, so that a suspended box does not look like a hung Worker. Loading code may
   * take long on a slow box: until it is ready, only the deadline for that counts.
   */
  #sendBeat(): void {
    const unanswered = this.state === "starting" ? 0 : this.#beat - this.#answered;
    if (unanswered > 0) this.#events.missedBeat(this);
    if (unanswered >= SUPERVISOR_LIMITS.beatsMissed) return this.#events.hung(this);
    this.post({ kind: "beat", sequence: ++this.#beat });
  }
}

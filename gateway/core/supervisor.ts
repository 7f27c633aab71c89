import type { WorkerSpec } from "./conduit.ts";
import { describeError, GatewayError } from "./errors.ts";
import type { Logger, LogLevel } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { SUPERVISOR_LIMITS } from "./supervisor_limits.ts";
import type { Random, Timers } from "./timers.ts";
import { WorkerLinks } from "./worker_links.ts";
import { type SpawnWorker, type UnitEvents, WorkerUnit } from "./worker_unit.ts";

/** The Worker through which all others are connected (DESIGN section 2). */
export const HUB = "control";

/** One step of a reload, made by the reload plan. */
export interface WorkerChange {
  readonly action: "keep" | "reconfigure" | "replace" | "start" | "stop";
  readonly spec: WorkerSpec;
}

/** What the supervisor knows of one Worker. */
export interface WorkerReport {
  readonly state: "starting" | "ready" | "draining" | "backoff" | "stopped";
  readonly restarts: number;
  readonly lastFault?: string;
  readonly listening?: Readonly<Record<string, string>>;
  readonly health?: WorkerUnit["health"];
}

/** What the supervisor needs; all effects are injected. */
export interface SupervisorOptions {
  readonly spawn: SpawnWorker;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly logLevel: LogLevel;
  /** Receives the Workers' log lines. */
  readonly writeLog: (line: string) => void;
  /** Main's own port to control, renewed whenever control starts. */
  readonly onHub: (port: MessagePort) => void;
  /** A Worker hangs: the process must end at once. */
  readonly onHung: (name: string) => void;
  /** A Worker ended by a fault and will be restarted; control raises the alarm and audits it. */
  readonly onFault: (name: string, fault: string) => void;
  /** A Worker that had faults has run for a while without one. */
  readonly onStable: (name: string) => void;
}

interface Slot {
  spec: WorkerSpec;
  unit: WorkerUnit | undefined;
  restarts: number;
  faultsInRow: number;
  lastFault?: string;
  cancelRestart?: () => void;
}

/** Starts, watches, restarts, replaces and drains the Workers of a site. It reads nothing from any network. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #slots = new Map<string, Slot>();
  /** Units that live, by unit name: a replaced Worker drains beside its successor. */
  readonly #units = new Map<string, WorkerUnit>();
  readonly #links = new WorkerLinks();
  #stopping = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /**
   * Starts all Workers, each as soon as the ones in its `after` are ready. Resolves when all are ready. All threads load
   * their modules at once: that is most of a start, and needs nobody else.
   * @throws GatewayError SUP_START_FAILED naming the first Worker that did not start
   */
  async start(specs: readonly WorkerSpec[]): Promise<void> {
    const loaded = new Map(specs.map((spec) => {
      const slot: Slot = { spec, unit: this.#load(spec), restarts: 0, faultsInRow: 0 };
      this.#slots.set(spec.name, slot);
      return [spec.name, slot.unit!];
    }));
    const started = new Map<string, Promise<void>>();
    const startOne = (spec: WorkerSpec): Promise<void> => {
      let promise = started.get(spec.name);
      if (!promise) {
        const before = specs.filter((other) => spec.after.includes(other.name)).map(startOne);
        promise = Promise.all(before).then(() => this.#begin(loaded.get(spec.name)!).ready);
        started.set(spec.name, promise);
      }
      return promise;
    };
    const results = await Promise.allSettled(specs.map(startOne));
    const failed = results.find((result) => result.status === "rejected");
    if (!failed) return;
    // Those that still wait for a Worker that will not come are not among the units, so that no drain would reach them.
    for (const unit of loaded.values()) if (this.#units.get(unit.name) !== unit) unit.end();
    throw failed.reason;
  }

  /**
   * Applies a reload: the hub takes its configuration, for new Workers ask it for what they need (the trust of a listener
   * that is new as well); new Workers start beside the old ones, then the other kept ones are reconfigured, then the old
   * ones drain. On any fault the new ones end, the reconfigured ones get their old configuration back, and it throws.
   */
  async apply(changes: readonly WorkerChange[]): Promise<void> {
    const fresh: { slot: Slot; unit: WorkerUnit; old: WorkerUnit | undefined; oldSpec: WorkerSpec; added: boolean }[] =
      [];
    const reconfigured: Slot[] = [];
    const previous = new Map([...this.#slots.values()].map((slot) => [slot, slot.spec.config]));
    const handOver = async (isHub: boolean) => {
      for (const { action, spec } of changes) {
        if (action !== "reconfigure" || (spec.name === HUB) !== isHub) continue;
        const slot = this.#slot(spec.name);
        await this.#handOver(slot, spec.config);
        reconfigured.push(slot);
        slot.spec = spec;
      }
    };
    try {
      await handOver(true);
      for (const { action, spec } of changes) {
        if (action !== "start" && action !== "replace") continue;
        const added = !this.#slots.has(spec.name);
        const slot = this.#slots.get(spec.name) ?? { spec, unit: undefined, restarts: 0, faultsInRow: 0 };
        const entry = { slot, old: slot.unit, oldSpec: slot.spec, added, unit: this.#create(spec) };
        this.#slots.set(spec.name, slot);
        fresh.push(entry);
        await entry.unit.ready;
      }
      await handOver(false);
    } catch (error) {
      for (const { slot, unit, added } of fresh) {
        unit.end();
        this.#forget(unit);
        if (added) this.#slots.delete(slot.spec.name);
      }
      for (const slot of reconfigured) {
        slot.spec = { ...slot.spec, config: previous.get(slot) };
        await this.#handOver(slot, slot.spec.config).catch((fault) =>
          this.#options.log.error("supervisor.rollback.failed", { worker: slot.spec.name, msg: describeError(fault) })
        );
      }
      throw error;
    }
    for (const { slot, unit } of fresh) Object.assign(slot, { unit, spec: unit.spec });
    await this.#retire([
      ...fresh.flatMap(({ old }) => old ? [old] : []),
      ...changes.flatMap(({ action, spec }) => action === "stop" ? this.#remove(spec.name) : []),
    ]);
  }

  /** A Worker that starts is waited for; one that is down gets the configuration when it starts again. */
  async #handOver({ unit }: Slot, config: unknown): Promise<void> {
    await unit?.ready.catch(() => undefined);
    if (unit && unit.state !== "gone") await unit.reconfigure(config);
  }

  /** Drains all Workers, control last, so that what they report while ending is still stored. */
  async drain(deadlineMs: number = SUPERVISOR_LIMITS.drainMs): Promise<void> {
    this.#stopping = true;
    for (const slot of this.#slots.values()) slot.cancelRestart?.();
    const units = [...this.#units.values()];
    await Promise.all(units.filter((unit) => unit.spec.name !== HUB).map((unit) => unit.drain(deadlineMs)));
    await Promise.all(units.filter((unit) => unit.spec.name === HUB).map((unit) => unit.drain(deadlineMs)));
  }

  /**
   * Ends a Worker in order and starts it anew, with nothing of it alive in between: no fault, so no pause and no alarm. One
   * that is not ready is left to what happens to it.
   */
  async renew(name: string): Promise<void> {
    const slot = this.#slot(name), { unit } = slot;
    if (unit?.state !== "ready" || this.#stopping) return;
    await unit.drain(SUPERVISOR_LIMITS.drainMs);
    this.#forget(unit);
    if (this.#stopping || this.#slots.get(name) !== slot || slot.unit !== unit) return;
    await this.#launch(slot).ready;
    this.#options.log.info("supervisor.worker.renewed", { worker: name });
  }

  /** The state of every Worker by its configured name. */
  report(): Record<string, WorkerReport> {
    return Object.fromEntries([...this.#slots].map(([name, slot]) => {
      const state = slot.unit && slot.unit.state !== "gone" ? slot.unit.state : this.#stopping ? "stopped" : "backoff";
      const fault = slot.lastFault === undefined ? {} : { lastFault: slot.lastFault };
      const live = slot.unit ? { listening: slot.unit.listening, health: slot.unit.health } : {};
      return [name, { state, restarts: slot.restarts, ...fault, ...live }];
    }));
  }

  #slot(name: string): Slot {
    const slot = this.#slots.get(name);
    if (!slot) throw new GatewayError("SUP_START_FAILED", `No Worker "${name}" is configured`);
    return slot;
  }

  #launch(slot: Slot): WorkerUnit {
    slot.unit = this.#create(slot.spec);
    return slot.unit;
  }

  #create(spec: WorkerSpec): WorkerUnit {
    return this.#begin(this.#load(spec));
  }

  #load(spec: WorkerSpec): WorkerUnit {
    const unit = new WorkerUnit(spec, this.#freeName(spec.name), this.#options.timers, this.#unitEvents());
    unit.load(this.#options.spawn);
    return unit;
  }

  /** Connects a loaded Worker with control and lets it start. */
  #begin(unit: WorkerUnit): WorkerUnit {
    const { spec } = unit;
    if (unit.state === "gone") return unit;
    this.#units.set(unit.name, unit);
    const { logLevel } = this.#options;
    const sharedPorts = this.#portsInUse();
    const start = { kind: "start", name: unit.name, config: spec.config, logLevel, sharedPorts } as const;
    if (spec.name === HUB) {
      unit.start(start);
      this.#connectAll(unit);
    } else {
      const { port1, port2 } = new MessageChannel();
      unit.start({ ...start, control: port1 });
      this.#hub()?.post({ kind: "peer", name: unit.name, port: port2 }, [port2]);
    }
    unit.ready.then(() => {
      this.#options.metrics.set("bulkhead_worker_ready", 1, { worker: spec.name });
      this.#links.join(unit, this.#units.values());
      unit.whileAlive(this.#options.timers.after(SUPERVISOR_LIMITS.stableMs, () => this.#settle(unit)));
    }, () => this.#options.metrics.set("bulkhead_worker_ready", 0, { worker: spec.name }));
    return unit;
  }

  /** A Worker that had faults has run long enough without one. */
  #settle(unit: WorkerUnit): void {
    const slot = this.#slots.get(unit.spec.name);
    if (slot?.unit !== unit || unit.state !== "ready" || slot.faultsInRow === 0) return;
    slot.faultsInRow = 0;
    this.#options.onStable(unit.spec.name);
  }

  /** Ports of living Workers, draining ones too: a successor may open these beside them. */
  #portsInUse(): number[] {
    const places = [...this.#units.values()].flatMap(({ listening }) => Object.values(listening));
    // "https://10.99.0.2:8443", and "https://10.99.0.2:9401,9402" of one that has many
    const ports = places.flatMap((place) => /:(\d+(?:,\d+)*)(?:\/|$)/.exec(place)?.[1]?.split(",") ?? []);
    return [...new Set(ports.map(Number).filter((port) => port > 0))];
  }

  /** A restarted control gets new channels to main and to every living Worker. */
  #connectAll(hub: WorkerUnit): void {
    const main = new MessageChannel();
    hub.post({ kind: "peer", name: "main", port: main.port1 }, [main.port1]);
    this.#options.onHub(main.port2);
    for (const unit of this.#units.values()) {
      if (unit === hub || unit.state === "gone") continue;
      const { port1, port2 } = new MessageChannel();
      unit.post({ kind: "control", control: port1 }, [port1]);
      hub.post({ kind: "peer", name: unit.name, port: port2 }, [port2]);
    }
  }

  #unitEvents(): UnitEvents {
    return {
      log: this.#options.writeLog,
      missedBeat: (unit) =>
        this.#options.metrics.count("bulkhead_worker_heartbeat_missed_total", { worker: unit.spec.name }),
      hung: (unit) => this.#options.onHung(unit.name),
      fault: (unit, text) => this.#faulted(unit, text),
    };
  }

  #faulted(unit: WorkerUnit, text: string): void {
    this.#forget(unit);
    this.#options.metrics.set("bulkhead_worker_ready", 0, { worker: unit.spec.name });
    this.#options.log.error("supervisor.worker.faulted", { worker: unit.name, msg: text });
    const slot = this.#slots.get(unit.spec.name);
    if (!slot || slot.unit !== unit || this.#stopping) return; // a replacement that failed is reload's to report
    slot.lastFault = text;
    this.#options.onFault(unit.spec.name, text);
    const pause = backoff(slot.faultsInRow++, this.#options.random.fraction());
    slot.cancelRestart = this.#options.timers.after(pause, () => this.#restart(slot));
  }

  #restart(slot: Slot): void {
    if (this.#stopping || this.#slots.get(slot.spec.name) !== slot) return;
    slot.restarts++;
    this.#options.metrics.count("bulkhead_worker_restarts_total", { worker: slot.spec.name });
    this.#launch(slot).ready.then(
      () => this.#options.log.info("supervisor.worker.restarted", { worker: slot.spec.name, restarts: slot.restarts }),
      (error) => this.#options.log.error("supervisor.worker.failed", { msg: describeError(error) }),
    );
  }

  #remove(name: string): WorkerUnit[] {
    const slot = this.#slot(name);
    this.#slots.delete(name);
    slot.cancelRestart?.();
    return slot.unit ? [slot.unit] : [];
  }

  async #retire(units: readonly WorkerUnit[]): Promise<void> {
    await Promise.all(units.map(async (unit) => {
      await unit.drain(SUPERVISOR_LIMITS.drainMs);
      this.#forget(unit);
    }));
  }

  #forget(unit: WorkerUnit): void {
    this.#links.leave(unit);
    if (this.#units.get(unit.name) === unit) this.#units.delete(unit.name);
    if (unit.spec.name !== HUB) this.#hub()?.post({ kind: "peer", name: unit.name });
  }

  #hub(): WorkerUnit | undefined {
    return [...this.#units.values()].find((unit) => unit.spec.name === HUB && unit.state !== "gone");
  }

  #freeName(name: string): string {
    for (let n = 1;; n++) {
      const candidate = n === 1 ? name : `${name}~${n}`;
      if (!this.#units.has(candidate)) return candidate;
    }
  }
}

/** Doubling pause with jitter in [50 %, 100 %], so that Workers that fell together do not return together. */
export function backoff(faultsInRow: number, fraction: number): number {
  const full = Math.min(
    SUPERVISOR_LIMITS.backoffMaxMs,
    SUPERVISOR_LIMITS.backoffFirstMs * 2 ** Math.min(faultsInRow, 20),
  );
  return Math.round(full * (0.5 + fraction / 2));
}

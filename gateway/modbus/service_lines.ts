import type { Health, Service, WorkerContext } from "../core/conduit.ts";
import type { Json, WorkerApi } from "../core/control_api.ts";
import type { RpcHandlers } from "../core/rpc.ts";
import type { PeerListener } from "../core/worker_entry.ts";
import { Counter, type Visit } from "./counter.ts";
import { type AnswerListener, type DeskEvents, DeskServer } from "./desk.ts";
import { describeLine } from "./line_report.ts";
import { Line, type LineState } from "./line.ts";
import type { OpenLine } from "./line_driver.ts";
import { MODBUS_LIMITS } from "./limits.ts";
import type { Ask, Asker, Refusal } from "./policy.ts";
import { PolicyPart } from "./policy_part.ts";
import { readForPerson } from "./person_read.ts";
import { Recorder } from "./recorder.ts";
import { SilentDevices } from "./silent_devices.ts";
import { Traffic } from "./traffic.ts";
import type { LineConfig, LinesConfig } from "./worker_config.ts";

/** A client as a door announced it. */
interface Client {
  readonly asker: Asker;
  isThere: boolean;
}

/** The owner of all lines of a site while it runs. */
export interface ModbusLines extends Service<LinesConfig> {
  /** Listeners of this name have come, anew if they were there; what they hand over is answered by `onAnswer`. */
  serve(door: string, onAnswer: AnswerListener): DeskEvents;
}

/** Starts the owner of all lines of a site. `open` reaches them; others are for tests. */
export async function startModbusLines(
  context: WorkerContext<LinesConfig>,
  onPeer: (listener: PeerListener) => void,
  open: (context: WorkerContext<LinesConfig>) => OpenLine,
): Promise<Service<LinesConfig>> {
  const lines = await openModbusLines(context, open);
  onPeer(lines.peer);
  return lines;
}

/** The same for listeners in this isolate; they come by `serve`. */
export async function openModbusLines(
  context: WorkerContext<LinesConfig>,
  open: (context: WorkerContext<LinesConfig>) => OpenLine,
): Promise<ModbusLines & { readonly peer: PeerListener }> {
  const lines = new Lines(context, open(context));
  await lines.restore(); // before the first request comes
  return lines;
}

class Lines implements ModbusLines {
  readonly handlers: RpcHandlers<WorkerApi>;
  readonly #context: WorkerContext<LinesConfig>;
  readonly #open: OpenLine;
  readonly #policy: PolicyPart;
  readonly #recorder: Recorder;
  readonly #traffic: Traffic;
  readonly #counter: Counter;
  readonly #silent: SilentDevices;
  readonly #lines = new Map<string, Line>();
  readonly #foreign = new Set<string>();
  readonly #refusals: Json[] = [];
  readonly #doors = new Map<string, Map<number, Client>>();
  readonly #stopSweep: () => void;
  #weights: Readonly<Record<string, number>> = {};
  #busyTold = new Map<string, number>();
  #isDraining = false;

  constructor(context: WorkerContext<LinesConfig>, open: OpenLine) {
    const { config, clock, timers, metrics } = context;
    this.#context = context;
    this.#open = open;
    this.#recorder = new Recorder(context);
    this.#policy = new PolicyPart(context, this.#recorder);
    this.#traffic = new Traffic(metrics, clock.monotonic());
    this.#silent = new SilentDevices(this.#recorder);
    this.#counter = new Counter({
      clock,
      policy: this.#policy.policy,
      traffic: this.#traffic,
      refused: (ask, refusal, isTrial) => this.#refused(ask, refusal, isTrial),
      forwarded: (ask, verdict) => this.#policy.forwarded(ask, verdict),
    });
    this.#apply(config);
    this.#stopSweep = timers.every(MODBUS_LIMITS.lineSweepMs, () => this.#sweep());
    this.handlers = {
      ...this.#policy.handlers,
      "modbus.read": ({ unit, who, spans }) => readForPerson(this.#counter, unit, who, spans),
      "modbus.state": () => this.#report(),
    };
  }

  /** A Worker with listeners has come, or is gone. */
  readonly peer: PeerListener = (name, port) => {
    if (!port) return this.#leave(name);
    const desk: DeskServer = new DeskServer(
      port,
      this.serve(name, (sequence, pdu) => desk.answer(sequence, pdu)),
      this.#context.log,
    );
  };

  serve(door: string, onAnswer: AnswerListener): DeskEvents {
    this.#leave(door);
    const clients = new Map<number, Client>();
    this.#doors.set(door, clients);
    return {
      opened: (connection, asker) => void clients.set(connection, { asker, isThere: true }),
      closed: (connection) => {
        const client = clients.get(connection);
        if (client) client.isThere = false;
        clients.delete(connection);
        this.#counter.withdraw();
      },
      asked: ({ sequence, connection, unit, pdu }) => {
        const client = clients.get(connection);
        if (client) this.#counter.visit(visitOf(client, unit, pdu, (answer) => onAnswer(sequence, answer)));
      },
    };
  }

  #leave(door: string): void {
    for (const client of this.#doors.get(door)?.values() ?? []) client.isThere = false;
    this.#doors.delete(door);
    this.#counter.withdraw();
  }

  /** Takes back what the process before this one knew. */
  restore(): Promise<void> {
    return this.#policy.restore();
  }

  health(): Health {
    if (this.#isDraining) return { state: "degraded", why: "draining" };
    const bad = [...this.#lines.values()].flatMap(({ config: { id }, state, isDown, load }) => {
      if (load.state === "foreign") return [`line ${id}: another client speaks on it`];
      return isDown && !state.up ? [`line ${id}: ${state.why}`] : [];
    });
    return bad.length === 0 ? { state: "ok" } : { state: "degraded", why: bad.join("; ").slice(0, 400) };
  }

  reconfigure(config: LinesConfig): Promise<void> {
    this.#policy.policy.configure(config.policy);
    this.#apply(config);
    return Promise.resolve();
  }

  async drain(): Promise<void> {
    this.#isDraining = true;
    this.#stopSweep();
    for (const line of this.#lines.values()) line.drain();
    this.#sweep();
    this.#recorder.flush();
    await this.#policy.flush();
  }

  /** Lines that stay as they are keep their connection and what waits on them. */
  #apply({ lines, policy: { units }, weights }: LinesConfig): void {
    this.#weights = weights;
    const wanted = new Map(lines.map((line) => [line.id, line]));
    for (const [id, line] of this.#lines) {
      if (JSON.stringify(wanted.get(id)) === JSON.stringify(line.config)) continue;
      this.#lines.delete(id);
      this.#busyTold.delete(id);
      line.drain();
      this.#foreign.delete(id);
    }
    for (const [id, config] of wanted) if (!this.#lines.has(id)) this.#lines.set(id, this.#line(config));
    this.#traffic.keepLines(new Set(wanted.keys()));
    this.#counter.configure(units, this.#lines);
  }

  #line(config: LineConfig): Line {
    const { id } = config;
    const line: Line = new Line(config, {
      ...this.#context,
      open: this.#open,
      weightOf: (client) => this.#weights[client] ?? this.#weights[client.split("\n")[0]!] ?? 1,
      events: {
        answered: (job, pdu, sentAt) => {
          if (sentAt !== undefined) this.#silent.answered(id, job.device, pdu);
          this.#counter.answered(line, job, pdu);
        },
        sent: (job) => this.#counter.sent(job),
        noted: (kind, why, device) => {
          this.#traffic.noted(id, kind);
          this.#context.log.debug("modbus.line.noted", { line: id, kind, device: device ?? -1, msg: why });
          if (kind === "foreign-client") this.#foreignClient(id);
          if (kind === "foreign-client-gone") this.#foreignGone(id);
        },
        changed: (state) => this.#changed(line, state),
      },
    });
    return line;
  }

  #changed(line: Line, state: LineState): void {
    const { id } = line.config;
    if (state.up) return this.#recorder.clear("modbus.line.down", id);
    this.#counter.forget(line);
    this.#context.log.warn("modbus.line.lost", { line: id, msg: state.why });
    this.#recorder.raise("modbus.line.down", id, state.why);
  }

  #foreignClient(line: string): void {
    if (this.#foreign.has(line)) return;
    this.#foreign.add(line);
    const detail = "somebody else asks the devices of this line: the gateway sends nothing on it";
    this.#recorder.raise("modbus.line.foreign-client", line, detail);
    this.#recorder.audit({
      event: "modbus.line.foreign-client",
      class: "security",
      who: "unknown",
      target: line,
      outcome: "refused",
      rule: "modbus.line.one-client",
    });
  }

  #foreignGone(line: string): void {
    if (this.#foreign.delete(line)) this.#recorder.clear("modbus.line.foreign-client", line);
  }

  #refused({ asker, unit, request }: Ask, { rule, reason, points }: Refusal, isTrial: boolean): void {
    const detail = {
      unit,
      function: request.function,
      points: points.join(" ").slice(0, 300),
      reason: reason.slice(0, 300),
      listener: asker.listener,
      role: asker.role ?? "(none)",
    };
    this.#refusals.unshift({ at: this.#context.clock.now(), client: asker.client, rule, isTrial, ...detail });
    this.#refusals.splice(MODBUS_LIMITS.refusalsShown);
    this.#recorder.audit({
      event: isTrial ? "modbus.request.would-refuse" : "modbus.request.refused",
      class: "security",
      who: asker.client,
      target: `unit ${unit}`,
      outcome: isTrial ? "ok" : "refused",
      rule,
      source: asker.source,
      detail,
    });
  }

  #sweep(): void {
    const { metrics } = this.#context;
    this.#recorder.tick();
    this.#policy.tick();
    this.#traffic.flush();
    this.#traffic.age(this.#context.clock.monotonic());
    for (const [id, line] of this.#lines) {
      const { load, isDown } = line;
      line.age();
      const told = this.#busyTold.get(id) ?? 0;
      this.#busyTold.set(id, load.busyMs);
      metrics.count("bulkhead_modbus_line_busy_seconds_total", { line: id }, Math.max(0, load.busyMs - told) / 1_000);
      metrics.set("bulkhead_modbus_line_queue", load.queued, { line: id });
      metrics.set("bulkhead_modbus_line_up", isDown ? 0 : 1, { line: id });
    }
  }

  #report(): Json {
    return {
      lines: [...this.#lines.values()].map((line) => describeLine(line, this.#traffic.line(line.config.id))),
      silent: this.#silent.list(),
      clients: this.#traffic.clients() as unknown as Json,
      perMinute: this.#traffic.rates(this.#context.clock.monotonic()),
      refusals: [...this.#refusals],
    };
  }
}

function visitOf(client: Client, unit: number, pdu: Uint8Array, answer: Visit["answer"]): Visit {
  return { asker: client.asker, unit, pdu, isWanted: () => client.isThere, answer };
}

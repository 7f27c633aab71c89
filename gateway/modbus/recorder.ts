import type { Clock } from "../core/clock.ts";
import type { AuditEvent, ControlApi } from "../core/control_api.ts";
import { describeError, GatewayError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Rpc } from "../core/rpc.ts";
import { MODBUS_LIMITS } from "./limits.ts";

/** What it works with; WorkerContext has it all. */
export interface RecorderTools {
  readonly control: Rpc<ControlApi>;
  readonly log: Logger;
  readonly clock: Clock;
}

/** Something that control is told. */
type Notice =
  | { readonly method: "audit.record"; readonly args: AuditEvent }
  | { readonly method: "alarm.raise"; readonly args: { kind: string; subject: string; detail: string } }
  | { readonly method: "alarm.clear"; readonly args: { kind: string; subject: string } };

interface Repeated {
  readonly event: AuditEvent;
  readonly since: number;
  times: number;
}

/**
 * Tells control what was refused and what stands, without letting a client set the pace: equal refusals within a minute
 * are one record with a count, an alarm is raised once until it is cleared. What control could not be told because it was away is told
 * in the same order once it is back.
 */
export class Recorder {
  readonly #tools: RecorderTools;
  readonly #repeated = new Map<string, Repeated>();
  readonly #alarms = new Set<string>();
  #untold: Notice[] = [];

  constructor(tools: RecorderTools) {
    this.#tools = tools;
  }

  /** Records the first of equal events at once and the number of the others after a minute. */
  audit(event: AuditEvent): void {
    const { event: name, target, source, rule, who, detail } = event;
    const key = [name, target, source, rule, who, detail?.["points"], detail?.["function"]].join("\n");
    const known = this.#repeated.get(key) ?? this.#overflow(event);
    if (known) return void known.times++;
    this.#repeated.set(key, { event, since: this.#tools.clock.monotonic(), times: 0 });
    this.#send(event);
  }

  /** Raises an alarm that is not up yet. */
  raise(kind: string, subject: string, detail: string): void {
    const key = `${kind}\n${subject}`;
    if (this.#alarms.has(key)) return;
    this.#alarms.add(key);
    this.#say({ method: "alarm.raise", args: { kind, subject, detail } }, (error) => {
      this.#alarms.delete(key); // said again when it happens again
      this.#tools.log.warn("modbus.alarm.failed", { kind, msg: describeError(error) });
    });
  }

  /** Clears an alarm, also one that a Worker before this one raised. */
  clear(kind: string, subject: string): void {
    this.#alarms.delete(`${kind}\n${subject}`);
    this.#say({ method: "alarm.clear", args: { kind, subject } }, (error) => {
      this.#tools.log.warn("modbus.alarm.failed", { kind, msg: describeError(error) });
    });
  }

  /** Sends what waits for control, and counts that are due. */
  tick(): void {
    for (const notice of this.#untold.splice(0)) this.#say(notice, (error) => this.#failed(notice, error));
    const now = this.#tools.clock.monotonic();
    for (const [key, repeated] of this.#repeated) {
      if (now - repeated.since < MODBUS_LIMITS.refusalPeriodMs) continue;
      this.#repeated.delete(key);
      this.#tell(repeated);
    }
  }

  /** Sends all counts: the Worker ends. */
  flush(): void {
    for (const repeated of this.#repeated.values()) this.#tell(repeated);
    this.#repeated.clear();
  }

  #tell({ event, times }: Repeated): void {
    if (times > 0) this.#send({ ...event, detail: { ...event.detail, repeated: times } });
  }

  /** With too many different refusals at once the remaining ones of one kind share one record. */
  #overflow(event: AuditEvent): Repeated | undefined {
    if (this.#repeated.size < MODBUS_LIMITS.refusalKinds) return undefined;
    const key = `overflow\n${event.event}`;
    let shared = this.#repeated.get(key);
    if (!shared) {
      const { event: name, class: kind } = event;
      const many: AuditEvent = {
        event: name,
        class: kind,
        who: "gateway",
        outcome: "refused",
        rule: "modbus.limit.records",
      };
      this.#repeated.set(key, shared = { event: many, since: this.#tools.clock.monotonic(), times: 0 });
    }
    return shared;
  }

  #send(event: AuditEvent): void {
    const notice: Notice = { method: "audit.record", args: event };
    this.#say(notice, (error) => this.#failed(notice, error));
  }

  #say(notice: Notice, failed: (error: unknown) => void): void {
    const { method, args } = notice as Notice & { readonly method: "audit.record" }; // any of them, to the compiler
    this.#tools.control.call(method, args).catch((error) => {
      const isAway = error instanceof GatewayError && error.code === "RPC_PEER_GONE";
      if (isAway && this.#untold.length < MODBUS_LIMITS.untoldNotices) this.#untold.push(notice);
      else failed(error);
    });
  }

  #failed({ method, args }: Notice, error: unknown): void {
    const what = method === "audit.record" ? args.event : args.kind;
    this.#tools.log.warn("modbus.audit.failed", { what, msg: describeError(error) });
  }
}

import type { Clock } from "../core/clock.ts";
import type { AuditEvent, ControlApi } from "../core/control_api.ts";
import { describeError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Rpc } from "../core/rpc.ts";
import { OCPP_LIMITS } from "./limits.ts";

/** What the reporter needs; WorkerContext has it all. */
export interface ReporterOptions {
  readonly control: Rpc<ControlApi>;
  readonly log: Logger;
  readonly clock: Clock;
}

interface Repeated {
  readonly event: AuditEvent;
  readonly since: number;
  times: number;
}

type Facts = Readonly<Record<string, string | number | boolean>>;

/** Facts of one station that wait for their turn. */
interface Waiting {
  facts: Facts;
  dueAt: number;
  toldAt: number;
  /** The version that was told last: another one is what an update waits for. */
  version: Facts[string] | undefined;
}

/**
 * Tells control what happened, without letting a peer set the pace: equal refusals within a minute become one record
 * with a count, facts of a station go out once a minute, an alarm is raised once until it is cleared.
 */
export class Reporter {
  readonly #options: ReporterOptions;
  readonly #repeated = new Map<string, Repeated>();
  readonly #facts = new Map<string, Waiting>();
  /** Alarms that stand, and when each was told, monotonic: told again now and then, since control forgets who sees them. */
  readonly #alarms = new Map<string, number>();
  /** The same of those that are over: a Worker before this one may have raised them, and another one may now. */
  readonly #over = new Map<string, number>();

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  /** Records an event that the peer cannot repeat at will. */
  audit(event: AuditEvent): void {
    this.#options.control.call("audit.record", event).catch((error) => {
      this.#options.log.warn("ocpp.audit.failed", { what: event.event, msg: describeError(error) });
    });
  }

  /** Records the first of equal events at once and the number of the others after a minute. */
  auditRepeating(event: AuditEvent): void {
    const now = this.#options.clock.monotonic();
    const key = [event.event, event.target, event.source, event.rule, event.who].join("\n");
    const known = this.#repeated.get(key) ?? this.#overflow();
    if (known) {
      known.times++;
      return;
    }
    this.#repeated.set(key, { event, since: now, times: 0 });
    this.audit(event);
  }

  /** Keeps facts about a station for the next report. */
  seen(stationId: string, facts: Facts): void {
    const now = this.#options.clock.monotonic();
    const known = this.#facts.get(stationId) ?? { facts: {}, dueAt: now, toldAt: -Infinity, version: undefined };
    this.#facts.set(stationId, known);
    known.facts = { ...known.facts, ...facts };
    const { firmwareVersion: version } = facts;
    if (version !== undefined && version !== known.version) {
      known.dueAt = Math.min(known.dueAt, known.toldAt + OCPP_LIMITS.versionPeriodMs);
    }
  }

  /** Raises an alarm; of one that is up control hears again when it was not told for a while. */
  raise(kind: string, subject: string, detail: string): void {
    const key = `${kind}\n${subject}`;
    if (this.#isTold(this.#alarms, key)) return;
    if (!this.#alarms.has(key) && this.#alarms.size >= OCPP_LIMITS.refusalKinds) return;
    this.#alarms.set(key, this.#options.clock.monotonic());
    this.#over.delete(key);
    const call = () => this.#options.control.call("alarm.raise", { kind, subject, detail });
    this.#send(call, "alarm.raise", () => this.#alarms.delete(key));
  }

  /** Clears an alarm that this isolate raised, or one before it. */
  clear(kind: string, subject: string): void {
    const key = `${kind}\n${subject}`;
    if (!this.#alarms.delete(key) && this.#isTold(this.#over, key)) return;
    this.#over.delete(key);
    if (this.#over.size >= OCPP_LIMITS.clearedAlarms) this.#over.delete(this.#over.keys().next().value!);
    this.#over.set(key, this.#options.clock.monotonic());
    const call = () => this.#options.control.call("alarm.clear", { kind, subject });
    this.#send(call, "alarm.clear", () => this.#over.delete(key));
  }

  #isTold(told: ReadonlyMap<string, number>, key: string): boolean {
    const at = told.get(key);
    return at !== undefined && this.#options.clock.monotonic() - at < OCPP_LIMITS.alarmAgainMs;
  }

  /** Sends what is due. Called by the sweep. */
  tick(): void {
    const now = this.#options.clock.monotonic();
    for (const [key, { event, since, times }] of this.#repeated) {
      if (now - since < OCPP_LIMITS.refusalPeriodMs) continue;
      this.#repeated.delete(key);
      if (times > 0) this.audit({ ...event, detail: { ...event.detail, repeated: times } });
    }
    for (const [stationId, entry] of this.#facts) {
      if (entry.dueAt > now) continue;
      if (Object.keys(entry.facts).length === 0) this.#facts.delete(stationId);
      else this.#tellFacts(stationId, entry, now);
    }
  }

  /** What control could not take is told again, unless the station said something newer meanwhile. */
  #tellFacts(stationId: string, entry: Waiting, now: number): void {
    const { facts } = entry;
    entry.facts = {};
    entry.dueAt = now + OCPP_LIMITS.seenPeriodMs;
    entry.toldAt = now;
    entry.version = facts["firmwareVersion"] ?? entry.version;
    this.#options.control.call("stations.seen", { stationId, facts }).catch((error) => {
      this.#options.log.warn("ocpp.report.failed", { method: "stations.seen", msg: describeError(error) });
      entry.facts = { ...facts, ...entry.facts };
      entry.dueAt = now + OCPP_LIMITS.versionPeriodMs;
      this.#facts.set(stationId, entry);
    });
  }

  /** Sends all that is kept, due or not: the Worker is being drained. */
  flush(): void {
    for (const { event, times } of this.#repeated.values()) {
      if (times > 0) this.audit({ ...event, detail: { ...event.detail, repeated: times } });
    }
    this.#repeated.clear();
    for (const [stationId, { facts }] of this.#facts) {
      if (Object.keys(facts).length > 0) this.#options.control.notify("stations.seen", { stationId, facts });
    }
    this.#facts.clear();
  }

  /** With too many different refusals at once the remaining ones share one record. */
  #overflow(): Repeated | undefined {
    if (this.#repeated.size < OCPP_LIMITS.refusalKinds) return undefined;
    const key = "overflow";
    let shared = this.#repeated.get(key);
    if (!shared) {
      const event: AuditEvent = {
        event: "ocpp.connection.refused",
        class: "security",
        who: "gateway",
        outcome: "refused",
        rule: "ocpp.limit.records",
      };
      this.#repeated.set(key, shared = { event, since: this.#options.clock.monotonic(), times: 0 });
    }
    return shared;
  }

  /** `untold` has the next word about the same be sent again. */
  #send(call: () => Promise<unknown>, method: string, untold: () => void): void {
    call().catch((error) => {
      untold();
      this.#options.log.warn("ocpp.report.failed", { method, msg: describeError(error) });
    });
  }
}

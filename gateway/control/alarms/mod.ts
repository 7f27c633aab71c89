import type { Clock } from "../../core/clock.ts";
import type { AlarmRaise, AlarmSeverity, AuditEvent } from "../../core/control_api.ts";
import { ALARM_SEVERITIES } from "../../core/control_api.ts";
import { describeError, GatewayError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Metrics } from "../../core/metrics.ts";
import type { Random, Timers } from "../../core/timers.ts";
import { KEYS } from "../../store/keys.ts";
import type { Mutation, Store } from "../../store/store.ts";
import type { Alarms, Audit } from "../contract.ts";
import { createOutbox, type Outbox } from "../delivery/outbox.ts";
import { ALARM_LIMITS } from "./limits.ts";
import { acknowledgeAlarm, type Alarm, type AlarmStep, clearAlarm, raiseAlarm, settleAlarm } from "./model.ts";
import { noticeDelivery, type NoticeTarget, wantsSeverity } from "./notice.ts";
import { UnsentNotices } from "./unsent_notices.ts";

/** What the alarms need. */
export interface AlarmsOptions {
  /** The site's id, named in notices. */
  readonly site: string;
  /** Receivers of notices (`notify` of site.yaml). */
  readonly targets: readonly NoticeTarget[];
  readonly store: Store;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** The alarms with what only control's own features use. */
export interface SiteAlarms extends Alarms {
  /** All alarms, worst and newest first; those that are over only when asked for. */
  list(options?: { readonly cleared?: boolean }): readonly Alarm[];
  /** Somebody takes an alarm in hand. @throws GatewayError ALARM_UNKNOWN */
  acknowledge(kind: string, subject: string, who: string): Promise<Alarm>;
  setTargets(targets: readonly NoticeTarget[]): void;
  readonly targets: readonly NoticeTarget[];
  /** Stores changes with notices of others in them (`outbox.add`), and has them delivered. */
  post(changes: readonly Mutation[]): Promise<void>;
  readonly outbox: Outbox;
  /** Called when notices were put into the outbox. */
  onNotice(listener: () => void): () => void;
  stop(): Promise<void>;
}

/** Loads the alarms of the site. They survive restarts; notices leave the same commit as the change they tell of. */
export async function createAlarms(options: AlarmsOptions): Promise<SiteAlarms> {
  const alarms = new Map<string, Alarm>();
  for await (const { value } of options.store.list<Alarm>(KEYS.alarms, { limit: ALARM_LIMITS.alarms })) {
    alarms.set(nameOf(value), value);
  }
  return new StoredAlarms(options, alarms);
}

const nameOf = ({ kind, subject }: { readonly kind: string; readonly subject: string }) => `${kind}\n${subject}`;
/** A subject may hold a peer's words: bounded, and without the control characters that would break names and mails. */
function subjectOf(text: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  return text.slice(0, ALARM_LIMITS.subjectChars).replace(/[\x00-\x1f\x7f]/g, " ");
}

const keyOf = ({ kind, subject }: Alarm) => [...KEYS.alarms, kind, subject];

class StoredAlarms implements SiteAlarms {
  readonly outbox: Outbox;
  targets: readonly NoticeTarget[];
  readonly #options: AlarmsOptions;
  readonly #alarms: Map<string, Alarm>;
  /** Changes that are not stored yet: counts wait for the next tick, others only after a failed commit. */
  readonly #dirty = new Set<string>();
  readonly #unsent: UnsentNotices;
  readonly #listeners = new Set<() => void>();
  readonly #stopTick: () => void;

  constructor(options: AlarmsOptions, alarms: Map<string, Alarm>) {
    this.#options = options;
    this.#alarms = alarms;
    this.#unsent = new UnsentNotices(options.audit, options.log);
    this.targets = options.targets;
    this.outbox = createOutbox(options.store, options.clock, options.random);
    this.#stopTick = options.timers.every(ALARM_LIMITS.tickMs, () => void this.#tick());
    this.#gauge();
  }

  async raise(raise: AlarmRaise): Promise<void> {
    const { clock, metrics } = this.#options;
    const named = this.#makeRoom({ ...raise, subject: subjectOf(raise.subject) });
    metrics.count("bulkhead_alarms_raised_total", { kind: named.kind });
    const old = this.#alarms.get(nameOf(named));
    const step = raiseAlarm(old, named, clock.now());
    if (old?.state === "active") {
      this.#alarms.set(nameOf(named), step.alarm);
      this.#dirty.add(nameOf(named));
      return;
    }
    await this.#apply(step);
    await this.#record("alarm.raised", step.alarm, "gateway");
  }

  async clear(kind: string, subject: string): Promise<void> {
    const old = this.#alarms.get(nameOf({ kind, subject: subjectOf(subject) }));
    if (old?.state !== "active") return;
    const step = clearAlarm(old, this.#options.clock.now());
    await this.#apply(step);
    await this.#record("alarm.cleared", step.alarm, "gateway");
  }

  async post(changes: readonly Mutation[]): Promise<void> {
    await this.#options.store.commit(changes);
    for (const listener of this.#listeners) listener();
  }

  list({ cleared = false } = {}): readonly Alarm[] {
    const rank = (severity: AlarmSeverity) => ALARM_SEVERITIES.indexOf(severity);
    return [...this.#alarms.values()].filter(({ state }) => cleared || state === "active")
      .sort((a, b) =>
        Number(b.state === "active") - Number(a.state === "active") || rank(b.severity) - rank(a.severity) ||
        b.lastSeen - a.lastSeen
      );
  }

  async acknowledge(kind: string, subject: string, who: string): Promise<Alarm> {
    const old = this.#alarms.get(nameOf({ kind, subject }));
    if (!old) {
      throw new GatewayError("ALARM_UNKNOWN", `There is no alarm "${kind}" about "${subject}"`, {
        hint: "`alarms list` shows kind and subject of every alarm",
      });
    }
    const alarm = acknowledgeAlarm(old, who, this.#options.clock.now());
    await this.#apply({ alarm });
    await this.#record("alarm.acknowledged", alarm, who);
    return alarm;
  }

  setTargets(targets: readonly NoticeTarget[]): void {
    this.targets = targets;
  }

  onNotice(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async stop(): Promise<void> {
    this.#stopTick();
    await this.#store([]);
  }

  async #apply({ alarm, notice }: AlarmStep): Promise<void> {
    this.#alarms.set(nameOf(alarm), alarm);
    this.#dirty.add(nameOf(alarm));
    this.#gauge();
    const targets = notice ? this.targets.filter((target) => wantsSeverity(target, alarm.severity)) : [];
    await this.#store(targets.map((target) => {
      const id = this.outbox.newId();
      return this.outbox.add(id, target.id, noticeDelivery(target, alarm, notice!, this.#options.site, id));
    }));
  }

  /** Stores what is dirty with these notices. A failure keeps both for the next tick: an alarm must not need the disk. */
  async #store(notices: readonly Mutation[]): Promise<void> {
    const names = [...this.#dirty];
    const sending = [...this.#unsent.take(), ...notices];
    if (names.length + sending.length === 0) return await this.#unsent.recordGivenUp();
    this.#dirty.clear();
    try {
      for (const group of chunk([...names, ...sending], 100)) {
        // As they stand now: one that was cleared while the disk was busy must not be written over by what was before.
        await this.#options.store.commit(group.map((one) => typeof one === "string" ? this.#mutation(one) : one));
      }
      if (sending.length > 0) { for (const listener of this.#listeners) listener(); }
      await this.#unsent.recordGivenUp();
    } catch (error) {
      for (const name of names) this.#dirty.add(name);
      this.#unsent.putBack(sending);
      this.#options.log.error("alarms.store.failed", { why: describeError(error) });
    }
  }

  #mutation(name: string): Mutation {
    const alarm = this.#alarms.get(name);
    if (alarm) return { set: keyOf(alarm), value: alarm };
    const [kind = "", subject = ""] = name.split("\n");
    return { delete: [...KEYS.alarms, kind, subject] };
  }

  async #tick(): Promise<void> {
    const now = this.#options.clock.now();
    for (const old of this.#alarms.values()) {
      const step = settleAlarm(old, now);
      if (step.alarm !== old) await this.#apply(step);
    }
    await this.#store([]);
  }

  /** A full table gives up the alarm that is over for longest; when all stand, the new one joins "alarms.overflow". */
  #makeRoom(raise: AlarmRaise): AlarmRaise {
    if (this.#alarms.size < ALARM_LIMITS.alarms || this.#alarms.has(nameOf(raise))) return raise;
    const over = [...this.#alarms.values()].filter(({ state }) => state === "cleared")
      .sort((a, b) => a.clearedAt! - b.clearedAt!)[0];
    if (!over) return { kind: "alarms.overflow", subject: "alarms", detail: `${raise.kind} ${raise.subject}` };
    this.#alarms.delete(nameOf(over));
    this.#dirty.add(nameOf(over));
    return raise;
  }

  async #record(event: string, { kind, subject, severity, count, state }: Alarm, who: string): Promise<void> {
    const record: AuditEvent = {
      event,
      class: "operation",
      who,
      target: subject,
      outcome: "ok",
      detail: { kind, severity, count, state },
    };
    try {
      await this.#options.audit.record(record);
    } catch (error) {
      this.#options.log.error("alarms.audit.failed", { kind, why: describeError(error) });
    }
  }

  #gauge(): void {
    for (const severity of ALARM_SEVERITIES) {
      const count = [...this.#alarms.values()].filter((alarm) =>
        alarm.state === "active" && alarm.severity === severity
      );
      this.#options.metrics.set("bulkhead_alarms_active", count.length, { severity });
    }
  }
}

function chunk<T>(items: readonly T[], size: number): T[][] {
  return Array.from(
    { length: Math.ceil(items.length / size) },
    (_, index) => items.slice(index * size, (index + 1) * size),
  );
}

import type { AlarmSeverity } from "../../core/control_api.ts";
import { ALARM_KINDS, type AlarmKind } from "../alarm_kinds.ts";
import { ALARM_LIMITS } from "./limits.ts";

/** One alarm: a kind about a subject. Times are milliseconds since the epoch. */
export interface Alarm {
  readonly kind: string;
  readonly subject: string;
  readonly severity: AlarmSeverity;
  readonly state: "active" | "cleared";
  readonly detail: string;
  /** Raises since it was first seen. */
  readonly count: number;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly clearedAt?: number;
  /** Who has taken it in hand; undone when it is raised anew. */
  readonly acknowledged?: { readonly by: string; readonly at: number };
  /** Times of the last changes of state, for flapping. */
  readonly changes: readonly number[];
  readonly flapping: boolean;
  /** Whether people were told of the present activity. */
  readonly notified: boolean;
}

/** Why people are told. */
export type NoticeKind = "raised" | "cleared" | "flapping" | "test";

/** A step of an alarm: its new form and what people are told, if anything. */
export interface AlarmStep {
  readonly alarm: Alarm;
  readonly notice?: NoticeKind;
}

const UNDECLARED: AlarmKind = {
  severity: "warning",
  meaning: "A part of the gateway raised an alarm that is not in the list of kinds",
  action: "Operator: report it with the detail",
  cooldownSeconds: 300,
};

/** Meaning, action, severity and cooldown of a kind. */
export function alarmKind(kind: string): AlarmKind {
  return Object.hasOwn(ALARM_KINDS, kind) ? ALARM_KINDS[kind as keyof typeof ALARM_KINDS] : UNDECLARED;
}

/** A raise: the first of an activity tells people unless the alarm is in its cooldown or flaps. */
export function raiseAlarm(
  old: Alarm | undefined,
  { kind, subject, detail = "" }: { readonly kind: string; readonly subject: string; readonly detail?: string },
  now: number,
): AlarmStep {
  const { severity } = alarmKind(kind);
  const text = detail.slice(0, ALARM_LIMITS.detailChars);
  if (old?.state === "active") {
    return { alarm: { ...old, severity, detail: text, count: old.count + 1, lastSeen: now } };
  }
  const changes = recentChanges(old, now);
  const raised: Alarm = {
    kind,
    subject,
    severity,
    state: "active",
    detail: text,
    count: (old?.count ?? 0) + 1,
    firstSeen: old?.firstSeen ?? now,
    lastSeen: now,
    ...(old?.clearedAt === undefined ? {} : { clearedAt: old.clearedAt }),
    changes,
    flapping: changes.length >= ALARM_LIMITS.flapChanges,
    notified: false,
  };
  if (raised.flapping) return old?.flapping ? { alarm: raised } : { alarm: raised, notice: "flapping" };
  return settleAlarm(raised, now);
}

/** A clear: people who were told of the raise are told of the end. */
export function clearAlarm(old: Alarm, now: number): AlarmStep {
  if (old.state === "cleared") return { alarm: old };
  const changes = recentChanges(old, now);
  const alarm: Alarm = { ...old, state: "cleared", clearedAt: now, changes, notified: false };
  return old.notified && !old.flapping ? { alarm, notice: "cleared" } : { alarm };
}

/** Time passes: flapping ends, and a standing alarm that was held back by cooldown or flapping is told at last. */
export function settleAlarm(old: Alarm, now: number): AlarmStep {
  const isQuiet = now - (old.changes.at(-1) ?? 0) >= ALARM_LIMITS.flapWindowMs;
  const alarm = old.flapping && isQuiet ? { ...old, flapping: false } : old;
  if (alarm.state === "cleared" || alarm.notified || alarm.flapping) return { alarm };
  const cooledAt = (alarm.clearedAt ?? -Infinity) + alarmKind(alarm.kind).cooldownSeconds * 1000;
  return now < cooledAt ? { alarm } : { alarm: { ...alarm, notified: true }, notice: "raised" };
}

/** A person takes it in hand. */
export function acknowledgeAlarm(old: Alarm, by: string, now: number): Alarm {
  return { ...old, acknowledged: { by, at: now } };
}

function recentChanges(old: Alarm | undefined, now: number): readonly number[] {
  const recent = (old?.changes ?? []).filter((at) => Math.abs(now - at) < ALARM_LIMITS.flapWindowMs);
  return [...recent, now].slice(-ALARM_LIMITS.flapChanges);
}

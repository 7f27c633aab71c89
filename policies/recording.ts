import { POLICY_LIMITS } from "./limits.ts";
import type { ModbusRule } from "./modbus_rule.ts";
import type { OcppRule } from "./ocpp_rule.ts";
import type { RecordedMessage, RecordedStation } from "./recorded_message.ts";

/** First line of an exported recording: whose it is, and the rules that were in force. */
export interface RecordingHead {
  readonly recording: "bulkhead-policy";
  readonly version: 1;
  readonly site: string;
  readonly timeZone: string;
  readonly mode: "enforce" | "observe";
  /** null: the site had no rules of its own. */
  readonly rules: readonly OcppRule[] | null;
  /** The same for Modbus; absent: the site has none. */
  readonly modbus?: { readonly rules: readonly ModbusRule[]; readonly mode: "enforce" | "observe" };
}

/** A recording with the rules that it was made under. */
export interface Recording {
  readonly head: RecordingHead;
  readonly stations: readonly RecordedStation[];
}

/** Says two things are the same station in the same conversation: id, version and CSMS. */
export function stationKey({ resource, version }: Pick<RecordedStation, "resource" | "version">): string {
  return `${resource.station.id}\n${version}\n${resource.csms}`;
}

/** Adds what was recorded later. What a station had longest ago makes room beyond the limit of kinds. */
export function mergeStations(known: RecordedStation | undefined, later: RecordedStation): RecordedStation {
  if (!known) return later;
  const byKind = new Map(known.messages.map((message) => [kindKey(message), message]));
  for (const message of later.messages) {
    const key = kindKey(message);
    const before = byKind.get(key);
    byKind.set(key, before ? add(before, message) : message);
  }
  const all = [...byKind.values()].sort((a, b) => lastTime(b) - lastTime(a));
  const messages = all.slice(0, POLICY_LIMITS.recordedKinds);
  const dropped = all.slice(POLICY_LIMITS.recordedKinds).reduce((sum, { count }) => sum + count, 0);
  return { ...later, messages, missed: known.missed + later.missed + dropped };
}

/** When a kind of message came last, wall milliseconds. */
export function lastTime({ times }: RecordedMessage): number {
  return times.at(-1) ?? 0;
}

function kindKey({ from, action, fields }: RecordedMessage): string {
  return JSON.stringify([from, action, fields ?? null]);
}

function add(before: RecordedMessage, later: RecordedMessage): RecordedMessage {
  const times = [...before.times, ...later.times].slice(-POLICY_LIMITS.recordedTimes);
  return { ...later, count: before.count + later.count, times };
}

import type { LedgerFact } from "../../core/ledger_api.ts";
import type { LedgerRecord } from "./ledger_record.ts";

/**
 * A transaction id of 2.x that its station uses for another transaction: it began at another time, and the first one has
 * ended, or was under way (a reset in the midst of it). A begin that is sent again comes before the events behind it.
 */
export function isReused(known: LedgerRecord, { kind, protocol, time }: LedgerFact): boolean {
  const { begunAt, ends, samples } = known;
  if (kind !== "begin" || protocol === "ocpp1.6" || begunAt === undefined || time === undefined) return false;
  if (time === begunAt || Date.parse(time) === Date.parse(begunAt)) return false;
  return ends > 0 || (samples > 0 && isBefore(begunAt, time));
}

/** The name of such a transaction. */
export function reusedId({ transactionId, time }: LedgerFact): string {
  return `${transactionId}@${time}`;
}

/** Whether one time of a station is before another; false when one of them cannot be read. */
export function isBefore(time: string | undefined, other: string | undefined): boolean {
  return time !== undefined && other !== undefined && Date.parse(time) < Date.parse(other);
}

/**
 * Which of several transactions with one id a fact means (the newest first): a CSMS that gives every refused transaction
 * the same id, or counts anew. The connector tells them apart. An end of 1.6 and its answer name none: the one that ended
 * so already, else, of those that run, the one whose register is nearest.
 */
export function meantOf(same: readonly LedgerRecord[], fact: LedgerFact): LedgerRecord | undefined {
  const { connector, kind, of, readings } = fact, last = readings?.at(-1);
  const placed = connector === undefined ? undefined : same.find((record) => record.connector === connector);
  if (placed || same.length < 2 || (kind !== "end" && of !== "end")) return placed ?? same[0];
  const time = kind === "end" ? fact.time : last?.time;
  const told = same.find(({ ends, endedAt, endWh }) => ends > 0 && endedAt === time && endWh === last?.wh);
  if (told || kind !== "end") return told ?? same[0];
  const open = same.filter(({ ends, isSuperseded }) => ends === 0 && !isSuperseded);
  const distance = ({ lastWh }: LedgerRecord) => Math.abs((last?.wh ?? 0) - (lastWh ?? 0));
  return (last ? open.toSorted((one, other) => distance(one) - distance(other)) : open)[0] ?? same[0];
}

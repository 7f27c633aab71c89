import type { EnergyReading, LedgerFact } from "../../core/ledger_api.ts";
import type { BareFact } from "./ledger_facts.ts";
import { LEDGER_FEED_LIMITS } from "./limits.ts";

/** A fact that waits for control and may still take more messages in. */
export interface OpenFact {
  readonly fact: Omit<LedgerFact, "at" | "messages" | "readings"> & {
    at: number;
    messages?: number;
    readings?: EnergyReading[];
  };
  /** The highest register it holds. */
  wh: number | undefined;
}

/**
 * Meter samples of one transaction, and the answers to them, put together while they wait for control: a record is made of
 * one fact as of the many it stands for. Nothing is put together that a record tells apart: signed values, numbers that do
 * not follow one another, a register that went back, another outcome.
 */
export function foldInto(open: OpenFact, next: BareFact, at: number): boolean {
  const { fact } = open, { messages = 1 } = fact;
  if (!isSameKind(open, next) || messages >= LEDGER_FEED_LIMITS.messagesPerFact) return false;
  const taken = next.kind === "ack" ? takesAnswer(open, next) : takesSample(open, next, messages);
  if (!taken) return false;
  fact.messages = messages + 1;
  fact.at = at;
  return true;
}

/** Whether two facts are of one kind and transaction: what comes behind the later one is not put to the earlier one. */
export function isSameKind({ fact }: OpenFact, other: BareFact): boolean {
  return fact.kind === other.kind && isSameTransaction(fact, other);
}

/** Whether a fact is one that others may be put to. */
export function isFoldable({ kind, of, signed, signedLost }: BareFact): boolean {
  return (kind === "sample" && signed === undefined && signedLost === undefined) || (kind === "ack" && of === "sample");
}

/** Begins a fact that others may be put to; takes it over, its list of readings copied. */
export function openFact(fact: LedgerFact): OpenFact {
  const { readings } = fact;
  return {
    fact: readings ? { ...fact, readings: [...readings] } : { ...fact, readings: [] },
    wh: readings?.at(-1)?.wh,
  };
}

function isSameTransaction(one: BareFact, other: BareFact): boolean {
  return one.transactionId === other.transactionId && one.connector === other.connector && one.evse === other.evse &&
    one.key === other.key;
}

function takesAnswer(open: OpenFact, { of, outcome, detail, readings }: BareFact): boolean {
  const { fact } = open;
  if (fact.of !== of || fact.outcome !== outcome || fact.detail !== detail) return false;
  const last = readings?.at(-1);
  if (last === undefined || last.wh <= (open.wh ?? -Infinity)) return true;
  fact.readings = [last];
  open.wh = last.wh;
  return true;
}

function takesSample(open: OpenFact, { seqNo, badge, readings }: BareFact, messages: number): boolean {
  const { fact } = open, last = readings?.at(-1);
  const isNext = seqNo === (fact.seqNo === undefined ? undefined : fact.seqNo + messages);
  if (!isNext || fact.badge !== badge) return false;
  if (last === undefined) return true;
  if (last.wh < (open.wh ?? -Infinity)) return false; // a message that came late: the record keeps the highest
  open.wh = last.wh;
  fact.readings!.push(...readings!);
  if (fact.readings!.length > LEDGER_FEED_LIMITS.readingsPerFact) fact.readings = everySecond(fact.readings!);
  return true;
}

function everySecond(readings: readonly EnergyReading[]): EnergyReading[] {
  return readings.filter((_reading, i) => i % 2 === 0 || i === readings.length - 1);
}

import type { EnergyReading, LedgerFact } from "../../core/ledger_api.ts";
import { LEDGER_LIMITS } from "./limits.ts";

/** What the CSMS said to one kind of message. */
export type Acknowledgement = "accepted" | "error" | "kept";

/** One transaction as the gateway saw it pass. Times of the station are texts as it wrote them; others wall milliseconds. */
export interface LedgerRecord {
  readonly stationId: string;
  /** Names it within its station: connector and begin (1.6), the transaction id (2.x), or when it was first seen. */
  readonly id: string;
  readonly protocol: string;
  /** As the station knows it. */
  readonly transactionId?: string;
  /** As the CSMS knows it, where the gateway gave the station another (store-and-forward). */
  readonly csmsTransactionId?: string;
  readonly evse?: number;
  readonly connector?: number;
  /** Pseudonym under the key of station and month. */
  readonly badge?: string;
  /** Its begin was not seen: the gateway came later. */
  readonly isPartial?: true;
  readonly begunAt?: string;
  readonly endedAt?: string;
  readonly reason?: string;
  readonly firstWh?: number;
  readonly lastWh?: number;
  /** When that was read, wall milliseconds of the station. */
  readonly lastAt?: number;
  /** How often the register began anew in it (a meter that rolls over or is reset), and what it had measured until then. */
  readonly falls?: number;
  readonly fallenWh?: number;
  /** The register when the station ended it. */
  readonly endWh?: number;
  /** Highest register in a message that the CSMS acknowledged. */
  readonly acknowledgedWh?: number;
  readonly readings: readonly EnergyReading[];
  /** Messages with readings. */
  readonly samples: number;
  readonly acknowledgedSamples: number;
  /** How often the begin and end were sent. */
  readonly begins: number;
  readonly ends: number;
  /** 2.x: numbers of its events. */
  readonly sequence?: { readonly first: number; readonly last: number; readonly missing: readonly number[] };
  readonly beginAnswer?: Acknowledgement;
  readonly endAnswer?: Acknowledgement;
  /** What the CSMS said of the badge, or its last error code. */
  readonly answerDetail?: string;
  /** Another transaction began on its connector before its end was seen. */
  readonly isSuperseded?: true;
  /** Signed values kept beside it, and those that had no room. */
  readonly signed: number;
  readonly signedDropped: number;
  readonly seenAt: number;
  readonly changedAt: number;
}

/** open: it runs. closed: ended and acknowledged. unacknowledged: ended, but the CSMS never said so. rejected: refused by it. */
export type LedgerState = "open" | "closed" | "unacknowledged" | "rejected";

/** How a transaction stands with the CSMS. */
export function stateOf(record: LedgerRecord): LedgerState {
  const { beginAnswer, endAnswer, isPartial, isSuperseded, ends } = record;
  if (beginAnswer === "error" || endAnswer === "error") return "rejected";
  if (ends === 0 && !isSuperseded) return "open";
  const isBegun = beginAnswer === "accepted" || isPartial === true;
  return isBegun && endAnswer === "accepted" ? "closed" : "unacknowledged";
}

/** Watt-hours that the station measured in this transaction; at least these where its register began anew. */
export function measuredWh({ firstWh, lastWh, endWh, falls, fallenWh = 0 }: LedgerRecord): number {
  const last = endWh ?? lastWh;
  if (falls !== undefined && last !== undefined) return roundWh(fallenWh + last);
  return firstWh === undefined || last === undefined ? 0 : roundWh(Math.max(0, last - firstWh));
}

/** Watt-hours seen at the station that no message the CSMS acknowledged tells of. */
export function unacknowledgedWh(record: LedgerRecord): number {
  const state = stateOf(record);
  if (state === "closed") return 0;
  // Where the register began anew, one reading is not to be held against another.
  if (state === "rejected" || (record.falls !== undefined && state !== "open")) return measuredWh(record);
  const { firstWh, acknowledgedWh, lastWh, endWh } = record;
  const last = endWh ?? lastWh;
  return last === undefined ? 0 : roundWh(Math.max(0, last - (acknowledgedWh ?? firstWh ?? last)));
}

/** A transaction that is seen for the first time. */
export function newRecord(fact: LedgerFact, id: string): LedgerRecord {
  const isBegin = fact.kind === "begin" || fact.of === "begin";
  return {
    stationId: fact.stationId,
    id,
    protocol: fact.protocol,
    ...isBegin ? {} : { isPartial: true },
    readings: [],
    samples: 0,
    acknowledgedSamples: 0,
    begins: 0,
    ends: 0,
    signed: 0,
    signedDropped: 0,
    seenAt: fact.at,
    changedAt: fact.at,
  };
}

/** The record after one more fact. `badge` is a pseudonym already. Pure; nothing a fact says is ever taken back, but that its begin was missed. */
export function applyFact(record: LedgerRecord, fact: LedgerFact): LedgerRecord {
  const named = withNames(record, fact);
  if (fact.kind === "ack") return acknowledged(named, fact);
  const metered = withReadings(withSequence(named, fact), fact);
  switch (fact.kind) {
    case "begin": {
      const { isPartial: _late, ...whole } = metered; // its begin came after all
      return { ...whole, begins: record.begins + 1, ...fact.time ? { begunAt: fact.time } : {} };
    }
    case "sample":
      return { ...metered, samples: record.samples + messagesOf(fact) };
    case "end": {
      const endWh = fact.readings?.at(-1)?.wh;
      return {
        ...metered,
        ends: record.ends + 1,
        ...fact.time ? { endedAt: fact.time } : {},
        ...fact.reason ? { reason: fact.reason } : {},
        ...endWh === undefined ? {} : { endWh },
      };
    }
  }
}

function withNames(record: LedgerRecord, { transactionId, evse, connector, badge, at }: LedgerFact): LedgerRecord {
  return {
    ...record,
    ...transactionId === undefined ? {} : { transactionId },
    ...evse === undefined ? {} : { evse },
    ...connector === undefined || record.connector !== undefined ? {} : { connector },
    ...badge === undefined || record.badge !== undefined ? {} : { badge },
    changedAt: at,
  };
}

function withReadings(record: LedgerRecord, { readings = [], kind }: LedgerFact): LedgerRecord {
  if (readings.length === 0) return record;
  const first = readings[0]!.wh, all = [...record.readings, ...readings];
  let after: LedgerRecord = {
    ...record,
    readings: all.length <= LEDGER_LIMITS.readings ? all : thinned(all),
    firstWh: kind === "begin" ? first : record.firstWh ?? first,
  };
  for (const reading of readings) after = withRegister(after, reading);
  return after;
}

/** An offline message may come late, with what the register was before: only a later reading that is lower says more. */
function withRegister(record: LedgerRecord, { time, wh }: EnergyReading): LedgerRecord {
  const { lastWh, lastAt, firstWh = 0, falls, fallenWh = 0 } = record;
  const read = time === undefined ? NaN : Date.parse(time), at = Number.isNaN(read) ? {} : { lastAt: read };
  const isEarlier = lastAt !== undefined && read < lastAt;
  if (lastWh === undefined || (wh >= lastWh && !(isEarlier && falls !== undefined))) {
    return { ...record, lastWh: wh, ...isEarlier ? {} : at };
  }
  if (lastAt === undefined || !(read > lastAt) || !isAnew(lastWh, wh)) return record;
  const measured = fallenWh + lastWh - (falls === undefined ? firstWh : 0);
  return { ...record, lastWh: wh, ...at, falls: (falls ?? 0) + 1, fallenWh: measured };
}

/** A register that is rounded, as in kWh, may be a little lower in the next message; one that began anew is far below. */
function isAnew(before: number, wh: number): boolean {
  const fall = before - wh;
  return fall > LEDGER_LIMITS.roundedWh || (fall >= LEDGER_LIMITS.fallWh && wh < before / 2);
}

/** Registers come in kWh too, whose products are not whole: 1.1 kWh is not 1100.0000000000002 Wh. */
function roundWh(wh: number): number {
  return Math.round(wh * 1e6) / 1e6;
}

/** Every second one, and always the first and the last. */
function thinned(readings: readonly EnergyReading[]): readonly EnergyReading[] {
  const kept = readings.filter((_reading, i) => i % 2 === 0 || i === readings.length - 1);
  return kept.length <= LEDGER_LIMITS.readings ? kept : kept.slice(-LEDGER_LIMITS.readings);
}

/** How many messages a fact stands for. */
function messagesOf({ messages = 1 }: LedgerFact): number {
  return Number.isSafeInteger(messages) && messages > 0 ? messages : 1;
}

function withSequence(record: LedgerRecord, fact: LedgerFact): LedgerRecord {
  if (fact.seqNo === undefined) return record;
  const messages = Math.min(messagesOf(fact), LEDGER_LIMITS.messagesPerFact);
  let counted = record;
  for (let i = 0; i < messages; i++) counted = withNumber(counted, fact.seqNo + i);
  return counted;
}

function withNumber(record: LedgerRecord, seqNo: number): LedgerRecord {
  const { sequence } = record;
  if (!sequence) return { ...record, sequence: { first: seqNo, last: seqNo, missing: [] } };
  const { first, last } = sequence;
  if (seqNo <= last) { // a repeated or a late one
    const missing = sequence.missing.filter((one) => one !== seqNo);
    return { ...record, sequence: { first: Math.min(first, seqNo), last, missing } };
  }
  const gap = Array.from({ length: Math.min(seqNo - last - 1, LEDGER_LIMITS.missing) }, (_, i) => last + 1 + i);
  const missing = [...sequence.missing, ...gap].slice(0, LEDGER_LIMITS.missing);
  return { ...record, sequence: { first, last: seqNo, missing } };
}

function acknowledged(record: LedgerRecord, fact: LedgerFact): LedgerRecord {
  const { of, outcome = "accepted", detail, readings } = fact;
  const wh = readings?.at(-1)?.wh, isTaken = outcome === "accepted";
  const known = record.acknowledgedWh ?? wh;
  const told = { ...record, ...detail === undefined ? {} : { answerDetail: detail } };
  if (isTaken && wh !== undefined) Object.assign(told, { acknowledgedWh: Math.max(known!, wh) });
  if (of === "sample") {
    return { ...told, acknowledgedSamples: record.acknowledgedSamples + (isTaken ? messagesOf(fact) : 0) };
  }
  // A retry that was taken heals an error before it; an error after it changes nothing (a repeated message).
  if (of === "begin") return { ...told, beginAnswer: record.beginAnswer === "accepted" ? "accepted" : outcome };
  return { ...told, endAnswer: record.endAnswer === "accepted" ? "accepted" : outcome };
}

/** All that the gateway kept for this station was answered by the CSMS: what was "kept" is accepted. */
export function delivered(record: LedgerRecord, csmsTransactionId: string | undefined): LedgerRecord {
  const { beginAnswer, endAnswer, lastWh, endWh } = record, wh = endWh ?? lastWh;
  return {
    ...record,
    ...beginAnswer === "kept" ? { beginAnswer: "accepted" } : {},
    ...endAnswer === "kept" ? { endAnswer: "accepted" } : {},
    ...csmsTransactionId === undefined ? {} : { csmsTransactionId },
    ...wh === undefined ? {} : { acknowledgedWh: wh },
  };
}

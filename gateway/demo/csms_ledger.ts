import { DEMO_LIMITS } from "./limits.ts";
import type { FinishedSession } from "./model.ts";

/** One charging session as the CSMS knows it: what a driver would be billed. */
export interface LedgerTransaction {
  readonly stationId: string;
  readonly transactionId: string | number;
  readonly badge: string;
  readonly startWh: number;
  readonly startedAt: string;
  lastWh: number;
  /** Set when the session ended. */
  stopWh?: number;
  /** Meter values received, the one at the start and at the end left out. */
  samples: number;
  /** 2.x: sequence numbers received. */
  readonly sequences: Set<number>;
}

/** The books of the simulated CSMS. It only records; `answerCsms` decides what is answered. */
export class CsmsLedger {
  readonly #transactions = new Map<string, LedgerTransaction>();
  #nextId = 1;

  get transactions(): readonly LedgerTransaction[] {
    return [...this.#transactions.values()];
  }

  find(stationId: string, transactionId: string | number): LedgerTransaction | undefined {
    return this.#transactions.get(`${stationId}/${transactionId}`);
  }

  /**
   * Opens a session, or finds it when the start was sent again because its answer was lost. Without a transaction id
   * (OCPP 1.6) the next number is given.
   */
  open(start: Omit<LedgerTransaction, "transactionId" | "lastWh" | "samples" | "sequences">, id?: string) {
    const known = this.transactions.find((tx) =>
      id === undefined
        ? tx.stationId === start.stationId && tx.badge === start.badge && tx.startWh === start.startWh &&
          tx.startedAt === start.startedAt
        : tx.stationId === start.stationId && tx.transactionId === id
    );
    if (known) return known;
    if (this.#transactions.size >= DEMO_LIMITS.transactions) {
      throw new RangeError(`The ledger is full: it keeps ${DEMO_LIMITS.transactions} transactions`);
    }
    const transactionId = id ?? this.#nextId++;
    const opened: LedgerTransaction = {
      ...start,
      transactionId,
      lastWh: start.startWh,
      samples: 0,
      sequences: new Set(),
    };
    this.#transactions.set(`${start.stationId}/${transactionId}`, opened);
    return opened;
  }
}

/**
 * Compares the books: every session that a station finished must be in the ledger with the same start and stop, and no
 * sequence number may be missing. What the station was answered must have reached the CSMS: in 1.6 nothing else tells of a
 * lost meter value. Answers one sentence per difference; none means that nothing was lost.
 */
export function reconcile(
  sessions: readonly FinishedSession[],
  transactions: readonly LedgerTransaction[],
): readonly string[] {
  const rest = [...transactions];
  const faults: string[] = [];
  for (const { stationId, badge, startWh, stopWh, answeredMeters = 0 } of sessions) {
    const at = rest.findIndex((tx) =>
      tx.stationId === stationId && tx.badge === badge && tx.startWh === startWh && tx.stopWh === stopWh
    );
    if (at < 0) faults.push(`${stationId}: the session from ${startWh} to ${stopWh} Wh did not reach the CSMS whole`);
    else {
      const transaction = rest.splice(at, 1)[0]!, lost = answeredMeters - transaction.samples;
      if (lost > 0) {
        faults.push(
          `${stationId}: ${lost} meter values of ${transaction.transactionId} were answered and did not reach the CSMS`,
        );
      }
      faults.push(...gaps(transaction));
    }
  }
  for (const { stationId, transactionId, stopWh } of rest) {
    if (stopWh !== undefined) {
      faults.push(`${stationId}: no session of the station matches ${transactionId} of the CSMS`);
    }
  }
  return faults;
}

function gaps({ stationId, transactionId, sequences }: LedgerTransaction): string[] {
  const missing = Array.from({ length: Math.max(-1, ...sequences) + 1 }, (_, seq) => seq).filter((seq) =>
    !sequences.has(seq)
  );
  return missing.length === 0 ? [] : [`${stationId}: ${transactionId} lacks TransactionEvents ${missing.join(", ")}`];
}

import type { SealedValue } from "../../store/sealer.ts";
import { OUTAGE_LIMITS } from "./limits.ts";

/** A transaction whose id the gateway gave; `csms` is the CSMS's own, once it answered the StartTransaction. */
export interface GivenTransaction {
  readonly local: number;
  readonly csms?: number;
}

/** A message the CSMS has answered, in case the station sends it once more. */
export interface DeliveredMessage {
  readonly digest: string;
  readonly transactionId?: number;
}

/** What control knows of one station's CSMS connection, durable. */
export interface StationRecord {
  /** Subprotocol that its CSMS last agreed to. */
  readonly protocol?: string;
  /** The CSMS accepted this BootNotification (sealed: it names SIM cards) and gave this heartbeat interval. */
  readonly boot?: { readonly text: SealedValue; readonly intervalSeconds: number };
  readonly nextTransaction: number;
  readonly transactions: readonly GivenTransaction[];
  readonly delivered: readonly DeliveredMessage[];
}

/** A station that was never seen through to its CSMS. `fraction` in [0, 1) chooses where its ids begin. */
export function newRecord(fraction: number): StationRecord {
  const { firstTransactionId, transactionIds } = OUTAGE_LIMITS;
  const nextTransaction = firstTransactionId + Math.floor(fraction * transactionIds);
  return { nextTransaction, transactions: [], delivered: [] };
}

/** Gives out a transaction id; undefined when all remembered transactions still wait for the CSMS's id. */
export function giveTransaction(record: StationRecord): { local: number; record: StationRecord } | undefined {
  let transactions = record.transactions;
  if (transactions.length >= OUTAGE_LIMITS.transactions) {
    const oldestKnown = transactions.findIndex(({ csms }) => csms !== undefined);
    if (oldestKnown < 0) return undefined;
    transactions = transactions.toSpliced(oldestKnown, 1);
  }
  const local = record.nextTransaction;
  const end = OUTAGE_LIMITS.firstTransactionId + OUTAGE_LIMITS.transactionIds;
  const nextTransaction = local + 1 < end ? local + 1 : OUTAGE_LIMITS.firstTransactionId;
  return { local, record: { ...record, nextTransaction, transactions: [...transactions, { local }] } };
}

/** The CSMS answered a message: its transaction id is learned, the message remembered as delivered. */
export function noteDelivered(
  record: StationRecord,
  message: DeliveredMessage,
  csmsTransactionId: number | undefined,
): StationRecord {
  const transactions = csmsTransactionId === undefined
    ? record.transactions
    : record.transactions.map((given) =>
      given.local === message.transactionId ? { local: given.local, csms: csmsTransactionId } : given
    );
  const delivered = [...record.delivered, message].slice(-OUTAGE_LIMITS.duplicatesLookedAt);
  return { ...record, transactions, delivered };
}

import { toCsv as csvText } from "../../core/csv.ts";
import { type LedgerRecord, measuredWh, stateOf, unacknowledgedWh } from "./ledger_record.ts";

/** One transaction as it is exported: flat but for lists; null where nothing is known. docs/ledger.md explains each. */
export type LedgerRow = Readonly<Record<string, string | number | boolean | null>>;

/** Columns of the CSV, in order; the JSON lines have `readings` and `signed` beside them. */
export const LEDGER_COLUMNS = [
  "station",
  "id",
  "state",
  "protocol",
  "transactionId",
  "csmsTransactionId",
  "evse",
  "connector",
  "badge",
  "begin",
  "end",
  "reason",
  "firstWh",
  "lastWh",
  "measuredWh",
  "acknowledgedWh",
  "unacknowledgedWh",
  "samples",
  "acknowledgedSamples",
  "begins",
  "ends",
  "beginAnswer",
  "endAnswer",
  "answerDetail",
  "missingEvents",
  "partial",
  "superseded",
  "signedValues",
  "signedDropped",
  "seen",
  "changed",
  "registerFalls",
] as const;

/** A transaction as a row of the export. */
export function ledgerRow(record: LedgerRecord): LedgerRow {
  const { sequence, endWh, lastWh } = record;
  return {
    station: record.stationId,
    id: record.id,
    state: stateOf(record),
    protocol: record.protocol,
    transactionId: record.transactionId ?? null,
    csmsTransactionId: record.csmsTransactionId ?? record.transactionId ?? null,
    evse: record.evse ?? null,
    connector: record.connector ?? null,
    badge: record.badge ?? null,
    begin: record.begunAt ?? null,
    end: record.endedAt ?? null,
    reason: record.reason ?? null,
    firstWh: record.firstWh ?? null,
    lastWh: endWh ?? lastWh ?? null,
    measuredWh: measuredWh(record),
    acknowledgedWh: record.acknowledgedWh ?? null,
    unacknowledgedWh: unacknowledgedWh(record),
    samples: record.samples,
    acknowledgedSamples: record.acknowledgedSamples,
    begins: record.begins,
    ends: record.ends,
    beginAnswer: record.beginAnswer ?? null,
    endAnswer: record.endAnswer ?? null,
    answerDetail: record.answerDetail ?? null,
    missingEvents: sequence?.missing.join(" ") ?? null,
    partial: record.isPartial ?? false,
    superseded: record.isSuperseded ?? false,
    signedValues: record.signed,
    signedDropped: record.signedDropped,
    seen: new Date(record.seenAt).toISOString(),
    changed: new Date(record.changedAt).toISOString(),
    registerFalls: record.falls ?? 0,
  };
}

/** Rows as CSV, with a head or as what follows. */
export function toCsv(rows: readonly LedgerRow[], hasHead = true): string {
  const text = csvText(LEDGER_COLUMNS, rows.map((row) => LEDGER_COLUMNS.map((name) => row[name] ?? null)));
  return hasHead ? text : text.slice(text.indexOf("\n") + 1);
}

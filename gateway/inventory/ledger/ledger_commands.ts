import type { CommandArgs, CommandHandler, CommandResult, ControlContext } from "../../control/contract.ts";
import type { Json } from "../../core/control_api.ts";
import { GatewayError } from "../../core/errors.ts";
import { formatTable } from "../../core/format_table.ts";
import type { LedgerBook, LedgerPlace, LedgerSearch } from "./ledger_book.ts";
import { ledgerRow, toCsv } from "./ledger_export.ts";
import { type LedgerRecord, type LedgerState, measuredWh, stateOf, unacknowledgedWh } from "./ledger_record.ts";
import { LEDGER_LIMITS } from "./limits.ts";

/** What the ledger commands work with. */
export interface LedgerCommandParts {
  readonly context: Pick<ControlContext, "audit">;
  readonly book: LedgerBook;
  /** Takes up what store-and-forward has delivered: whoever reads the ledger sees it as it is now. */
  settle(): Promise<void>;
}

const STATES: readonly LedgerState[] = ["closed", "open", "rejected", "unacknowledged"];
const FORMATS = ["csv", "jsonl"] as const;

/** `ledger export`, `ledger list` and `ledger show`. */
export function ledgerCommands(parts: LedgerCommandParts): Readonly<Record<string, CommandHandler>> {
  return {
    "ledger export": async (args, who) => (await parts.settle(), await exportLedger(parts, args, who)),
    "ledger list": async (args) => (await parts.settle(), await list(parts, args)),
    "ledger show": async (args, who) => (await parts.settle(), await show(parts, args, who)),
  };
}

async function list(parts: LedgerCommandParts, args: CommandArgs): Promise<CommandResult> {
  const { stationId, fits } = wanted(args), { listed } = LEDGER_LIMITS;
  const all = await parts.book.list(stationId, listed + 1, fits);
  const found = all.slice(0, listed).sort((a, b) => a.seenAt - b.seenAt);
  const data = found.map(ledgerRow) as Json;
  if (found.length === 0) return { text: "No transaction stands in the ledger for that.", data };
  const rows = found.map((record) => [
    record.stationId,
    record.id,
    stateOf(record),
    record.transactionId ?? "-",
    record.begunAt ?? "-",
    record.endedAt ?? "-",
    kwh(measuredWh(record)),
    kwh(unacknowledgedWh(record)),
  ]);
  const head = ["station", "transaction", "state", "number", "begin", "end", "kWh", "not acknowledged"];
  const more = all.length > listed
    ? `\nOnly these ${listed}: pass --station, --from or --to, or run \`ledger export\``
    : "";
  return { text: formatTable(head, rows) + more, data };
}

async function show(parts: LedgerCommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const station = String(args["station"]), id = String(args["id"]);
  const named = await parts.book.list(station, undefined, (one) => one.id === id || one.transactionId === id);
  // Ids of 1.6 come again: the transaction of that very name, or the last of that number.
  const record = named.find((one) => one.id === id) ?? named.sort((a, b) => b.seenAt - a.seenAt)[0];
  if (!record) {
    throw new GatewayError("LEDGER_UNKNOWN", `The ledger has no transaction "${id}" of station "${station}"`, {
      hint: `Run \`ledger list --station ${station}\` for those it has`,
    });
  }
  const signed = args["signed"] === true ? await readSigned(parts, [record], who) : [];
  const row = ledgerRow(record);
  const rows = Object.entries(row).filter(([, value]) => value !== null).map(([name, value]) => [name, String(value)]);
  const readings = record.readings.map(({ time, wh }) => [`reading ${time ?? ""}`.trim(), kwh(wh)]);
  const values = signed.map(({ context, time, value }) => [`signed ${context ?? ""} ${time ?? ""}`.trim(), value]);
  const data = { ...row, readings: record.readings, ...args["signed"] === true ? { signed } : {} } as unknown as Json;
  return { text: formatTable(["what", "value"], [...rows, ...readings, ...values]), data };
}

async function exportLedger(parts: LedgerCommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const format = args["format"] ?? "jsonl";
  if (!FORMATS.some((one) => one === format)) {
    throw new GatewayError("CLI_USAGE", `Cannot export as "${String(format)}"`, { hint: "Pass --format csv or jsonl" });
  }
  const { stationId, fits } = wanted(args), { exported } = LEDGER_LIMITS;
  const { records, next } = await parts.book.page({ stationId, fits, after: placeOf(args), limit: exported });
  const data = { transactions: records.length, ...next ? { next: `${next[0]}:${next[1]}` } : {} };
  if (format === "csv") return { text: toCsv(records.map(ledgerRow), args["after"] === undefined), data };
  const signed = args["signed"] === true;
  if (signed && records.length > 0) await noteRead(parts, records, who);
  const lines: string[] = [];
  for (const record of records) {
    const values = signed ? { signed: await parts.book.signedOf(record) } : {};
    lines.push(JSON.stringify({ ...ledgerRow(record), readings: record.readings, ...values }));
  }
  return { text: lines.join("\n"), data };
}

/** Where an export goes on: what the answer before it said. */
function placeOf({ after }: CommandArgs): LedgerPlace | undefined {
  if (after === undefined) return undefined;
  const place = readPlace(String(after));
  if (place) return place;
  throw new GatewayError("CLI_USAGE", `--after "${String(after)}" is no place in the ledger`, {
    hint: "Pass what the answer before it has as `next`, or leave it out",
  });
}

function readPlace(text: string): LedgerPlace | undefined {
  const at = text.indexOf(":"); // no station id has one
  return at > 0 && at < text.length - 1 ? [text.slice(0, at), text.slice(at + 1)] : undefined;
}

/** Signed values name who charged, as the station wrote it: reading them is recorded. */
async function readSigned(parts: LedgerCommandParts, records: readonly LedgerRecord[], who: string) {
  await noteRead(parts, records, who);
  return (await Promise.all(records.map((record) => parts.book.signedOf(record)))).flat();
}

async function noteRead(parts: LedgerCommandParts, records: readonly LedgerRecord[], who: string): Promise<void> {
  const stations = [...new Set(records.map(({ stationId }) => stationId))];
  await parts.context.audit.record({
    event: "ledger.signed.read",
    class: "access",
    who,
    ...stations.length === 1 ? { target: stations[0]! } : {},
    outcome: "ok",
    detail: { transactions: records.length },
  });
}

/** Which transactions the options ask for. */
function wanted(args: CommandArgs): Pick<LedgerSearch, "stationId" | "fits"> {
  const stationId = typeof args["station"] === "string" ? args["station"] : undefined, state = args["state"];
  if (state !== undefined && !STATES.some((one) => one === state)) {
    throw new GatewayError("CLI_USAGE", `There is no state "${String(state)}"`, {
      hint: `Pass --state ${STATES.join(", ")}`,
    });
  }
  const [from, to] = [timeOf(args, "from") ?? 0, timeOf(args, "to") ?? Infinity];
  return {
    stationId,
    fits: (record) =>
      (state === undefined || stateOf(record) === state) && record.changedAt >= from && record.seenAt < to,
  };
}

function timeOf(args: CommandArgs, name: string): number | undefined {
  const text = args[name];
  if (text === undefined) return undefined;
  const at = Date.parse(String(text));
  if (!Number.isNaN(at)) return at;
  throw new GatewayError("CLI_USAGE", `--${name} "${String(text)}" is no time`, {
    hint: "Write 2026-01-31 or 2026-01-31T08:00Z",
  });
}

function kwh(wh: number): string {
  return (wh / 1_000).toFixed(3);
}

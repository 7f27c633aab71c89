import { createSocket } from "node:dgram";
import { resolve4 } from "node:dns/promises";
import { connect } from "node:net";
import { diskReaders } from "../config/disk_readers.ts";
import { loadSite } from "../config/load.ts";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { systemClock } from "../core/clock.ts";
import { describeError, GatewayError } from "../core/errors.ts";
import { formatTable } from "../core/format_table.ts";
import { systemTimers, type Timers } from "../core/timers.ts";
import { openExchange } from "../switches/security.ts";
import { firewallSheet, type SheetRow } from "./firewall_sheet_rows.ts";
import { SHEET_HEAD, sheetCells, sheetCsv, sheetHtml, type TestedRow } from "./firewall_sheet_formats.ts";

/** Milliseconds for one try, and tries at a time. */
const TRY_MS = 3_000;
const AT_ONCE = 8;
/** Mode 3 (client), version 4: the first byte of an NTP question (RFC 5905 section 7.3). */
const NTP_CLIENT = 0x23;

/** `firewall-sheet`: the change request for the site's own firewall, each row tried from this box unless told not to. */
export async function runFirewallSheet(args: CommandArgs, tryRow = tryOut): Promise<CommandResult> {
  const format = String(args["format"] ?? "text");
  if (!["text", "csv", "html"].includes(format)) {
    throw new GatewayError("CLI_USAGE", `--format is "${format}", wanted text, csv or html`);
  }
  const { site } = await loadSite(String(args["config"] ?? "site.yaml"), diskReaders);
  const rows = firewallSheet(site);
  const tested = args["untested"] === true ? rows : await tryAll(rows, tryRow);
  const ok = tested.every((row: TestedRow) => row.tested === undefined || row.tested === "reachable");
  const data = { rows: tested.map(({ probe: _, ...row }: TestedRow) => ({ ...row })) };
  const name = site.site.name ?? site.site.id;
  const made = format === "csv"
    ? sheetCsv(tested)
    : format === "html"
    ? sheetHtml(tested, { name, at: new Date(systemClock.now()).toISOString().slice(0, 10) })
    : `${formatTable(SHEET_HEAD, tested.map(sheetCells))}\nStations are in no row: they need no way out.`;
  if (args["file"] === undefined) return { text: made, data, ok };
  await writeNew(String(args["file"]), made);
  return { text: `${tested.length} rows written to ${args["file"]}`, data, ok };
}

async function writeNew(file: string, text: string): Promise<void> {
  try {
    await Deno.writeTextFile(file, text, { createNew: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    throw new GatewayError("CLI_EXISTS", `"${file}" exists`, { hint: "Choose another name or remove it first" });
  }
}

async function tryAll(rows: readonly SheetRow[], tryRow: (row: SheetRow) => Promise<string>): Promise<TestedRow[]> {
  const tested: TestedRow[] = [];
  for (let at = 0; at < rows.length; at += AT_ONCE) {
    const some = rows.slice(at, at + AT_ONCE);
    tested.push(
      ...await Promise.all(
        some.map(async (row) => row.probe.kind === "none" ? row : { ...row, tested: await tryRow(row) }),
      ),
    );
  }
  return tested;
}

/** Tries one row from this box: "reachable", or why not. */
export async function tryOut({ probe, direction }: SheetRow, timers: Timers = systemTimers): Promise<string> {
  try {
    if (probe.kind === "names") await resolve4(probe.host);
    else if (probe.kind === "time") await askOnce(timeQuestion(), probe, timers);
    else if (probe.kind === "switch") await askOnce(switchQuestion(), probe, timers);
    else await reach(probe.host, probe.port);
    return "reachable";
  } catch (error) {
    const why = describeError(error);
    return direction === "in" ? `does not listen: ${why}` : `FAILED: ${why}`;
  }
}

function reach(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: TRY_MS });
    socket.on("connect", () => (socket.destroy(), resolve()));
    socket.on("timeout", () => (socket.destroy(), reject(new Error(`no answer within ${TRY_MS} ms`))));
    socket.on("error", (error) => (socket.destroy(), reject(error)));
  });
}

/** Asks one question by UDP; whatever comes back will do. */
function askOnce(question: Uint8Array, { host, port }: SheetRow["probe"], timers: Timers): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4");
    const end = (error?: Error) => {
      cancel();
      socket.close();
      if (error) reject(error);
      else resolve();
    };
    const cancel = timers.after(TRY_MS, () => end(new Error(`no answer within ${TRY_MS} ms`)));
    socket.once("message", () => end());
    socket.once("error", (error) => end(error));
    socket.send(question, port, host, (error) => error && end(error));
  });
}

function timeQuestion(): Uint8Array {
  const question = new Uint8Array(48);
  question[0] = NTP_CLIENT;
  return question;
}

/** Who are you, in SNMPv3: every switch that speaks it answers, whoever asks. */
function switchQuestion(): Uint8Array {
  const nobody = { user: "", hash: "sha256", authPassword: "", privacyPassword: "" } as const;
  const exchange = openExchange(nobody, () => new Uint8Array());
  return exchange.seal({ kind: "get", requestId: 1, first: 0, second: 0, bindings: [] }, 0);
}

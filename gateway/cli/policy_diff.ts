import type { ModbusRule } from "../../policies/modbus_rule.ts";
import type { FieldFacts, OcppRule } from "../../policies/ocpp_rule.ts";
import { type ChangedDecision, replayRecording, type ReplayResult } from "../../policies/ocpp_replay.ts";
import type { Recording, RecordingHead } from "../../policies/recording.ts";
import { parseModbusRules } from "../config/modbus_rules_file.ts";
import { parseOcppRules } from "../config/ocpp_rules_file.ts";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { parseStation } from "../control/policy/recording_store.ts";
import { ConfigError, GatewayError } from "../core/errors.ts";
import { formatTable } from "../core/format_table.ts";
import { createLocalWeek } from "../core/local_week.ts";
import { runRemotely } from "./dispatch_command.ts";
import { diffModbus } from "./policy_diff_modbus.ts";
import { readText, recordingLines } from "./recorded_modbus.ts";

/** Asks the running gateway; replaced in tests. */
export type RunRemotely = (command: string, args: CommandArgs) => Promise<CommandResult>;

/**
 * `policy diff NEW-RULES`: judges what was recorded by the rules that were in force and by the new ones. The recording
 * comes from the running gateway, or from a file made with `policy recording`: then no gateway is needed.
 * @throws ConfigError when the new rules or the recording cannot be read, with every fault and its line
 */
export async function runPolicyDiff(args: CommandArgs, run: RunRemotely = runRemotely): Promise<CommandResult> {
  const file = String(args["rules"]);
  const asked = modeOf(args["mode"]);
  const read = readRules(file, await readText(file), args["conduit"]);
  const { file: from, lines } = await recordingLines(args, run);
  const { head, stations } = parseRecording(from, lines.join("\n"));
  if ("modbus" in read) return diffModbus(head, lines, read.modbus, asked);
  const before = { rules: head.rules ?? undefined, mode: head.mode };
  const after = { rules: read.ocpp, mode: asked ?? head.mode };
  const result = replayRecording(stations, before, after, createLocalWeek(head.timeZone));
  return { text: diffText(result), data: JSON.parse(JSON.stringify(result)) };
}

/** The new rules: of the conduit that is named, else of the one whose form they have; OCPP where both fit. */
function readRules(
  file: string,
  text: string,
  conduit: CommandArgs[string],
): { readonly ocpp: readonly OcppRule[] } | { readonly modbus: readonly ModbusRule[] } {
  if (conduit !== undefined && conduit !== "ocpp" && conduit !== "modbus") {
    throw new GatewayError("CLI_USAGE", `Conduit "${String(conduit)}" is unknown: wanted ocpp or modbus`);
  }
  const ocpp = conduit === "modbus" ? undefined : parseOcppRules(file, text);
  if (ocpp && "rules" in ocpp) return { ocpp: ocpp.rules };
  const modbus = conduit === "ocpp" ? undefined : parseModbusRules(file, text);
  if (modbus && "rules" in modbus) return { modbus: modbus.rules };
  // Where neither form fits, the one with fewer faults was meant.
  const faults = [ocpp, modbus].flatMap((each) => each && "faults" in each ? [each.faults] : []);
  const fewest = faults.toSorted((a, b) => a.length - b.length)[0]!;
  throw new ConfigError("CFG_INVALID", `The new rules in "${file}" cannot be used`, { faults: fewest });
}

/** Reads an exported recording. @throws ConfigError CFG_INVALID when it is none */
export function parseRecording(file: string, text: string): Recording {
  const [first = "", ...rest] = text.split("\n");
  const stations = rest.flatMap((line) => parseStation(line) ?? []);
  const head = headOf(first);
  if (head) return { head, stations };
  throw new ConfigError("CFG_INVALID", `"${file}" is no recording`, { hint: "Make one with `policy recording`" });
}

function headOf(line: string): RecordingHead | undefined {
  try {
    const head = JSON.parse(line) as RecordingHead;
    return head.recording === "bulkhead-policy" && head.version === 1 ? head : undefined;
  } catch {
    return undefined; // no JSON, so no recording
  }
}

function modeOf(asked: CommandArgs[string]): "enforce" | "observe" | undefined {
  if (asked === undefined || asked === "enforce" || asked === "observe") return asked;
  throw new GatewayError("CLI_USAGE", `Mode "${String(asked)}" is unknown: wanted enforce or observe`);
}

function diffText({ stations, kinds, messages, missed, changes }: ReplayResult): string {
  const judged = `Judged ${kinds} kinds of messages of ${stations} stations (${messages} messages).`;
  const lines = [judged];
  if (missed > 0) lines.push(`${missed} messages were of further kinds, which were not kept.`);
  if (messages === 0) lines.push("Nothing is recorded yet: let the gateway relay for a while, then ask again.");
  if (changes.length === 0) return [...lines, "No decision changes."].join("\n");
  const table = formatTable(
    ["station", "from", "action", "says", "times", "now", "with the new rules"],
    changes.map((change) => [
      change.station,
      change.from,
      change.action,
      saysOf(change.fields),
      timesOf(change),
      change.before,
      change.after,
    ]),
  );
  const sum = changes.length === 1 ? "1 decision changes:" : `${changes.length} decisions change:`;
  return [...lines, sum, table].join("\n");
}

/** All of its times are decided anew, or some of those that are remembered. */
function timesOf({ count, changed, judged }: ChangedDecision): string {
  return changed === judged ? String(count) : `${changed} of the last ${judged}`;
}

function saysOf(fields: FieldFacts | undefined): string {
  if (!fields) return "-";
  const { hosts, schemes, keys, vendorIds, messageIds, fields: single } = fields;
  const urls = hosts.map((host, at) => host === null ? "an unreadable URL" : `${schemes[at] ?? "?"}://${host}`);
  const names = keys.map((key) => key?.at(-1) ?? "an unreadable key");
  const vendors = [...vendorIds, ...messageIds].map((id) => id ?? "an unreadable id");
  const values = Object.entries(single).map(([name, value]) => `${name} ${value ?? "unreadable"}`);
  return [...urls, ...names, ...vendors, ...values].filter((word) => word !== "").join(", ") || "-";
}

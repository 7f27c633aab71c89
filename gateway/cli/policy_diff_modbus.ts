import { type ChangedModbusDecision, type ModbusReplay, replayModbus } from "../../policies/modbus_replay.ts";
import type { ModbusRule } from "../../policies/modbus_rule.ts";
import type { RecordingHead } from "../../policies/recording.ts";
import { isInside } from "../config/ip.ts";
import type { CommandResult } from "../control/contract.ts";
import { formatTable } from "../core/format_table.ts";
import { createLocalWeek } from "../core/local_week.ts";
import { recordedClients } from "./recorded_modbus.ts";

/** Judges the recorded Modbus requests by the rules that were in force and by new ones. */
export function diffModbus(
  head: RecordingHead,
  lines: readonly string[],
  rules: readonly ModbusRule[],
  mode: "enforce" | "observe" | undefined,
): CommandResult {
  const before = head.modbus ?? { rules: [], mode: "enforce" as const };
  const result = replayModbus(recordedClients(lines), before, { rules, mode: mode ?? before.mode }, {
    minuteOfWeek: createLocalWeek(head.timeZone),
    networksOf: (source, networks) => networks.filter((network) => isInside(source, network)),
  });
  return { text: diffText(result), data: JSON.parse(JSON.stringify(result)) };
}

function diffText({ clients, kinds, requests, missed, changes }: ModbusReplay): string {
  const lines = [`Judged ${kinds} kinds of requests of ${clients} Modbus clients (${requests} requests).`];
  if (missed > 0) lines.push(`${missed} requests were of further kinds, which were not kept.`);
  if (requests === 0) lines.push("Nothing is recorded yet: let clients work for a while, then ask again.");
  if (changes.length === 0) return [...lines, "No decision changes."].join("\n");
  const table = formatTable(
    ["client", "role", "unit", "touches", "times", "now", "with the new rules"],
    changes.map((change) => [
      change.client,
      change.role ?? "(none)",
      String(change.unit),
      change.touches,
      timesOf(change),
      change.before,
      change.after,
    ]),
  );
  lines.push(changes.length === 1 ? "1 decision changes:" : `${changes.length} decisions change:`);
  return [...lines, table, "Leases and rises are not replayed: they depend on who else writes."].join("\n");
}

/** All of its times are decided anew, or some of those that are remembered. */
function timesOf({ count, changed, judged }: ChangedModbusDecision): string {
  return changed === judged ? String(count) : `${changed} of the last ${judged}`;
}

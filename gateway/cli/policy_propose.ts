import { type Proposal, proposeModbusRules } from "../../policies/modbus_propose.ts";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { runRemotely } from "./dispatch_command.ts";
import type { RunRemotely } from "./policy_diff.ts";
import { recordedClients, recordingLines } from "./recorded_modbus.ts";

/**
 * `policy propose`: rules for Modbus that allow what clients were seen to do and no more, as a rules file to review. What is
 * dangerous is a comment: a person takes it over, or does not.
 */
export async function runPolicyPropose(args: CommandArgs, run: RunRemotely = runRemotely): Promise<CommandResult> {
  const { lines } = await recordingLines(args, run);
  const recorded = recordedClients(lines);
  const proposals = proposeModbusRules(recorded);
  const missed = recorded.reduce((sum, each) => sum + each.missed, 0);
  return {
    text: proposals.length === 0 ? NOTHING : fileText(proposals, missed),
    data: JSON.parse(JSON.stringify({ proposals, missed })),
    ok: proposals.length > 0,
  };
}

const NOTHING =
  "# No Modbus request is recorded yet: set modbus.mode to observe, let clients work for a while, then ask again.";

function fileText(proposals: readonly Proposal[], missed: number): string {
  const active = proposals.filter(({ isActive }) => isActive), unsure = proposals.filter(({ isActive }) => !isActive);
  const parts = [
    "# Proposed by `policy propose` from what Modbus clients were seen to do. Review it, store it as a file, then",
    "# `policy diff FILE` shows what would be refused, and `modbus.rules` with mode: enforce puts it in force.",
    ...missed > 0
      ? [`# ${missed} requests were of further kinds that were not kept: watch longer in mode: observe.`]
      : [],
    ...active.map((proposal) => ruleText(proposal)),
  ];
  if (unsure.length > 0) {
    parts.push("# Seen as well, and not allowed by the rules above. Take the # away from what is meant to be:");
    parts.push(...unsure.map((proposal) => commented(ruleText(proposal))));
  }
  return parts.join("\n");
}

/** One rule as it stands in a rules file. */
function ruleText({ rule, count, remarks }: Proposal): string {
  const { id, effect, because, ...conditions } = rule;
  const head = [`# Seen ${count} ${count === 1 ? "time" : "times"}`, ...remarks].join(". ");
  const keys = Object.entries(conditions).filter(([, value]) => value !== undefined)
    .map(([key, value]) => `  ${key}: ${flow(value)}`);
  return [head, `- id: ${id}`, `  effect: ${effect}`, `  because: ${flow(because)}`, ...keys].join("\n");
}

/** JSON is YAML; words that need no quotes go without. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (
    typeof value === "string" && /^[a-z][a-z0-9-]*$/.test(value) && !/^(true|false|null|yes|no|on|off)$/.test(value)
  ) {
    return value;
  }
  return JSON.stringify(value);
}

function commented(text: string): string {
  return text.split("\n").map((line) => line.startsWith("#") ? line : `# ${line}`).join("\n");
}

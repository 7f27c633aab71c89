import type { HaldClient } from "../../hal/client.ts";
import type { CommandArgs, CommandHandler, CommandResult } from "../control/contract.ts";
import type { Json } from "../core/control_api.ts";
import { GatewayError } from "../core/errors.ts";
import { formatTable } from "../core/format_table.ts";
import { diffRows, type FlowRow } from "./rows.ts";
import { REFUSED_COUNTERS } from "./ruleset.ts";
import { deniedView } from "./denied_view.ts";
import { explainCommand } from "./explain_command.ts";
import { isolationOf, isolationText, probeCommand } from "./probe_command.ts";
import { closeCommand, openCommand, openingRows } from "./opening_commands.ts";
import type { SegmentationParts } from "./parts.ts";
import type { Wanted } from "./segmenter.ts";

/** `segmentation plan`, `apply`, `confirm`, `undo`, `show`, `open`, `close`, `explain`. */
export function segmentationCommands(
  parts: SegmentationParts,
  hald: Pick<HaldClient, "call"> | undefined,
): Readonly<Record<string, CommandHandler>> {
  return {
    "segmentation apply": (args, who) => apply(parts, args, who),
    "segmentation close": (args, who) => closeCommand(parts, args, who),
    "segmentation confirm": (_, who) => confirm(parts, who),
    "segmentation explain": async (args) => explainCommand(parts, args),
    "segmentation open": (args, who) => openCommand(parts, args, who),
    "segmentation plan": (args) => plan(parts, args),
    "segmentation probe": () => probeCommand(parts, hald),
    "segmentation show": () => show(parts),
    "segmentation undo": (_, who) => undo(parts, who),
  };
}

async function plan({ segmenter }: SegmentationParts, args: CommandArgs): Promise<CommandResult> {
  const wanted = await segmenter.wanted();
  const before = (await segmenter.records.read("confirmed"))?.rows ?? [];
  const { added, removed } = diffRows(before, wanted.rows);
  const dryRun = await tryOut({ segmenter } as SegmentationParts, wanted);
  const data = {
    digest: wanted.digest,
    added: rowsData(added),
    removed: rowsData(removed),
    settings: wanted.settings.map((setting) => ({ ...setting })),
    dryRun: dryRun ?? "ok",
    warnings: warningsOf(wanted),
    ...args["text"] === true ? { ruleset: wanted.text } : {},
  };
  if (args["text"] === true) return { text: wanted.text, data, ok: dryRun === undefined };
  const lines = [
    ...added.map((row) => `+ ${rowText(row)}`),
    ...removed.map((row) => `- ${rowText(row)}`),
    ...added.length + removed.length === 0 ? [`The ${wanted.rows.length} flows are those that are in force.`] : [],
    ...warningsOf(wanted).map((warning) => `! ${warning}`),
    dryRun === undefined
      ? "The kernel would take it. `segmentation apply` loads it until it is confirmed or undoes itself."
      : `NOT tried out: ${dryRun}`,
  ];
  return { text: lines.join("\n"), data, ok: dryRun === undefined };
}

/** Why a dry run failed or was not possible; undefined when it went well. */
async function tryOut(
  { segmenter }: Pick<SegmentationParts, "segmenter">,
  wanted: Wanted,
): Promise<string | undefined> {
  try {
    await segmenter.firewall.check(wanted.text);
    return undefined;
  } catch (error) {
    if (error instanceof GatewayError) return `${error.message}${error.hint === undefined ? "" : `. ${error.hint}`}`;
    throw error;
  }
}

function warningsOf({ segmentation }: Wanted): string[] {
  return segmentation.zones.filter(({ role, isolation }) => role === "ot" && isolation === "shared").map(({ id }) =>
    `zone ${id} is shared: its stations reach each other past this box, whatever the rules say (docs/segmentation.md)`
  );
}

async function apply(
  { segmenter, context }: SegmentationParts,
  args: CommandArgs,
  who: string,
): Promise<CommandResult> {
  const seconds = secondsOf(args, context.site.segmentation?.confirmSeconds ?? 120);
  const wanted = await segmenter.wanted();
  const before = await segmenter.firewall.state();
  if (before.pending) {
    throw new GatewayError("SEGMENTATION_INVALID", "Another ruleset waits to be confirmed", {
      hint: `Confirm it with \`segmentation confirm\` or undo it; it undoes itself in ${before.pending.secondsLeft} s`,
    });
  }
  if (before.confirmed === wanted.digest && before.isLoaded) {
    return { text: "These rules are in force already.", data: { digest: wanted.digest, applied: false } };
  }
  const state = await segmenter.apply(wanted, who, seconds);
  const text = [
    `${wanted.rows.length} flows are in force for ${seconds} s.`,
    "Try what you need, from where people work: the console, a station, SSH to this box. Then",
    "  segmentation confirm",
    "or it undoes itself, also when the gateway, hald or this box ends.",
    ...state.missingInterfaces.map((name) =>
      `! this box has no interface ${name} (yet): its settings follow by themselves`
    ),
  ];
  return { text: text.join("\n"), data: { digest: wanted.digest, applied: true, confirmSeconds: seconds } };
}

function secondsOf(args: CommandArgs, fallback: number): number {
  const given = args["confirm-seconds"];
  if (given === undefined) return fallback;
  const seconds = Number(given);
  if (Number.isInteger(seconds) && seconds >= 5 && seconds <= 3_600) return seconds;
  throw new GatewayError("SEGMENTATION_INVALID", `--confirm-seconds is "${given}", wanted 5 to 3600`);
}

async function confirm({ segmenter, context }: SegmentationParts, who: string): Promise<CommandResult> {
  const state = await segmenter.confirm(who);
  await context.alarms.clear("segmentation.undone", "gateway");
  await context.alarms.clear("segmentation.differs", "gateway");
  return {
    text: "Kept: these rules are loaded at every start of this box, before its interfaces come up.",
    data: { digest: state.confirmed ?? null },
  };
}

async function undo({ segmenter }: SegmentationParts, who: string): Promise<CommandResult> {
  await segmenter.undo(who);
  return { text: "Undone: what was in force before is in force again.", data: { undone: true } };
}

async function show(parts: SegmentationParts): Promise<CommandResult> {
  const { segmenter } = parts;
  const state = await segmenter.firewall.state();
  const rows = await segmenter.rowsInForce(state);
  const packets = state.isLoaded ? await segmenter.firewall.counters() : {};
  const wanted = await segmenter.wanted();
  const flows = rows.map((row) => ({ ...row, packets: packets[row.counter] ?? 0 }));
  const refused = Object.entries(REFUSED_COUNTERS).map(([name, what]) => ({ what, packets: packets[name] ?? 0 }));
  const denied = deniedView(
    parts.denied.flows(),
    wanted.segmentation,
    parts.openings.all(),
    (address) => parts.stations().find((station) => station.address === address)?.id,
  );
  const openings = parts.openings.all().map((opening) => ({ ...opening }));
  const differs = state.pending === undefined && state.confirmed !== wanted.digest;
  const isolation = await isolationOf(parts);
  const data = { state, differs, flows, refused, denied, openings, isolation, zones: wanted.segmentation.zones };
  const text = [
    stateText(state, differs),
    isolationText(isolation),
    formatTable(
      ["packets", "path", "from", "to", "what", "flow", "because"],
      flows.map((row) => [String(row.packets), row.path, row.from, row.to, row.what, row.id, row.because]),
    ),
    formatTable(["packets", "refused"], refused.map(({ packets, what }) => [String(packets), what])),
    openings.length === 0 ? "No maintenance port is open." : openingRows(parts),
    denied.length === 0 ? "No refused flow is remembered." : formatTable(
      ["packets", "from", "to", "what", "rule", "to allow it"],
      denied.map((one) => [String(one.packets), one.from, one.to, one.what, one.rule, one.allow]),
    ),
  ];
  return { text: text.join("\n\n"), data: JSON.parse(JSON.stringify(data)) as Json };
}

function stateText(
  { confirmed, pending, isLoaded, undone }: Awaited<ReturnType<SegmentationParts["segmenter"]["firewall"]["state"]>>,
  differs: boolean,
): string {
  const lines = [];
  if (pending) {
    lines.push(`WAITS: confirm within ${pending.secondsLeft} s with \`segmentation confirm\`, or it undoes itself.`);
  } else if (confirmed === undefined) {
    lines.push("No segmentation is in force: only the base firewall. `segmentation plan`, then `segmentation apply`.");
  } else {lines.push(
      isLoaded ? "In force." : "CONFIRMED, BUT NOT IN THE KERNEL: hald loads it again within half a minute.",
    );}
  if (differs && confirmed !== undefined) {
    lines.push("site.yaml or the inventory wants other rules: `segmentation plan` shows them.");
  }
  if (undone) lines.push(`Last undone: ${undone.digest.slice(0, 12)}, ${undone.why}.`);
  return lines.join("\n");
}

const rowText = ({ id, from, to, what, because }: FlowRow) => `${id}: ${from} -> ${to} ${what} (${because})`;
const rowsData = (rows: readonly FlowRow[]) => rows.map((row) => ({ ...row }));

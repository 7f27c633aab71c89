import { SITE_STEPS, type SiteStep } from "../../../policies/site_decommission.ts";
import type { CommandArgs, CommandHandler, CommandResult } from "../../control/contract.ts";
import type { Json } from "../../core/control_api.ts";
import { GatewayError } from "../../core/errors.ts";
import { formatTable } from "../../core/format_table.ts";
import { textOf } from "../command_text.ts";
import { DECOMMISSION_LIMITS } from "../limits.ts";
import type { Exported, HeldHead } from "./record.ts";
import type { SiteDecommission, SiteView } from "./site_decommission.ts";

/** The commands that begin with `gateway decommission`, but for the one that erases: that runs while the gateway is stopped. */
export function siteCommands(site: SiteDecommission): Readonly<Record<string, CommandHandler>> {
  const shown = async (work: () => Promise<SiteView>) => show(await work());
  const typed = (args: CommandArgs) => String(args["site"] ?? "");
  return {
    "gateway decommission approve": (args, who) => shown(() => site.approve(typed(args), who)),
    "gateway decommission cancel": async (_, who) => {
      await site.cancel(who);
      return { text: "This gateway stays in service. What was revoked stays revoked.", data: { cancelled: true } };
    },
    "gateway decommission exported": (args, who) => shown(() => site.exported(headOf(args), backupOf(args), who)),
    "gateway decommission show": () => shown(() => site.view()),
    "gateway decommission skip": async (args, who) => {
      const what = String(args["what"] ?? ""), because = textOf(args, "because");
      const isStep = SITE_STEPS.some((step) => step === what);
      return await shown(() => isStep ? site.skip(what, because, who) : site.tell(what, "skipped", because, who, who));
    },
    "gateway decommission start": (args, who) => shown(() => site.start(typed(args), textOf(args, "reason"), who)),
    "gateway decommission told": async (args, who) => {
      const person = args["person"] === undefined ? who : textOf(args, "person");
      return await shown(() => site.tell(String(args["line"] ?? ""), "done", textOf(args, "note"), person, who));
    },
  };
}

/** @throws GatewayError DECOMMISSION_INVALID */
function headOf(args: CommandArgs): HeldHead {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(String(args["head"] ?? "")) ?? [];
  if (seq !== undefined && hash !== undefined) return { seq: Number(seq), hash };
  const what = `"${String(args["head"] ?? "").slice(0, 80)}" is no place in the audit chain`;
  throw new GatewayError("DECOMMISSION_INVALID", what, {
    hint: "Pass --head SEQ:HASH from the last line of the file that `audit export --file FILE` wrote",
  });
}

/** @throws GatewayError DECOMMISSION_INVALID */
function backupOf(args: CommandArgs): Exported["backup"] {
  const hasName = args["backup"] !== undefined, hasNone = args["no-backup"] !== undefined;
  if (hasName !== hasNone) return hasName ? { name: String(args["backup"]) } : { none: textOf(args, "no-backup") };
  throw new GatewayError("DECOMMISSION_INVALID", "Wanted --backup NAME or --no-backup TEXT, one of them", {
    hint: "`backup` makes one and prints its name; --no-backup says why nobody needs one",
  });
}

const WAITS: Readonly<Record<SiteStep, (view: SiteView) => string>> = {
  stations: ({ open }) => `in service: ${some(open.stations)}. \`station decommission\`, or skip it with a reason`,
  work: ({ open }) => open.work.join("; "),
  told: ({ lines, record }) => `${lines.filter(({ id }) => !record?.told[id]).length} lines below have no answer`,
  export: () => "`backup` and `audit export`, taken away; then `gateway decommission exported`",
  approve: ({ record }) => `${record?.needsApprovals ?? 1} other than ${record?.by ?? "who begins it"} must approve it`,
  erase: ({ releasedUntil, record }) =>
    `until ${
      iso(releasedUntil ?? 0)
    }: stop the gateway for good, then \`gateway decommission erase --site ${record?.site}\``,
};

function show(view: SiteView): CommandResult {
  const { record, open, lines, head, next, releasedUntil } = view;
  const rows = SITE_STEPS.map((step, at) => {
    const passed = step === "stations" || step === "work" ? record?.skipped[step] : undefined;
    if (step === next) return [step, record ? "next" : "open", WAITS[step](view)];
    if (passed) return [step, "skipped", `${passed.note} (${passed.by})`];
    return at < SITE_STEPS.indexOf(next) ? [step, "done", ""] : [step, "", ""];
  });
  const told = lines.map(({ id, what }) => {
    const said = record?.told[id];
    return [id, said ? said.state : "open", said ? `${said.by}: ${said.note}` : what];
  });
  const begun = record
    ? `This gateway leaves, asked for by ${record.by}: ${record.reason}`
    : "Nothing is begun: this is what it would come to";
  const text = [
    ...[begun, "", formatTable(["step", "state", "what"], rows)],
    ...["", formatTable(["line", "state", "what"], told)],
    ...["", `Audit chain: ${head.seq} records, ${head.hash}`],
    ...open.ends.length === 0 ? [] : [`Ends with it: ${open.ends.join("; ")}`],
  ].join("\n");
  const data = { ...record, begun: record !== undefined, open, lines, head, next, ...until(releasedUntil) };
  return { text, data: data as unknown as Json };
}

const until = (at: number | undefined) => at === undefined ? {} : { releasedUntil: iso(at) };
const iso = (at: number): string => new Date(at).toISOString();

function some(names: readonly string[]): string {
  const { named } = DECOMMISSION_LIMITS;
  return names.length <= named
    ? names.join(", ")
    : `${names.slice(0, named).join(", ")} and ${names.length - named} more`;
}

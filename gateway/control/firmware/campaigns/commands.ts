import type { Json } from "../../../core/control_api.ts";
import { formatTable } from "../../../core/format_table.ts";
import type { CommandArgs, CommandHandler, CommandResult } from "../../contract.ts";
import type { CampaignDesk } from "./desk.ts";
import type { GuidedDesk } from "./desk_guided.ts";
import type { PlanDesk } from "./desk_plan.ts";
import { dryRun } from "./forecast_text.ts";
import { stepOf } from "./other_ways.ts";
import type { CampaignParts } from "./parts.ts";
import { invalid, readMinutes } from "./plan_input.ts";
import type { CampaignRecord, PartProof } from "./record.ts";
import { campaignReport, countStates, reportCsv, reportData, reportText, sumUp } from "./report.ts";
import { lookAtSite } from "./site_view.ts";

/** Who does what persons want of campaigns. */
export interface Desks {
  readonly plans: PlanDesk;
  readonly desk: CampaignDesk;
  readonly guided: GuidedDesk;
}

/** The commands `firmware campaign ...`. */
export function campaignCommands(
  parts: CampaignParts,
  { plans, desk, guided }: Desks,
): Readonly<Record<string, CommandHandler>> {
  const id = (args: CommandArgs) => String(args["id"] ?? "");
  const because = (args: CommandArgs) => typeof args["because"] === "string" ? args["because"] : "";
  const said = async (
    record: Promise<CampaignRecord>,
    text: (record: CampaignRecord) => string,
  ): Promise<CommandResult> => {
    const made = await record;
    return { text: text(made), data: shortOf(parts, made) };
  };
  return {
    "firmware campaign new": (args, who) => said(plans.make(args, who), (made) => madeText(parts, made)),
    "firmware campaign list": () => Promise.resolve(listCampaigns(parts)),
    "firmware campaign plan": async (args) => {
      const record = plans.of(id(args)), site = await lookAtSite(parts);
      const minutes = args["takes"] === undefined ? undefined : readMinutes("--takes", String(args["takes"]));
      return dryRun(parts, record, parts.book.units(record.id), site, minutes);
    },
    "firmware campaign approve": (args, who) => said(plans.approve(id(args), who), approvedText),
    "firmware campaign start": (args, who) =>
      said(plans.start(id(args), who), (made) => `${made.id} runs: ring ${made.plan.rings[0]!.name} first.`),
    "firmware campaign pause": (args, who) =>
      said(
        desk.pause(id(args), who, because(args)),
        ({ id }) =>
          `${id} takes no new unit; those under way come to their end. Go on with \`firmware campaign resume ${id}\`.`,
      ),
    "firmware campaign resume": (args, who) =>
      said(desk.resume(id(args), who, args["retry-failed"] === true), ({ id }) => `${id} goes on.`),
    "firmware campaign abort": (args, who) =>
      said(
        desk.abort(id(args), who, because(args)),
        ({ id }) =>
          `${id} has ended. What only loaded is called off; an installation under way comes to its end: \`firmware campaign report ${id}\`.`,
      ),
    "firmware campaign release": (args, who) =>
      said(desk.release(id(args), who), ({ id }) => `${id}: the next ring begins.`),
    "firmware campaign done": async (args, who) => {
      const version = typeof args["version"] === "string" ? args["version"] : undefined;
      const { unit, proof } = await guided.done(id(args), String(args["station"] ?? ""), version, who);
      return { text: `Noted. ${DONE[proof]} Unit ${unit.id} goes on.`, data: { unit: unit.id, proof } };
    },
    "firmware campaign take": async (args, who) => {
      const station = String(args["station"] ?? ""), person = String(args["person"] ?? who);
      const unit = await guided.take(id(args), station, person, who);
      return { text: `${person} brings the image to ${station}.`, data: { unit: unit.id, station, person } };
    },
    "firmware campaign remove": async (args) => {
      await plans.remove(id(args));
      return { text: `${id(args)} is forgotten; its audit records stay.`, data: { removed: id(args) } };
    },
    "firmware campaign report": async (args) => {
      const record = plans.of(id(args));
      const report = campaignReport(
        record,
        parts.book.units(record.id),
        await lookAtSite(parts),
        (station) => stepOf(parts, station),
      );
      const format = args["format"] ?? "text";
      if (format === "csv") return { text: reportCsv(report).trimEnd(), data: { csv: reportCsv(report) } };
      if (format === "json") return { text: JSON.stringify(report, null, 2), data: reportData(report) };
      if (format === "text") return { text: reportText(report), data: reportData(report) };
      throw invalid(`--format "${String(format)}" is not known`, "Pass text, csv or json");
    },
  };
}

const DONE: Readonly<Record<PartProof, string>> = {
  read: "The driver of its page reads the version now.",
  reported: "Its next BootNotification is waited for: restart it if it has not done so.",
  word: "Nobody but a person can tell its version: your word stands, and is marked as one.",
};

function madeText(parts: CampaignParts, { id, name, state, needsApprovals, madeBy }: CampaignRecord): string {
  const units = parts.book.units(id).length;
  const next = state === "approved"
    ? `it needs no approval here (firmware.campaigns): \`firmware campaign start ${id}\``
    : `${needsApprovals === 1 ? "one person" : `${needsApprovals} persons`} other than ${madeBy} must approve it: ` +
      `\`firmware campaign approve ${id}\``;
  return `${id} ${name}: ${units} units planned, nothing is sent. See what it would do with \`firmware campaign plan ${id}\`; then ${next}.`;
}

function approvedText({ id, state, approvals, needsApprovals }: CampaignRecord): string {
  return state === "approved"
    ? `${id} is approved: \`firmware campaign start ${id}\`.`
    : `${approvals.length} of ${needsApprovals} approvals for ${id}.`;
}

function shortOf(
  parts: CampaignParts,
  { id, name, state, why = "", vendor, plan, sha256, madeAt, ring, holds = "" }: CampaignRecord,
): Json {
  return {
    ...{
      id,
      name,
      state,
      why,
      vendor,
      version: plan.version,
      image: sha256,
      holds,
      ring: plan.rings[ring]?.name ?? "",
    },
    madeAt: new Date(madeAt).toISOString(),
    counts: { ...countStates(parts.book.units(id)) },
  };
}

function listCampaigns(parts: CampaignParts): CommandResult {
  const all = parts.book.all();
  const data = { campaigns: all.map((record) => shortOf(parts, record)) };
  if (all.length === 0) return { text: "No campaign is planned: `firmware campaign new --image SHA256`.", data };
  const rows = all.map(({ id, name, state, why = "", vendor, plan }) => [
    ...[id, state, vendor, plan.version, sumUp(countStates(parts.book.units(id))), name, why],
  ]);
  return { text: formatTable(["campaign", "state", "vendor", "version", "units", "name", "why"], rows), data };
}

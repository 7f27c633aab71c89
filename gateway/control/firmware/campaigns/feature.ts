import { describeError } from "../../../core/errors.ts";
import type { ControlFeature } from "../../contract.ts";
import { CampaignBook } from "./book.ts";
import { campaignCommands } from "./commands.ts";
import { CampaignDesk } from "./desk.ts";
import { GuidedDesk } from "./desk_guided.ts";
import { PlanDesk } from "./desk_plan.ts";
import { CampaignEngine } from "./engine.ts";
import { controllerLines, countMarks, inventoryCommand } from "./inventory.ts";
import { CAMPAIGN_LIMITS } from "./limits.ts";
import type { CampaignParts } from "./parts.ts";
import { countStates } from "./report.ts";
import { sbomCommand } from "./sbom_command.ts";

/** What campaigns say to other parts of control. */
export interface CampaignsFeature extends ControlFeature {
  /** The campaign that has a station under way: a CSMS's own update of it waits or is rejected. */
  holds(station: string): { readonly campaign: string; readonly unit: string } | undefined;
  /** Campaigns that have not ended and use an image. */
  usesImage(sha256: string): readonly string[];
}

/** Campaigns as a feature of control: goes on with what an earlier run left. */
export async function createCampaignsFeature(given: Omit<CampaignParts, "book">): Promise<CampaignsFeature> {
  const parts: CampaignParts = { ...given, book: await CampaignBook.open(given.context.store) };
  const { context, vault, transfers, feed, facts, book } = parts;
  const engine = new CampaignEngine(parts), desk = new CampaignDesk(parts, engine);
  const plans = new PlanDesk(parts, engine, () => approvalRule(context.site));
  transfers.lockWith((station) => {
    const held = engine.holds(station);
    return held && `campaign ${held.campaign} updates it now`;
  });
  const ends = [
    feed.onStatus((status) => engine.heard(status)),
    // What an update ends with is the version that its station boots with: nobody waits for the next look.
    facts.onLearned((station, changed) => {
      if (changed.includes("firmwareVersion") && engine.holds(station)) engine.wake();
    }),
    vault.onWithdrawn((sha256, why) => {
      desk.withdrawn(sha256, why).catch((error) =>
        context.log.error("firmware.campaign.unended", { image: sha256, msg: describeError(error) })
      );
    }),
    context.timers.every(CAMPAIGN_LIMITS.lookMs, () => {
      engine.wake();
      measureUnits(parts);
    }),
    context.timers.every(CAMPAIGN_LIMITS.marksMs, () => measureMarks(parts)),
  ];
  return {
    name: "firmware-campaigns",
    commands: {
      ...campaignCommands(parts, { plans, desk, guided: new GuidedDesk(parts, engine) }),
      "firmware inventory": (args) => Promise.resolve(inventoryCommand(parts, args)),
      "firmware sbom": (args) => sbomCommand(vault, args),
    },
    holds: (station) => engine.holds(station),
    usesImage: (sha256) =>
      book.all().filter((one) => one.sha256 === sha256 && one.endedAt === undefined).map(({ id }) => id),
    stop: () => {
      engine.stop();
      for (const end of ends) end();
      return Promise.resolve();
    },
  };
}

function approvalRule({ firmware }: CampaignParts["context"]["site"]) {
  const { approvals = 1, approvers } = firmware?.campaigns ?? {};
  return { needs: approvals === "one-person-decides" ? 0 : approvals, ...approvers ? { approvers } : {} };
}

function measureUnits({ context: { metrics }, book }: CampaignParts): void {
  const open = book.all().filter(({ endedAt }) => endedAt === undefined);
  const counts = countStates(open.flatMap(({ id }) => book.units(id)));
  for (const [state, count] of Object.entries(counts)) metrics.set("bulkhead_firmware_units", count, { state });
}

function measureMarks(parts: CampaignParts): void {
  for (const [mark, count] of Object.entries(countMarks(controllerLines(parts)))) {
    parts.context.metrics.set("bulkhead_firmware_controllers", count, { mark });
  }
}

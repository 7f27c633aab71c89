import { GUIDED_STEPS } from "../../../../profiles/controllers/guided_steps.ts";
import type { GuidedStep } from "../../../core/device_operations_api.ts";
import type { CampaignParts } from "./parts.ts";
import type { CampaignRecord } from "./record.ts";
import type { Told } from "./tell.ts";

type Needs = Pick<CampaignParts, "book" | "context" | "pages" | "stations" | "vault">;

/** Who is to bring the image to a part: whoever took it on, else whoever planned the campaign. */
export function campaignPerson({ book }: Needs, { id, madeBy }: CampaignRecord, station: string): string {
  const parts = book.units(id).flatMap((unit) => unit.parts);
  return parts.find((part) => part.station === station)?.person ?? madeBy;
}

/** What a person does to bring the image to a station whose page, if it has one, no driver can use for it. */
export function stepOf({ pages }: Pick<Needs, "pages">, station: string): GuidedStep {
  return pages?.step(station) ?? GUIDED_STEPS.firmware;
}

/** Asks a person to bring the image to a part. */
export async function askPerson(parts: Needs, campaign: CampaignRecord, station: string): Promise<Told> {
  const who = campaignPerson(parts, campaign, station);
  await raise(parts, campaign, station, `${who}: bring ${fileOf(parts, campaign)} to ${station}`);
  return { is: "accepted", note: `${who} is to do it` };
}

/**
 * Brings the image to a part by the page of its controller. A part that speaks OCPP reports its version when it boots;
 * another one is asked by its driver; where that knows no way either, nobody but a person can say so.
 */
export async function pushByPage(parts: Needs, campaign: CampaignRecord, station: string): Promise<Told> {
  const { pages, stations } = parts;
  if (!pages) return { is: "refused", why: "no driver of its page can upload" };
  const outcome = await pages.upload(station, campaign.sha256, `campaign:${campaign.id}`);
  if (!outcome.ok) return { is: "refused", why: outcome.why, ...outcome.isFinal ? { isFinal: true } : {} };
  const note = "its page took the image";
  if (stations.get(station)?.ocpp || pages.canReadVersion(station)) return { is: "accepted", note };
  const what = `${campaignPerson(parts, campaign, station)}: the page of ${station} took ${
    fileOf(parts, campaign)
  }; see that it has ${campaign.plan.version}`;
  await raise(parts, campaign, station, what);
  return { is: "accepted", note: `${note}; a person is to look at its version`, byPerson: true };
}

function raise({ context }: Needs, { id }: CampaignRecord, station: string, what: string): Promise<unknown> {
  const detail = `${what}, then \`firmware campaign done ${id} ${station}\``;
  return context.alarms.raise({ kind: "firmware.campaign.part-waits", subject: station, detail });
}

function fileOf({ vault }: Needs, { sha256 }: CampaignRecord): string {
  return `${vault.image(sha256)?.fileName ?? "the image"} (SHA-256 ${sha256.slice(0, 16)})`;
}

import type { CampaignParts } from "./parts.ts";
import type { CampaignRecord } from "./record.ts";
import type { Told } from "./tell.ts";

type Needs = Pick<CampaignParts, "context" | "pages" | "stations" | "vault">;

/** Asks a person to bring the image to a part. */
export async function askPerson(parts: Needs, campaign: CampaignRecord, station: string): Promise<Told> {
  await raise(parts, campaign, station, `bring ${fileOf(parts, campaign)} to ${station}`);
  return { is: "accepted", note: "a person is to do it" };
}

/**
 * Brings the image to a part by the page of its controller. A part that speaks OCPP reports its version when it boots;
 * for one that does not, nobody but a person can say so.
 */
export async function pushByPage(parts: Needs, campaign: CampaignRecord, station: string): Promise<Told> {
  const { pages, stations } = parts;
  if (!pages) return { is: "refused", why: "no driver of its page can upload" };
  const outcome = await pages.upload(station, campaign.sha256, `campaign:${campaign.id}`);
  if (!outcome.ok) return { is: "refused", why: outcome.why, ...outcome.isFinal ? { isFinal: true } : {} };
  const note = "its page took the image";
  if (stations.get(station)?.ocpp) return { is: "accepted", note };
  const what = `the page of ${station} took ${fileOf(parts, campaign)}; see that it has ${campaign.plan.version}`;
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

import type { PartTask } from "../../../../policies/campaign_parts.ts";
import { readUpdateAnswer } from "../../../../policies/firmware_status.ts";
import type { StationCallAnswer } from "../../../core/control_api.ts";
import { describeError, GatewayError } from "../../../core/errors.ts";
import { callStation } from "../../../inventory/station_calls.ts";
import { CAMPAIGN_LIMITS } from "./limits.ts";
import { type Ask, updateRequests, type Version } from "./messages.ts";
import type { CampaignParts } from "./parts.ts";
import type { CampaignRecord } from "./record.ts";

/** One part that is to be told, when that is stored. */
export interface Telling {
  readonly campaign: CampaignRecord;
  readonly station: string;
  readonly protocol: Version;
  readonly requestId: number;
  readonly purpose: PartTask["purpose"];
}

/** What became of telling a station. */
export type Told =
  /** It will do it; `note`: what is odd about it; `byPerson`: only a person can say when it has the version. */
  | { readonly is: "accepted"; readonly note?: string; readonly byPerson?: true }
  /** It cannot wait with the installation, so it loads when it installs. */
  | { readonly is: "loads-later" }
  /** Nobody knows whether it heard it. */
  | { readonly is: "unknown"; readonly why: string }
  /** Nothing was sent: it is told at another look. */
  | { readonly is: "unsent"; readonly why: string }
  /** `knowsNone`: it has no way to be updated by OCPP. */
  | { readonly is: "refused"; readonly why: string; readonly isFinal?: true; readonly knowsNone?: true };

/**
 * Tells a station to load and install an image: a permission to fetch it first, `granted` stores it, then the request.
 * Never repeated here: what became of an unanswered one shows in what the station says next.
 */
export async function tellStation(
  parts: CampaignParts,
  { campaign, station, protocol, requestId, purpose }: Telling,
  granted: (grantId: string) => Promise<void>,
): Promise<Told> {
  const image = parts.vault.image(campaign.sha256);
  if (image?.state !== "verified") return { is: "refused", why: "the image is not verified any more", isFinal: true };
  try {
    const who = `campaign:${campaign.id}`;
    const grant = await parts.transfers.grant({
      ...{ stationId: station, sha256: campaign.sha256, who, retries: CAMPAIGN_LIMITS.retries },
    });
    await granted(grant.id);
    const now = parts.context.clock.now();
    const { retries, retrySeconds, preloadMs } = CAMPAIGN_LIMITS;
    const requests = updateRequests(protocol, {
      ...{ url: grant.url, requestId, now, retries, retrySeconds },
      installAt: purpose === "preload" ? now + preloadMs : now,
      ...image.signature ? { signature: image.signature } : {},
    });
    return await askInTurn(parts, station, requests, purpose);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    // A message that breaks the schema of the station's version is ours to mend: no further try would.
    const isFinal = error.code === "STATION_CALL_INVALID";
    return { is: "refused", why: error.message.slice(0, CAMPAIGN_LIMITS.whyChars), ...isFinal ? { isFinal } : {} };
  }
}

/** The best request first; the next only when the station does not know that one. */
async function askInTurn(
  parts: CampaignParts,
  station: string,
  requests: readonly Ask[],
  purpose: PartTask["purpose"],
): Promise<Told> {
  let why = "it knows no way to be updated";
  for (const [at, ask] of requests.entries()) {
    // Plain 1.6 has no word for "install later".
    if (at > 0 && purpose === "preload") return { is: "loads-later" };
    const answer = await callStation(parts, { stationId: station, ...ask, timeoutMs: CAMPAIGN_LIMITS.callMs });
    if ("noAnswer" in answer) return silent(answer.noAnswer);
    const read = readUpdateAnswer(answer);
    if (read.is === "refused") return read;
    if (read.is === "accepted") {
      const note = at > 0 ? "it does not check signatures itself" : read.note;
      return { is: "accepted", ...note === undefined ? {} : { note } };
    }
    why = read.why;
  }
  return { is: "refused", why, isFinal: true, knowsNone: true };
}

type NoAnswer = Extract<StationCallAnswer, { readonly noAnswer: string }>["noAnswer"];

function silent(noAnswer: NoAnswer): Told {
  switch (noAnswer) {
    case "away":
      return { is: "unsent", why: "it is not connected" };
    case "busy":
      return { is: "unsent", why: "messages of its CSMS went first" };
    case "ended":
      return { is: "unknown", why: "its connection ended before it answered" };
    case "timeout":
      return { is: "unknown", why: "it did not answer" };
  }
}

/** Asks a station something whose answer does not matter: what it says next does. */
export async function nudge(parts: CampaignParts, stationId: string, ask: Ask): Promise<void> {
  try {
    await callStation(parts, { stationId, ...ask, timeoutMs: CAMPAIGN_LIMITS.callMs });
  } catch (error) {
    parts.context.log.debug("firmware.station.unasked", { station: stationId, msg: describeError(error) });
  }
}

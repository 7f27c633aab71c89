import type { ImageVault } from "../../core/firmware_api.ts";
import type { StationParts } from "../../inventory/station_commands.ts";
import type { TransactionBook } from "../../inventory/migration/transaction_book.ts";
import { GatewayError } from "../../core/errors.ts";
import type { ControlContext, ControlFeature } from "../contract.ts";
import { createCampaignsFeature } from "./campaigns/feature.ts";
import type { CampaignParts } from "./campaigns/parts.ts";
import { createImageFeature } from "./images/feature.ts";
import { createStationFeedFeature, StationFeed } from "./station_feed.ts";

/** What firmware needs of the rest of control. */
export interface FirmwareNeeds {
  readonly inventory: Pick<StationParts, "facts" | "live" | "stations">;
  readonly transactions: Pick<TransactionBook, "whyBusy">;
  /** Minutes of the week in the site's time zone. */
  readonly minuteOfWeek: (wallMs: number) => number;
}

/** All features about firmware: images, transfers and campaigns, in the order in which they start. */
export async function createFirmwareFeatures(
  context: ControlContext,
  { inventory: { facts, live, stations }, transactions, minuteOfWeek }: FirmwareNeeds,
): Promise<{ readonly all: readonly ControlFeature[]; readonly vault: ImageVault }> {
  const feed = new StationFeed();
  const images = await createImageFeature(context);
  const campaigns = await createCampaignsFeature({
    ...{ context, facts, live, stations, transactions, minuteOfWeek, feed, pages: undefined },
    ...{ vault: images.vault, transfers: NO_TRANSFERS },
  });
  return { all: [createStationFeedFeature(feed), images, campaigns], vault: images.vault };
}

/** Until images are served: campaigns can be planned and played through, a station that is to be told cannot be. */
const NO_TRANSFERS: CampaignParts["transfers"] = {
  busyWith: () => undefined,
  lockWith: () => {},
  closeGrant: () => Promise.resolve(),
  grant: () =>
    Promise.reject(
      new GatewayError("FIRMWARE_CAMPAIGN_INVALID", "No listener of this gateway serves images to stations", {
        hint: "Its version may be older than this command line",
      }),
    ),
};

import type { ImageVault } from "../../core/firmware_api.ts";
import type { StationParts } from "../../inventory/station_commands.ts";
import type { TransactionBook } from "../../inventory/migration/transaction_book.ts";
import type { ControlContext, ControlFeature } from "../contract.ts";
import { createCampaignsFeature } from "./campaigns/feature.ts";
import type { ControllerPages } from "./campaigns/parts.ts";
import { createImageFeature } from "./images/feature.ts";
import { createLogFeature } from "./logs/feature.ts";
import { createStationFeedFeature, StationFeed } from "./station_feed.ts";
import { createTransferFeature } from "./transfers/feature.ts";

/** What firmware needs of the rest of control. */
export interface FirmwareNeeds {
  readonly inventory: Pick<StationParts, "facts" | "live" | "stations">;
  readonly transactions: Pick<TransactionBook, "whyBusy">;
  /** Minutes of the week in the site's time zone. */
  readonly minuteOfWeek: (wallMs: number) => number;
  /** Pages of controllers, as far as their drivers can. */
  readonly pages: ControllerPages;
}

/** What firmware offers to the rest of control. */
export interface FirmwareFeatures {
  readonly all: readonly ControlFeature[];
  readonly vault: ImageVault;
  /** What updates a station now; undefined: nothing does. */
  busyWith(station: string): string | undefined;
}

/** All features about firmware: images, transfers and campaigns, in the order in which they start. */
export async function createFirmwareFeatures(
  context: ControlContext,
  { inventory: { facts, live, stations }, transactions, minuteOfWeek, pages }: FirmwareNeeds,
): Promise<FirmwareFeatures> {
  const feed = new StationFeed();
  const images = await createImageFeature(context);
  const transfers = await createTransferFeature({
    ...{ context, facts, live, stations, feed, transactions, minuteOfWeek },
    vault: images.vault,
  });
  const campaigns = await createCampaignsFeature({
    ...{ context, facts, live, stations, transactions, minuteOfWeek, feed, pages },
    ...{ vault: images.vault, transfers: transfers.transfers },
  });
  const busyWith = (station: string) => {
    const held = campaigns.holds(station);
    return held ? `campaign ${held.campaign} updates it now` : transfers.transfers.busyWith(station);
  };
  const logs = await createLogFeature({
    ...{ context, facts, live, stations, transactions, minuteOfWeek, busyWith },
    uploads: transfers.uploads,
  });
  return { all: [createStationFeedFeature(feed), images, transfers, campaigns, logs], vault: images.vault, busyWith };
}

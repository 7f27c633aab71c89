import type { ControlContext, ControlFeature } from "../contract.ts";
import { createImageFeature } from "./images/feature.ts";
import { createStationFeedFeature, StationFeed } from "./station_feed.ts";

/** All features about firmware: images, transfers and campaigns, in the order in which they start. */
export async function createFirmwareFeatures(context: ControlContext): Promise<readonly ControlFeature[]> {
  const feed = new StationFeed();
  const images = await createImageFeature(context);
  return [createStationFeedFeature(feed), images];
}

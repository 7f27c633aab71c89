import type { ControlFeature } from "../contract.ts";
import { createStationFeedFeature, StationFeed } from "./station_feed.ts";

/** All features about firmware: images, transfers and campaigns, in the order in which they start. */
export function createFirmwareFeatures(): readonly ControlFeature[] {
  const feed = new StationFeed();
  return [createStationFeedFeature(feed)];
}

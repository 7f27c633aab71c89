import type { StationFirmwareStatus } from "../../core/firmware_status_api.ts";
import type { ControlFeature } from "../contract.ts";

/** Follows updates; resolves when what it wants to keep is stored. */
export type StatusListener = (status: StationFirmwareStatus) => Promise<void>;

/** Statuses of updates that stations tell, for everybody who follows one. */
export class StationFeed {
  readonly #listeners = new Set<StatusListener>();

  /** @returns ends it */
  onStatus(listener: StatusListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Tells all; rejects when one could not store it, so that the Worker tells it again. */
  async told(status: StationFirmwareStatus): Promise<void> {
    const outcomes = await Promise.allSettled([...this.#listeners].map((listener) => listener(status)));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed) throw failed.reason;
  }
}

/** The feed as a feature of control: what OCPP Workers tell. */
export function createStationFeedFeature(feed: StationFeed): ControlFeature {
  return { name: "firmware-status", handlers: { "firmware.status": (status) => feed.told(status) } };
}

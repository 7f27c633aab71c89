import { deepEqual, equal, rejects } from "node:assert/strict";
import type { StationFirmwareStatus } from "../../core/firmware_status_api.ts";
import { createStationFeedFeature, StationFeed } from "./station_feed.ts";

const STATUS: StationFirmwareStatus = { stationId: "CP001", status: "Downloading", requestId: 7, at: 1 };

Deno.test("firmware status: everybody who follows updates is told, and nobody who has stopped", async () => {
  const feed = new StationFeed(), heard: string[] = [];
  const listen = (name: string) =>
    feed.onStatus(({ status }) => {
      heard.push(`${name} ${status}`);
      return Promise.resolve();
    });
  const stop = listen("a");
  listen("b");
  const { handlers } = createStationFeedFeature(feed);
  await handlers!["firmware.status"]!(STATUS);
  stop();
  await handlers!["firmware.status"]!({ ...STATUS, status: "Downloaded" });
  deepEqual(heard, ["a Downloading", "b Downloading", "b Downloaded"]);
});

Deno.test("firmware status: one that could not store it makes the Worker tell it again; the others heard it", async () => {
  const feed = new StationFeed();
  let heard = 0;
  feed.onStatus(() => Promise.reject(new Error("disk full")));
  feed.onStatus(() => Promise.resolve(void heard++));
  await rejects(() => feed.told(STATUS), /disk full/);
  equal(heard, 1);
  await new StationFeed().told(STATUS); // nobody follows: no fault
});

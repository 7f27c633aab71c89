import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { HardwareError } from "../core/errors.ts";
import type { SegmentationFeature } from "./feature.ts";
import { segmentationBox, segmentationRig, SITE } from "./testing/segmentation_rig.ts";

const WAY = { stationId: "CP001", address: "10.20.0.11", port: 22, by: "anna", reason: "read the logs" };

/** A box with rules in force, unless it is said otherwise. */
async function opened(site: object = SITE, isApplied = true) {
  const box = await segmentationBox();
  const rig = await segmentationRig(box, site);
  if (isApplied) {
    await rig.command("apply");
    await rig.command("confirm");
  }
  return {
    ...box,
    rig,
    door: (rig.feature as SegmentationFeature).door,
    until: (minutes: number) => box.time.now() + minutes * 60_000,
    async [Symbol.asyncDispose]() {
      await rig.feature.stop!();
      await box.store.close();
    },
  };
}

Deno.test("maintenance door: the box's own address of that network may go to that port of that station, for that time", async () => {
  await using box = await opened();
  await box.door.open({ ...WAY, until: box.until(10) });
  equal(box.firewall.openings, [{ source: "10.20.0.1", station: "10.20.0.11", port: 22, seconds: 600 }]);
  await box.door.open({ ...WAY, stationId: "X", address: "192.168.124.20", until: box.until(1) });
  equal(box.firewall.openings.at(-1)?.source, "192.168.124.1", "a station of the second network");
});

Deno.test("maintenance door: a second way to the same place lengthens the opening and never shortens it", async () => {
  await using box = await opened();
  const left: number[] = [];
  for (const minutes of [10, 5, 20]) {
    await box.door.open({ ...WAY, until: box.until(minutes) });
    left.push(...box.firewall.openings.map(({ seconds }) => seconds));
  }
  equal(left, [600, 600, 1_200]);
});

Deno.test("maintenance door: closed, it is closed in the kernel; what people opened for themselves stays", async () => {
  await using box = await opened();
  await box.rig.command("open", { station: "CP001", port: "22", from: "10.99.0.9", minutes: "30", reason: "ticket" });
  await box.door.open({ ...WAY, until: box.until(10) });
  equal(box.firewall.openings.length, 2);
  await box.door.close(WAY);
  await box.door.close(WAY);
  equal(box.firewall.openings.map(({ source }) => source), ["10.99.0.9"]);
  equal((await box.rig.command("close", { station: "CP001" })).text.includes("10.99.0.9"), true);
});

const NOTHING: readonly (readonly [string, Partial<typeof WAY>, object, boolean])[] = [
  ["a port that is no maintenance port: its flow lets it pass", { port: 8_022 }, SITE, true],
  ["an address of no zone with stations", { address: "10.99.0.9" }, SITE, true],
  ["a site without segmentation", {}, { ...SITE, segmentation: undefined }, false],
  ["a box on which no rules were ever applied", {}, SITE, false],
];
for (const [name, change, site, isApplied] of NOTHING) {
  Deno.test(`maintenance door: nothing is opened for ${name}`, async () => {
    await using box = await opened(site, isApplied);
    await box.door.open({ ...WAY, ...change, until: box.until(10) });
    await box.door.close({ ...WAY, ...change });
    equal(box.firewall.openings, []);
  });
}

Deno.test("maintenance door: what the kernel does not take is told, and nothing is remembered as open", async () => {
  await using box = await opened();
  box.firewall.open = () => Promise.reject(new HardwareError("HAL_TOOL_FAILED", "no table"));
  await rejects(box.door.open({ ...WAY, until: box.until(10) }), /no table/);
  await rejects(box.door.open({ ...WAY, until: box.until(5) }), /no table/, "it is tried again");
});

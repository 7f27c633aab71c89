import { deepEqual, equal, rejects } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { nullLogger } from "../core/log.ts";
import type { DiskState } from "../store/disk.ts";
import type { ControlContext } from "./contract.ts";
import { createDiskFeature, DISK_LOOK_MS, levelOf } from "./disk_feature.ts";
import { dispatchCommand } from "./dispatch.ts";
import { StorageError } from "../core/errors.ts";

const TOTAL = 1_000_000;
const disk = (usedPercent: number, level: DiskState["level"] = "ok"): DiskState => ({
  level,
  freeBytes: Math.round(TOTAL - TOTAL * usedPercent / 100),
  totalBytes: TOTAL,
  freeFilesRatio: 1,
});
const LIMITS = { diskWarnPercent: 80, diskFullPercent: 95 };

const LEVELS: readonly { state: DiskState; level: string }[] = [
  { state: disk(79.9), level: "ok" },
  { state: disk(80), level: "warn" },
  { state: disk(94.9), level: "warn" },
  { state: disk(95), level: "full" },
  { state: disk(10, "warn"), level: "warn" },
  { state: disk(10, "full"), level: "full" },
  { state: { ...disk(0), freeBytes: 0, totalBytes: 0 }, level: "ok" },
];
for (const { state, level } of LEVELS) {
  Deno.test(`disk: ${100 - 100 * state.freeBytes / (state.totalBytes || 1)} % used, itself ${state.level}, is ${level}`, () => {
    equal(levelOf(state, LIMITS), level);
  });
}

Deno.test("disk: each change of level is told once, the full disk is audited when it begins and ends", async () => {
  const time = new ManualTime();
  const told: string[] = [];
  const tell = (what: string) => Promise.resolve(void told.push(what));
  let state = disk(10);
  const context = {
    box: { dataDir: "/data" },
    site: { audit: LIMITS },
    timers: time,
    log: nullLogger,
    disk: { level: "ok" },
    audit: { record: ({ event }: { event: string }) => tell(event) },
    alarms: {
      raise: ({ kind }: { kind: string }) => tell(`raise ${kind}`),
      clear: (kind: string) => tell(`clear ${kind}`),
    },
  } as unknown as ControlContext;
  const feature = createDiskFeature(context, () => state);
  const turn = async (next: DiskState) => {
    state = next;
    time.advance(DISK_LOOK_MS);
    for (let i = 0; i < 10; i++) await Promise.resolve();
    return told.splice(0);
  };
  deepEqual(await turn(disk(85)), ["clear disk.full", "raise disk.nearly-full"]);
  deepEqual(await turn(disk(86)), []);
  deepEqual(await turn(disk(97)), ["raise disk.full", "raise disk.nearly-full", "gateway.disk.full"]);
  equal(feature.health!().state, "degraded");
  deepEqual(await turn(disk(50)), ["clear disk.full", "clear disk.nearly-full", "gateway.disk.freed"]);
  equal(feature.health!().state, "ok");
  await feature.stop!();
  equal(time.armed, 0);
});

Deno.test("disk: while it is full, commands that change something are refused and reading ones are answered", async () => {
  const run = () => Promise.resolve({ text: "ran", data: null });
  const features = [{ name: "x", commands: { "station adopt": run, "status": run } }];
  const audit = { record: () => Promise.reject(new StorageError("STORE_FULL", "no room")) };
  const full = { features, audit, disk: { level: "full" as const } };
  await rejects(dispatchCommand(full, "station adopt", {}, "eva"), {
    code: "CTL_REFUSED",
    message: /data disk is full/,
  });
  equal((await dispatchCommand(full, "status", {}, "eva")).text, "ran");
});

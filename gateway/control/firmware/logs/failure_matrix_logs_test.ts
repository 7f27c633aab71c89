import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { StorageError } from "../../../core/errors.ts";
import { LogRig } from "./testing/log_rig.ts";

const HOUR = 3_600_000;

/** A station that brings its log, and one whose turn comes after it. */
async function bringing(): Promise<LogRig> {
  const own = await LogRig.up();
  own.rig.connect("CP001");
  await own.tick();
  own.rig.connect("CP003");
  return own;
}

Deno.test("failure matrix: security logs without control", async (t) => {
  await using own = await bringing();
  await own.restart();
  const parts = [
    "failure matrix: security logs: control / a station that was asked: open: its request is stored, and it is not asked twice",
    "failure matrix: security logs: control / stations that are due: they wait",
    "failure matrix: security logs: control / back in service: by itself within seconds: what came counts, and the next one is asked",
  ] as const;
  await t.step(parts[1], () => deepEqual(own.asked(), ["CP001"]));
  await t.step(parts[0], async () => {
    await own.tick();
    deepEqual([own.asked(), own.row("CP001").state], [["CP001"], "asked"]);
  });
  await t.step(parts[2], async () => {
    await own.brings("CP001");
    deepEqual([own.row("CP001").state, own.asked()], ["fresh", ["CP001", "CP003"]]);
  });
});

Deno.test("failure matrix: security logs without the disk", async (t) => {
  await using own = await bringing();
  own.diskFault = new StorageError("STORE_FULL", "no room");
  const parts = [
    "failure matrix: security logs: the disk / a station that was asked: open: what it brought is here, and noted later",
    "failure matrix: security logs: the disk / stations that are due: closed: nobody is asked what could not be stored",
    "failure matrix: security logs: the disk / back in service: by itself with the first record that fits",
  ] as const;
  await t.step(parts[0], async () => {
    await rejects(own.brings("CP001"), { code: "STORE_FULL" });
    deepEqual([own.row("CP001").state, own.uploads()[0]!.state], ["asked", "kept"]);
  });
  await t.step(parts[1], async () => {
    own.diskFault = undefined;
    await own.tick(); // CP001 is noted, and CP003 asked
    await own.brings("CP003");
    own.rig.connect("CP004");
    own.diskFault = new StorageError("STORE_FULL", "no room");
    await rejects(own.tick(), { code: "STORE_FULL" });
    deepEqual(own.asked(), ["CP001", "CP003"]);
  });
  await t.step(parts[2], async () => {
    own.diskFault = undefined;
    await own.tick();
    deepEqual([own.asked(), own.row("CP004").state], [["CP001", "CP003", "CP004"], "asked"]);
  });
});

Deno.test("failure matrix: security logs without the station", async (t) => {
  await using own = await bringing();
  own.rig.live.remove("s-CP001");
  const parts = [
    "failure matrix: security logs: a station / a station that was asked: its half hour runs out, and it is tried again with pauses that double",
    "failure matrix: security logs: a station / stations that are due: they wait for that half hour, those that are away for their connection",
    "failure matrix: security logs: a station / back in service: by itself: it is asked; an alarm when missingPeriods are over",
  ] as const;
  await t.step(parts[1], async () => {
    await own.tick();
    deepEqual([own.asked(), own.row("CP003").state, own.row("CP004").why], [["CP001"], "due", "it is not connected"]);
  });
  await t.step(parts[0], async () => {
    await own.pass(HOUR / 2);
    deepEqual([own.row("CP001").state, own.asked()], ["waiting", ["CP001", "CP003"]]);
    equal(own.row("CP001").dueAt - own.rig.rig.time.now(), HOUR / 2);
  });
  await t.step(parts[2], async () => {
    await own.brings("CP003");
    own.rig.connect("CP001");
    await own.pass(HOUR / 2);
    deepEqual(own.asked(), ["CP001", "CP003", "CP001"]);
    await own.pass(16 * 24 * HOUR);
    ok([...own.alarms].some((one) => one.startsWith("transfer.log.missing CP001")));
  });
});

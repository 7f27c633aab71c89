import { deepEqual, equal, rejects } from "node:assert/strict";
import { StorageError } from "../../core/errors.ts";
import type { Store } from "../../store/store.ts";
import { FleetRig } from "../testing/fleet_rig.ts";

/** A store whose disk is full while `isFull`. */
function filling(store: Store): Store & { isFull: boolean } {
  const own = {
    isFull: false,
    get: store.get.bind(store),
    list: store.list.bind(store),
    commit: (...args: Parameters<Store["commit"]>) =>
      own.isFull ? Promise.reject(new StorageError("STORE_FULL", "no room")) : store.commit(...args),
    snapshot: store.snapshot.bind(store),
    close: () => Promise.resolve(),
  };
  return own;
}

async function withFilling(test: (fleet: FleetRig, disk: { isFull: boolean }) => Promise<void>): Promise<void> {
  const fleet = await FleetRig.open(3), disk = filling(fleet.store);
  try {
    await fleet.restart(disk);
    await test(fleet, disk);
  } finally {
    disk.isFull = false;
    await fleet.close();
  }
}

Deno.test("failure matrix: settings without the disk", (t) =>
  withFilling(async (fleet, disk) => {
    const parts = [
      "failure matrix: settings: the disk / a rollout or fix under way: closed: nothing is written that is not stored before",
      "failure matrix: settings: the disk / what people do: closed: nothing is answered that is not stored",
      "failure matrix: settings: the disk / back in service: by itself: the next look goes on with what was approved",
    ] as const;
    await fleet.command("posture rollout ask", { profile: "lab" });
    disk.isFull = true;
    const approve = () => fleet.command("posture rollout approve", { rollout: "R1" }, "otto");
    await t.step(parts[1], () => rejects(approve, { code: "STORE_FULL" }));
    disk.isFull = false;
    for (const station of fleet.stations.values()) station.isBusy = true;
    await approve();
    await fleet.look();
    disk.isFull = true;
    for (const station of fleet.stations.values()) station.isBusy = false;
    await fleet.look();
    await t.step(parts[0], () => deepEqual(fleet.written, []));
    disk.isFull = false;
    await fleet.look();
    await t.step(parts[2], async () => equal((await fleet.rollout()).state, "done"));
  }));

Deno.test("failure matrix: settings without control", (t) =>
  withFilling(async (fleet, disk) => {
    const parts = [
      "failure matrix: settings: control / a rollout or fix under way: open: a write may be made a second time, of the same value",
      "failure matrix: settings: control / what people do: closed for the moment: what was answered stays",
      "failure matrix: settings: control / back in service: by itself within seconds: each goes on where it was",
    ] as const;
    // control is gone right after the first station took its value, before that was stored
    fleet.stations.get("CP1")!.onWrite = () => disk.isFull = true;
    await fleet.approved();
    await fleet.look();
    deepEqual(fleet.written, ["CP1 Log=INFO"]);
    fleet.stations.get("CP1")!.onWrite = () => {};
    disk.isFull = false;
    await fleet.restart();
    await t.step(parts[1], async () => equal((await fleet.rollout()).approvedBy, "otto"));
    await fleet.look();
    await t.step(parts[0], () => {
      const own = fleet.written.filter((one) => one.startsWith("CP1 "));
      deepEqual([new Set(own).size, own.length <= 2], [1, true]);
    });
    await t.step(parts[2], async () => equal((await fleet.rollout()).state, "done"));
  }));

Deno.test("failure matrix: settings without the station", (t) =>
  withFilling(async (fleet) => {
    const parts = [
      "failure matrix: settings: the station / a rollout or fix under way: open: the others go first, it has its turn later",
      "failure matrix: settings: the station / what people do: open: they see why it waits",
      "failure matrix: settings: the station / back in service: by itself: it is read anew, then written",
    ] as const;
    fleet.stations.get("CP1")!.isAway = true;
    await fleet.command("posture golden fix", { station: "CP1" });
    await fleet.command("posture golden approve", { fix: "F1" }, "otto");
    await fleet.approved({ stations: "CP2,CP3" });
    await fleet.look();
    await t.step(parts[0], () => deepEqual(fleet.written, ["CP2 Log=INFO", "CP3 Log=INFO"]));
    await t.step(parts[1], async () => equal((await fleet.fixes())[0]!.why, "it is not connected"));
    fleet.stations.get("CP1")!.isAway = false;
    await fleet.look();
    await t.step(parts[2], () => equal(fleet.stations.get("CP1")!.keys["Log"], "INFO"));
  }));

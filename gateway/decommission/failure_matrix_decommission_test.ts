import { deepEqual, equal, match, ok } from "node:assert/strict";
import { StorageError } from "../core/errors.ts";
import { DecommissionRig } from "./testing/decommission_rig.ts";

const other = async (rig: DecommissionRig) => ok(await rig.store.get(["stationFacts", "CP002"]));
const certificates = async (rig: DecommissionRig) =>
  ((await rig.run("decommission list")).data as { readonly over: readonly unknown[] }).over.length;

async function planted(): Promise<DecommissionRig> {
  const rig = await DecommissionRig.up();
  for (const id of ["CP001", "CP002"]) await rig.store.commit([{ set: ["stationFacts", id], value: { vendor: "x" } }]);
  return rig;
}

Deno.test("failure matrix: decommissioning without control", async (t) => {
  await using rig = await planted();
  await rig.upTo("configuration");
  await rig.start(); // without a stop before it, as after kill -9
  const parts = [
    "failure matrix: decommissioning: control / a station that is leaving: it stops where it is: each step is stored before it is made",
    "failure matrix: decommissioning: control / other stations: open: nothing of them is touched",
    "failure matrix: decommissioning: control / back in service: by itself: the next start goes on, and erases before anything is read",
  ] as const;
  await t.step(parts[0], async () => match(await rig.next(), /^configuration/));
  await t.step(parts[1], async () => await other(rig));
  rig.leaveSite();
  await rig.tick();
  await rig.start();
  await t.step(parts[2], async () => {
    equal(await rig.store.get(["stationFacts", "CP001"]), undefined, "gone before any feature has read it");
    await rig.tick();
    equal(await certificates(rig), 1);
  });
});

Deno.test("failure matrix: decommissioning without the disk", async (t) => {
  await using rig = await planted();
  await rig.upTo("configuration");
  rig.leaveSite();
  const { commit } = rig.store;
  rig.store.commit = () => Promise.reject(new StorageError("STORE_FULL", "no room"));
  await rig.tick();
  const parts = [
    "failure matrix: decommissioning: the disk / a station that is leaving: closed: nothing is ended or erased that could not be stored, and nothing is certified",
    "failure matrix: decommissioning: the disk / other stations: open: nothing of them is touched",
    "failure matrix: decommissioning: the disk / back in service: by itself at the next turn: the step is made again",
  ] as const;
  await t.step(parts[0], async () => {
    deepEqual([rig.ended, rig.renewals, await certificates(rig)], [[], [], 0]);
    ok(await rig.store.get(["stationFacts", "CP001"]));
  });
  await t.step(parts[1], async () => await other(rig));
  rig.store.commit = commit.bind(rig.store);
  await rig.tick();
  await rig.renewed();
  await t.step(parts[2], async () => equal(await certificates(rig), 1));
});

Deno.test("failure matrix: decommissioning without the station", async (t) => {
  await using rig = await planted();
  await rig.upTo("clear");
  const parts = [
    "failure matrix: decommissioning: the station / a station that is leaving: it waits, and a person may pass over what cannot be cleared, with a reason that stands in the certificate",
    "failure matrix: decommissioning: the station / other stations: open: nothing of them is touched",
    "failure matrix: decommissioning: the station / back in service: by itself: what it has not answered is asked again",
  ] as const;
  await t.step(parts[0], async () => match(await rig.next(), /^clear: it is not connected/));
  await t.step(parts[1], async () => await other(rig));
  rig.protocol = "ocpp1.6";
  await rig.tick();
  await t.step(parts[2], async () => {
    ok(rig.calls.some(({ action }) => action === "ClearCache"));
    match(await rig.next(), /^reset/);
  });
});

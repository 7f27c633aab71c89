import { equal, ok, rejects } from "node:assert/strict";
import { StorageError } from "../../../core/errors.ts";
import { CampaignRig } from "./testing/campaign_rig.ts";

/** A canary that installs and a station that waits for its turn. */
const stations = [{ id: "a" }, { id: "b" }];

Deno.test("failure matrix: campaigns without control", async (t) => {
  await using rig = await CampaignRig.up({ stations });
  const id = await rig.campaign();
  await rig.pass(0.3);
  await rig.crash();
  const told = rig.station("a").asked.length;
  await rig.pass(10);
  const parts = [
    "failure matrix: campaigns: control / a unit that installs: open: it comes to its end by itself, and is not told twice",
    "failure matrix: campaigns: control / units that wait: they wait",
    "failure matrix: campaigns: control / back in service: by itself within seconds: what was stored is gone on with",
  ] as const;
  await t.step(parts[0], () => {
    equal(rig.station("a").installs, 1);
    equal(rig.station("a").asked.slice(told).filter(({ action }) => /Update/.test(action)).length, 0);
  });
  await t.step(parts[1], () => equal(rig.station("b").request, undefined));
  await rig.pass(15);
  await t.step(parts[2], async () => equal(await rig.states(id), "a confirmed, b confirmed"));
});

Deno.test("failure matrix: campaigns without the disk", async (t) => {
  await using rig = await CampaignRig.up({ stations });
  const id = await rig.campaign();
  await rig.pass(0.1);
  rig.diskFault = new StorageError("STORE_FULL", "no room");
  const parts = [
    "failure matrix: campaigns: the disk / a unit that installs: open: it comes to its end by itself; its statuses wait in the OCPP Worker",
    "failure matrix: campaigns: the disk / units that wait: closed: nobody is told what could not be stored",
    "failure matrix: campaigns: the disk / back in service: by itself: the units are looked at, and the campaign goes on",
  ] as const;
  await t.step(parts[0], async () => {
    await rejects(rig.say("a", "Downloading"), /no room/);
    await rig.pass(3).catch(() => {});
    equal(rig.station("a").installs, 1);
  });
  await t.step(parts[1], async () => {
    await rig.pass(30).catch(() => {});
    equal(rig.station("b").request, undefined);
  });
  rig.diskFault = undefined;
  await rig.pass(30);
  await t.step(parts[2], async () => equal(await rig.states(id), "a confirmed, b confirmed"));
});

Deno.test("failure matrix: campaigns without a station", async (t) => {
  await using rig = await CampaignRig.up({ stations: [...stations, { id: "c" }] });
  rig.station("b").online = false;
  const id = await rig.campaign();
  await rig.pass(0.3);
  rig.station("a").online = false;
  const parts = [
    "failure matrix: campaigns: a station / a unit that installs: it is waited for until its time is over, then it counts as failed",
    "failure matrix: campaigns: a station / units that wait: those that are there go on; the one that is away is waited for",
    "failure matrix: campaigns: a station / back in service: by itself: one that comes back with the version is confirmed",
  ] as const;
  await rig.pass(19);
  await t.step(parts[0], async () => {
    equal(await rig.states(id), "a installing, b pending, c pending");
    await rig.pass(2);
    ok((await rig.states(id)).startsWith("a unconfirmed"));
  });
  rig.station("a").online = true;
  await rig.pass(30);
  await t.step(parts[1], async () => equal(await rig.states(id), "a confirmed, b pending, c confirmed"));
  rig.station("b").online = true;
  await rig.pass(15);
  await t.step(parts[2], async () => equal(await rig.states(id), "a confirmed, b confirmed, c confirmed"));
});

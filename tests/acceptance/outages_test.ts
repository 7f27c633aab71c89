import { deepEqual, equal, match, ok } from "node:assert/strict";
import { systemClock } from "../../gateway/core/clock.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import type { World } from "../../gateway/demo/demo_world.ts";
import { seededRandom } from "../../gateway/demo/seeded_random.ts";
import { SimulatedStation } from "../../gateway/demo/station.ts";
import { allChargeOn, assertNothingLost, connects, recorded, records } from "../support/failure_matrix.ts";
import { chargeAll, powerOnAll, unplugAll, withWorld } from "../support/gateway_process.ts";
import { allPassedOn, kept, storeAndForward, waitLong } from "../support/outage_world.ts";
import { timed, waitFor } from "../support/wait_for.ts";

/** Every station is connected, has booted and has nothing left to send. */
async function allSettled(world: World): Promise<void> {
  await waitLong(
    world,
    "every station to be settled",
    () => world.stations.every(({ view, calling }) => view.state !== "offline" && view.queued === 0 && !calling),
  );
}

Deno.test("T1: the CSMS away, a known station reboots, the gateway is killed: all come back, a cached badge charges, nothing is lost, the CSMS gets it in order", () =>
  withWorld(async (world) => {
    await storeAndForward(world);
    await powerOnAll(world);
    await chargeAll(world);
    await unplugAll(world); // from now on the badges are known
    for (const station of world.stations) station.plugIn();
    await allChargeOn(world);
    await world.csms.stop("crash");
    await waitLong(world, "messages to be kept", async () => (await kept(world)).messages > world.stations.length);
    deepEqual(connects(world), [1, 1, 1, 1, 1, 1], "no station noticed");

    const [rebooted] = world.stations;
    rebooted!.unplug(); // a station that reboots in the middle of a call finds its answer strange
    await waitFor("the end of its session", () => !rebooted!.busy && !rebooted!.calling);
    rebooted!.reset();
    await waitLong(world, "the reboot", () => rebooted!.view.connects === 2 && rebooted!.view.state === "available");
    rebooted!.plugIn();
    await waitFor("a session from a cached badge", () => rebooted!.view.state === "charging");

    await world.gateway.kill();
    await waitFor("every station to notice", () => world.stations.every(({ view }) => view.state === "offline"));
    await world.startGateway();
    await allChargeOn(world);
    await unplugAll(world);
    await allSettled(world);
    for (const station of world.stations) station.plugIn();
    await allChargeOn(world);
    equal(world.csms.connected.length, 0, "the CSMS was away all the time");

    await world.csms.restart();
    await waitLong(world, "the CSMS to get what was kept", () => world.csms.ledger.transactions.length > 6);
    await unplugAll(world); // ten meter values a second and station are more than a busy disk drains
    await allPassedOn(world);
    assertNothingLost(world);
    equal(world.csms.ledger.transactions.length, 6 * 3 + 1);
    await recorded(world, "outage.session.began");
    await recorded(world, "outage.session.ended");
  }, { graceSeconds: 1 }));

Deno.test("T2: a badge that is blocked while the CSMS is away is refused at every bay in less than a second, and after a restart", () =>
  withWorld(async (world) => {
    await storeAndForward(world);
    await powerOnAll(world);
    await chargeAll(world);
    await unplugAll(world);
    await world.csms.stop("crash");
    await waitLong(world, "the gateway to stand in", async () => /answers for it/.test((await why(world)).text));
    const [station] = world.stations;
    const refused = async () => {
      station!.plugIn();
      await waitFor("the refusal", () => /refused$/.test(station!.view.lastMessage));
      station!.unplug();
    };
    const slowness = await timed(() => why(world));
    const ms = await timed(async () => {
      await world.gateway.command("badge block", { badge: station!.spec.badge, reason: "lost" });
      await refused();
    });
    ok(ms < 1_000 + 10 * slowness, `it took ${ms} ms, where a command takes ${slowness} ms`);
    equal(station!.view.state, "available");
    const refusals = async () => (await records(world)).filter(({ rule }) => rule === "badge.blocked");
    await waitFor("the record of the refusal", async () => (await refusals()).length === 1);
    await world.gateway.kill();
    await world.startGateway();
    await waitFor("the station", () => station!.view.state === "available");
    await refused();
    await waitFor("the record of the second refusal", async () => (await refusals()).length >= 2);
    const blocked = await refusals();
    equal(blocked.length, 2);
    ok(!JSON.stringify(blocked).includes(station!.spec.badge), "a badge stands in clear in the audit chain");
  }, { graceSeconds: 1 }));

Deno.test("T3: the offline authorisation in force is shown in status and recorded; by default nobody new charges while the CSMS is away", () =>
  withWorld(async (world) => {
    match((await world.gateway.command("status")).text, /OFFLINE AUTHORISATION of CSMS main: CSMS-ONLY/);
    await storeAndForward(world, "csms-only");
    await powerOnAll(world);
    await world.csms.stop("crash");
    const [station] = world.stations;
    station!.plugIn();
    await waitLong(world, "the refusal", () => /refused$/.test(station!.view.lastMessage));
    equal(station!.view.state, "available");
    station!.unplug();
    await Deno.writeTextFile(
      world.site.configFile,
      (await Deno.readTextFile(world.site.configFile)).replace("csms-only", "free-vend"),
    );
    await world.gateway.command("reload");
    const { text } = await world.gateway.command("status");
    match(text, /OFFLINE AUTHORISATION of CSMS main: FREE-VEND/);
    match(text, /everybody may charge/);
    station!.plugIn();
    await waitFor("charging for everybody", () => station!.view.state === "charging");
    station!.unplug();
    await world.csms.restart();
    await allPassedOn(world);
    await allSettled(world);
    const { detail } = await recorded(world, "outage.mode.changed");
    deepEqual(detail, { mode: "free-vend", before: "csms-only" });
  }, { graceSeconds: 1 }));

Deno.test("T7: a station that woke up in 1970 is let in and told the time, with its CSMS and without, and `why` names a clock 56 years behind", () =>
  withWorld(async (world) => {
    await storeAndForward(world);
    const [{ spec, access }] = world.stations as [SimulatedStation];
    const asleep = Date.now();
    const old = new SimulatedStation(spec, access, {
      clock: { now: () => Date.now() - asleep, monotonic: systemClock.monotonic }, // it counts from 1970
      timers: systemTimers,
      random: seededRandom(7),
      meterMs: 100,
      energySpeed: 600,
    });
    try {
      old.powerOn();
      await waitFor("its boot", () => old.view.state === "available");
      await waitLong(
        world,
        "the word of it",
        async () => /its clock is 5[67] years behind/.test((await why(world)).text),
      );
      match((await why(world)).text, /because of clock: its clock is 5\d years behind/);
      await world.csms.stop("crash");
      await waitLong(world, "the gateway to stand in", async () => /answers for it/.test((await why(world)).text));
      old.reset();
      await waitLong(world, "the reboot", () => old.view.connects === 2 && old.view.state === "available");
      const { text } = await world.gateway.command("station record", { station: spec.id });
      const told = [...text.matchAll(/currentTime\\":\\"([^"\\]+)/g)].map((match) => Date.parse(match[1]!));
      ok(told.length >= 2, "by its CSMS, and by the gateway; on a slow machine with a heartbeat besides");
      ok(told.every((at) => Math.abs(at - Date.now()) < 60_000), `told ${told}`);
    } finally {
      await old.powerOff();
    }
  }, { graceSeconds: 1 }));

const why = (world: World) => world.gateway.command("why", { station: world.stations[0]!.spec.id });

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { waitFor } from "../../../tests/support/wait_for.ts";
import type { ControlContext } from "../../control/contract.ts";
import { createInventoryFeature } from "../feature.ts";
import { INVENTORY_LIMITS } from "../limits.ts";
import { replaceStation } from "../replace_station.ts";
import { climbToPowerCut, type Ground, withStation } from "../testing/climb_ground.ts";
import type { ClimbRecord } from "./record.ts";

/** Stations take so long to come back when their gateway was away. */
const RECONNECT_MS = 90_000;

/** The gateway starts anew; its station comes back a good while later, with whatever it has then. */
async function startAgain({ rig, station }: Ground) {
  await rig.feature.stop!();
  await rig.store.idle();
  await station.leave();
  const again = await createInventoryFeature(rig.context as ControlContext, rig.pki);
  station.feature = again;
  for (let ms = 0; ms < RECONNECT_MS; ms += 1_000) {
    rig.time.advance(1_000);
    await rig.store.idle();
  }
  return again;
}

for (const step of ["root", "address", "switch", "reconnect", "verify", "rotate"]) {
  Deno.test(`climb: after a power cut in the step "${step}" the climb waits for a station that takes its time`, () =>
    withStation(1, {}, async (ground) => {
      const { rig, station } = ground;
      const power = await climbToPowerCut(step, ground);
      await rig.store.idle();
      power.restore();
      const again = await startAgain(ground);
      if (!await station.connect(2)) ok(await station.connect(1));
      const record = await ground.ended();
      equal(record.state, "done", `${step}: ${record.why}`);
      deepEqual([again.parts.floor.highest("CP100"), station.profile], [2, 2]);
      await again.stop!();
    }));
}

for (const key of ["CentralURL", "SecurityProfile"]) {
  Deno.test(`climb: a power cut after the station took ${key} and before that was stored does not lock it out`, () =>
    withStation(1, { onSwitch: "stay-away" }, async (ground) => {
      const { rig, station, climb } = ground;
      const commit = rig.store.commit.bind(rig.store);
      rig.store.commit = (mutations, checks) =>
        station.calls.includes(`ChangeConfiguration ${key}`)
          ? Promise.reject(new Error("power cut"))
          : commit(mutations, checks);
      await climb({ "url-key": "CentralURL" });
      await waitFor(`the station to take ${key}`, () => {
        rig.time.advance(1_000);
        return station.calls.includes(`ChangeConfiguration ${key}`);
      });
      await rig.store.idle();
      rig.store.commit = commit;
      const left = (await rig.store.get<ClimbRecord>(["stationClimb", "CP100"]))!.value;
      equal(left.hops[0]!.steps[left.step], key === "CentralURL" ? "address" : "switch");
      const again = await startAgain(ground);
      station.behaviour = {};
      ok(await station.connect(2), "it comes the new way, as it was told");
      const record = await ground.ended();
      equal(record.state, "done", record.why ?? "");
      await again.stop!();
    }));
}

Deno.test("climb: one that took the new address and is never seen again keeps both ways, and is an alarm", () =>
  withStation(1, {}, async (ground) => {
    const { rig, station, climb } = ground;
    const answer = rig.answers["station.call"]!;
    rig.answers["station.call"] = async (call: never) => {
      const answered = await answer(call);
      if (station.calls.at(-1) !== "ChangeConfiguration CentralURL") return answered;
      await station.leave(); // it takes it, and goes there before it has answered
      return { noAnswer: "ended" };
    };
    await climb({ "url-key": "CentralURL", minutes: "2" });
    await ground.until("the climb is overdue", () => ground.record()?.state === "waiting");
    deepEqual(rig.raised.map(({ kind }) => kind), ["station.climb.overdue"]);
    rig.answers["station.call"] = answer;
    ok(await station.connect(2));
    equal((await ground.ended()).state, "done");
  }));

Deno.test("climb: a station that is away before anything was changed has its minutes, then the climb is over", () =>
  withStation(1, {}, async (ground) => {
    const { rig, station, climb } = ground;
    const answer = rig.answers["station.call"]!;
    rig.answers["station.call"] = async () => {
      await station.leave();
      return { noAnswer: "ended" };
    };
    await climb({ "url-key": "CentralURL", minutes: "2" });
    const began = rig.time.now();
    const record = await ground.ended();
    ok(rig.time.now() - began >= 120_000);
    deepEqual([record.state, record.why], ["reverted", "the station did not answer"]);
    rig.answers["station.call"] = answer;
    equal(await station.connect(2), false);
    ok(await station.connect(1));
  }));

Deno.test("climb: a station that took the profile and never used it is told the old one, or a person is", () =>
  withStation(1, { needsReset: true, refuses: ["Reset"] }, async (ground) => {
    const { station, climb } = ground;
    await climb({ "keep-url": true, minutes: "2" });
    const record = await ground.ended();
    match(record.why!, /it took the new profile and never used it/);
    deepEqual([record.state, station.settings.get("SecurityProfile")], ["reverted", "1"]);
    station.behaviour = { ...station.behaviour, takesNoLower: true };
    await climb({ "keep-url": true, minutes: "2" });
    await ground.until("the second climb", () => ground.record().startedAt > record.startedAt);
    const second = await ground.ended();
    equal(second.state, "failed");
    match(second.why!, /put back by hand: SecurityProfile to 1/);
  }));

Deno.test("climb: a station that is there on its new profile and answers nothing has half a minute", () =>
  withStation(1, {}, async (ground) => {
    const { rig, station, climb } = ground;
    const answer = rig.answers["station.call"]!;
    rig.answers["station.call"] = (call: { readonly action: string }) =>
      call.action === "GetConfiguration" ? { noAnswer: "timeout" } : answer(call as never);
    await climb({ "keep-url": true });
    const record = await ground.ended();
    match(record.why!, /it does not answer there/);
    equal(station.profile, 2);
    ok(INVENTORY_LIMITS.climbSettleMs >= 30_000);
  }));

Deno.test("climb: what was issued to a station is dead when its climb is cancelled", () =>
  withStation(2, { onSwitch: "stay-away" }, async (ground) => {
    const { rig, station, climb } = ground;
    await climb();
    await ground.until("the switch was told", () => station.session === undefined);
    equal(rig.pki.issued.length, 1);
    await climb({ cancel: true });
    equal(rig.pki.revoked.length, 1);
  }));

Deno.test("station replace: a password that a climb sent to the old hardware dies with it, and so does the climb", () =>
  withStation(1, {}, async (ground) => {
    const { rig, station, climb } = ground;
    rig.answers["sessions.close"] = () => station.leave();
    rig.answers["stations.close"] = () => ({ closed: 0 });
    await climb({ "keep-url": true });
    await ground.until("the new password to be sent", () => ground.record()?.pending.length === 1 && !station.session);
    const pki = { revokeStation: () => Promise.resolve([]) };
    const args = { station: "CP100", reason: "water in the housing" };
    const { data } = await replaceStation(rig.feature.parts, pki, args, "eva");
    equal(await station.connect(2), false, "the old hardware, with what the climb sent");
    station.password = (data as { readonly password: string }).password;
    ok(await station.connect(2), "the new hardware");
    equal((await ground.ended()).state, "cancelled");
  }));

Deno.test("climb: a cancel that comes while a profile is being proven does not kill the certificate that it is proven with", () =>
  withStation(2, {}, async (ground) => {
    const { rig, climb } = ground;
    const { floor } = rig.feature.parts, prove = floor.prove.bind(floor);
    let cancelled: ReturnType<typeof climb> | undefined;
    floor.prove = async (...proof) => {
      if (proof[1] === 3) cancelled ??= climb({ cancel: true }).catch((error) => error);
      await rig.store.idle();
      return await prove(...proof);
    };
    await climb();
    await ground.until("the profile to be proven", () => floor.highest("CP100") === 3);
    await cancelled;
    await ground.ended();
    equal([rig.pki.issued.length, rig.pki.revoked.length].join(), "1,0");
  }));

Deno.test("climb: a station that comes with the new profile while its climb is cancelled has not proven it: its old way stays open", () =>
  withStation(2, { onSwitch: "stay-away" }, async (ground) => {
    const { rig, station, climb } = ground;
    await climb();
    await ground.until("the switch was told", () => station.session === undefined);
    equal(await station.connect(3), true);
    rig.answers["sessions.probe"] = async () => {
      await climb({ cancel: true });
      return { alive: false };
    };
    equal(await station.connect(3), true, "its line was bad");
    equal(rig.feature.parts.floor.highest("CP100"), 2, "its certificate is revoked: nobody could come with profile 3");
  }));

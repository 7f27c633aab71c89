import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { waitFor } from "../../../tests/support/wait_for.ts";
import type { ControlContext } from "../../control/contract.ts";
import { GatewayError } from "../../core/errors.ts";
import { createInventoryFeature } from "../feature.ts";
import { INVENTORY_LIMITS } from "../limits.ts";
import { climbToPowerCut, cutPowerAt, type Ground, PASSWORD, withStation } from "../testing/climb_ground.ts";
import type { ClimbRecord } from "./record.ts";

const ended = ({ rig }: Ground) => rig.audited.findLast(({ event }) => event === "station.climb.ended");

Deno.test("climb: a 1.6 station goes from profile 1 to 2, is proven there, and gets a new password over TLS", () =>
  withStation(1, {}, async (ground) => {
    const { station, climb, rig } = ground;
    const begun = await climb({ "url-key": "CentralURL" });
    match(begun.text, /^The climb of CP100 is under way\nProfile 1 to 2:\n {2}> Wait until nothing charges/);
    const record = await ground.ended();
    equal(record.state, "done", record.why ?? "");
    deepEqual(record.notes.map(({ step }) => step), [
      ...["idle", "root", "address", "switch", "reconnect", "verify", "rotate"],
    ]);
    equal(station.profile, 2);
    equal(station.settings.get("CentralURL"), "wss://127.0.0.1:8444/ocpp");
    ok(station.password !== PASSWORD);
    equal(rig.feature.parts.floor.highest("CP100"), 2);
    equal(rig.feature.parts.stations.get("CP100")?.ocpp?.securityProfile, 2, "above what site.yaml says");
    equal(ended(ground)?.outcome, "ok");
    const status = await climb({ status: true });
    match(status.text, /is done\n.*Now set ocpp.securityProfile: 2 of it in site.yaml/s);
    const everything = JSON.stringify([rig.audited, status, record]);
    equal(everything.includes(station.password!), false, "the password is nowhere");
    equal(await station.connect(1), false, "profile 1 is closed for ever");
    station.password = PASSWORD;
    equal(await station.connect(2), false, "the old password is dead");
  }));

Deno.test("climb: to profile 3 over 2, with a certificate of the site CA for its own key", () =>
  withStation(1, {}, async (ground) => {
    const { station, climb, rig } = ground;
    await climb({ "url-key": "CentralURL", to: "3" });
    const record = await ground.ended();
    equal(record.state, "done", record.why ?? "");
    equal(station.profile, 3);
    deepEqual([rig.pki.issued, rig.pki.revoked], [["CP100"], []]);
    equal(rig.feature.parts.floor.highest("CP100"), 3);
    equal(
      await rig.feature.parts.credentials.kindOf(rig.feature.parts.stations.get("CP100")!, rig.context.files),
      "none",
    );
    equal(await station.connect(2), false);
  }));

Deno.test("climb: a 2.0.1 station gets a network profile in a free slot, the old slot stays behind it", () =>
  withStation(2, { version: "ocpp2.0.1" }, async (ground) => {
    const { station, climb } = ground;
    await climb();
    const record = await ground.ended();
    equal(record.state, "done", record.why ?? "");
    equal([station.profile, station.priority].join(), "3,2,1");
    ok(station.calls.includes("Reset"));
  }));

Deno.test("climb: from profile 0 the station first gets a password, proven when it comes with TLS", () =>
  withStation(0, {}, async (ground) => {
    const { station, climb } = ground;
    await climb({ "keep-url": true });
    const record = await ground.ended();
    equal(record.state, "done", record.why ?? "");
    equal(station.profile, 2);
    deepEqual(record.pending, []);
    ok(station.calls.includes("ChangeConfiguration AuthorizationKey"));
  }));

Deno.test("climb: a station that takes a new profile only after a reset is restarted once", () =>
  withStation(1, { needsReset: true }, async (ground) => {
    await ground.climb({ "keep-url": true });
    equal((await ground.ended()).state, "done");
    equal(ground.station.calls.filter((call) => call === "Reset").length, 1);
  }));

for (
  const { refuses, profile, to, state } of [
    { refuses: "InstallCertificate", profile: 1, to: "2", state: "reverted" },
    { refuses: "SecurityProfile", profile: 1, to: "2", state: "reverted" },
    { refuses: "CentralURL", profile: 1, to: "2", state: "reverted" },
    { refuses: "ExtendedTriggerMessage", profile: 2, to: "3", state: "reverted" },
    { refuses: "CertificateSigned", profile: 2, to: "3", state: "reverted" },
  ]
) {
  Deno.test(`climb: a station that refuses ${refuses} stays where it is, nothing of the new way is left open`, () =>
    withStation(profile, { refuses: [refuses] }, async (ground) => {
      const { station, climb, rig } = ground;
      await climb({ "url-key": "CentralURL", to });
      const record = await ground.ended();
      equal(record.state, refuses === "CentralURL" ? "failed" : state, record.why ?? "");
      match(record.why!, /Rejected/);
      equal(station.profile, profile);
      equal(rig.feature.parts.floor.highest("CP100"), profile);
      if (refuses !== "CentralURL") equal(station.settings.get("CentralURL"), "ws://old", "put back");
      deepEqual(rig.pki.revoked.length, rig.pki.issued.length, "what was issued is dead");
      equal(ended(ground)?.outcome, "failed");
      await station.leave();
      equal(await station.connect(profile + 1), false, "the new way is closed");
      ok(await station.connect(profile), "the old one is open");
    }));
}

Deno.test("climb: a station that refuses the new password keeps the old one, the climb is done all the same", () =>
  withStation(1, { refuses: ["AuthorizationKey"] }, async (ground) => {
    await ground.climb({ "keep-url": true });
    const record = await ground.ended();
    equal(record.state, "done");
    match(record.notes.at(-1)!.text, /its password was kept/);
    equal(ground.station.password, PASSWORD);
    await ground.station.leave();
    ok(await ground.station.connect(2));
  }));

Deno.test("climb: a station that comes back with the old profile has decided: taken back soon", () =>
  withStation(1, { onSwitch: "old" }, async (ground) => {
    const { climb, rig, station } = ground;
    await climb({ "url-key": "CentralURL" });
    const record = await ground.ended();
    equal(record.state, "reverted");
    match(record.why!, /came back with profile 1 and stays there/);
    equal(station.settings.get("CentralURL"), "ws://old");
    equal(rig.feature.parts.floor.highest("CP100"), 1);
  }));

Deno.test("climb: a station that never comes back is an alarm; both ways stay open, and it may come by either", () =>
  withStation(1, { onSwitch: "stay-away" }, async (ground) => {
    const { climb, rig, station } = ground;
    await climb({ "keep-url": true, minutes: "2" });
    await ground.until("the climb is overdue", () => ground.record()?.state === "waiting");
    deepEqual(rig.raised.map(({ kind, subject }) => [kind, subject]), [["station.climb.overdue", "CP100"]]);
    match((await climb({ status: true })).text, /the old and the new profile are accepted/);
    await rejects(climb(), { code: "STATION_INVALID", message: /climb.running/ });
    ok(await station.connect(2));
    station.behaviour = {};
    equal((await ground.ended()).state, "done");
    deepEqual(rig.cleared.at(-1), "station.climb.overdue CP100");
  }));

Deno.test("climb: a cancelled climb closes the new way at once", () =>
  withStation(1, { onSwitch: "stay-away" }, async (ground) => {
    const { climb, station, rig } = ground;
    await climb({ "keep-url": true });
    await ground.until("the switch was told", () => station.session === undefined);
    match((await climb({ cancel: true })).text, /was cancelled: ended by eva/);
    equal(await station.connect(2), false);
    ok(await station.connect(1));
    await rejects(climb({ cancel: true }), { code: "STATION_INVALID" });
    equal(rig.feature.parts.floor.highest("CP100"), 1);
  }));

Deno.test("climb: a charging station is waited for, and not disturbed when it stays busy", () =>
  withStation(1, { isBusy: true }, async (ground) => {
    const { climb, station, rig } = ground;
    await rejects(climb({ "keep-url": true }), { message: /it charges a car \(climb.busy\)/ });
    rig.answers["station.activity"] = () => ({ state: "unknown" });
    await climb({ "keep-url": true });
    const record = await ground.ended();
    match(record.why!, /does not tell whether it charges/);
    deepEqual(station.calls.filter((call) => !call.startsWith("TriggerMessage")), []);
  }));

Deno.test("climb: a signing request that never comes, or that nobody asked for, gives no certificate", () =>
  withStation(2, { makesNoRequest: true }, async (ground) => {
    const { climb, rig } = ground;
    const ask = () => rig.feature.handlers!["stations.expected"]!;
    const payload = { csr: "request" };
    deepEqual(await ask()({ stationId: "CP100", action: "SignCertificate", payload }), {
      payload: { status: "Rejected" },
    });
    await climb();
    match((await ground.ended()).why!, /signing request was refused: it did not come in time/);
    deepEqual(rig.pki.issued, []);
  }));

for (const step of ["root", "address", "switch", "reconnect", "verify", "rotate"]) {
  Deno.test(`climb: after a power cut in the step "${step}" the climb goes on where it was`, () =>
    withStation(1, {}, async (ground) => {
      const { rig, station } = ground;
      const power = await climbToPowerCut(step, ground);
      await rig.feature.stop!();
      await rig.store.idle(); // a step that was under way has met the dead disk as well
      power.restore();
      await station.leave();
      const left = (await rig.store.get<ClimbRecord>(["stationClimb", "CP100"]))!.value;
      deepEqual([left.state, left.hops[0]!.steps[left.step]], ["running", step]);
      const again = await createInventoryFeature(rig.context as ControlContext, rig.pki);
      station.feature = again;
      if (!await station.connect(2)) ok(await station.connect(1));
      const record = await ground.ended();
      equal(record.state, "done", `${step}: ${record.why}`);
      deepEqual([again.parts.floor.highest("CP100"), station.profile], [2, 2]);
      await again.stop!();
    }));
}

Deno.test("climb: --plan shows the steps and what stands in the way, and does nothing", () =>
  withStation(1, {}, async ({ climb, station, rig }) => {
    const plan = await climb({ plan: true, to: "3" });
    equal(plan.ok, false);
    match(plan.text, /^Climb of CP100\nProfile 1 to 2:\n {2}1\. Wait until nothing charges\n/);
    match(plan.text, /Profile 2 to 3:/);
    match(plan.text, /Not now: OCPP 1\.6 has no key .*\(climb\.address\)\. Pass --url-key/);
    equal((await climb({ plan: true, "keep-url": true })).ok, true);
    deepEqual(station.calls, []);
    equal(rig.audited.some(({ event }) => event.startsWith("station.climb")), false);
    match((await climb({ status: true })).text, /has never climbed/);
  }));

Deno.test("climb: bad arguments name the value and what is wanted", () =>
  withStation(1, {}, async ({ climb }) => {
    const most = INVENTORY_LIMITS.climbMinutes;
    const cases: [Record<string, string | boolean>, RegExp][] = [
      [{ to: "1" }, /--to "1"/],
      [{ minutes: "0" }, /--minutes "0"/],
      [{ minutes: String(most + 1) }, /--minutes/],
      [{ listener: "nope" }, /No OCPP listener "nope" has TLS/],
      [{ url: "ws://a" }, /--url "ws:\/\/a" is no wss URL/],
      [{ root: "not a certificate" }, /--root names a file without a certificate/],
      [{ station: "NOBODY" }, /No station "NOBODY"/],
    ];
    for (const [args, message] of cases) await rejects(climb(args), { message });
    equal((await climb({ minutes: String(most), plan: true, "keep-url": true })).ok, true);
  }));

Deno.test("climb: to profile 3 only when the CSMS does not live on the station's own password", () =>
  withStation(2, {}, async ({ climb, rig }) => {
    await rejects(climb(), { message: /\(climb\.upstream\)/ });
    const [csms] = rig.context.site.ocpp!.csms;
    Object.assign(csms!, { passwordFile: "shared" });
    equal((await climb({ plan: true })).ok, true, "one password for all stations is the gateway's own");
  }, { upstreamPasswordFile: undefined }));

Deno.test("climb: a look at it can wait for the next step, and not for ever", () =>
  withStation(1, { onSwitch: "stay-away" }, async (ground) => {
    const { climb, rig } = ground;
    await climb({ "keep-url": true });
    await ground.until("the switch was told", () => ground.station.session === undefined);
    let answered = false;
    const look = climb({ status: true, wait: true }).finally(() => answered = true);
    rig.time.advance(INVENTORY_LIMITS.climbWaitMs / 2);
    equal(answered, false);
    await waitFor("the look to end", () => {
      rig.time.advance(1_000);
      return answered;
    });
    match((await look).text, /is under way/);
    equal((await climb({ cancel: true })).ok, true);
    equal((await climb({ status: true, wait: true })).ok, true, "of one that has ended nothing is to come");
  }));

Deno.test("climb: a password that a person gives ends those that a climb sent", () =>
  withStation(0, { onSwitch: "stay-away" }, async (ground) => {
    const { climb, rig, station } = ground;
    await climb({ "keep-url": true });
    await ground.until("the switch was told", () => station.session === undefined);
    equal(ground.record().pending.length, 1);
    await rig.command("station credential", { station: "CP100" });
    equal(await station.connect(2), false);
  }));

Deno.test("climb: a disk that is full for a while costs time, and neither way to the station", () =>
  withStation(1, {}, async (ground) => {
    const { rig, station, climb } = ground;
    const disk = cutPowerAt("reconnect", rig);
    await climb({ "keep-url": true });
    await waitFor("the disk to be full", () => {
      rig.time.advance(1_000);
      return disk.isCut();
    });
    rig.time.advance(1_000);
    disk.restore();
    const isBack = async () => station.session !== undefined || await station.connect(2) || await station.connect(1);
    await waitFor("the station", isBack); // it may be on its way by itself
    equal((await ground.ended()).state, "done");
    equal(station.profile, 2);
  }));

Deno.test("climb: a station that speaks another version by now is refused what that version does not know", () =>
  withStation(1, {}, async (ground) => {
    ground.rig.answers["station.call"] = () => {
      throw new GatewayError("STATION_CALL_INVALID", "InstallCertificate was not sent: unknown");
    };
    await ground.climb({ "keep-url": true });
    match((await ground.ended()).why!, /was not sent: unknown/);
  }));

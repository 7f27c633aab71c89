import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { runCheck } from "./checks.ts";
import { CommissioningRig } from "./testing/commissioning_rig.ts";

function withRig(test: (rig: CommissioningRig) => Promise<void>): () => Promise<void> {
  return async () => {
    await using rig = await CommissioningRig.open();
    await test(rig);
  };
}

const CHECKS: readonly [check: string, set: (rig: CommissioningRig) => void, outcome: string, why: RegExp][] = [
  ["device.firmware", () => {}, "met", /5\.32\.1, no known weakness/],
  ["device.firmware", (rig) => rig.evidence["known-weaknesses"] = "CVE-1", "failed", /CVE-1/],
  ["device.firmware", (rig) => rig.evidence["known-weaknesses"] = undefined, "unknown", /nobody knows/],
  ["device.https", () => {}, "met", /pinned/],
  ["device.https", (rig) => rig.evidence["page-transport"] = "http", "failed", /it is http/],
  ["device.https", (rig) => rig.evidence["page-transport"] = undefined, "unknown", /nobody knows/],
  ["device.old-pages", () => {}, "met", /keeps people off them \(blocked\)/],
  ["device.old-pages", (rig) => rig.oldPages = "none", "met", /it has none/],
  ["device.old-pages", (rig) => rig.faults = [{ rule: "BC-14", why: "open", hint: "" }], "failed", /open/],
  ["device.password", () => {}, "met", /none works/],
  ["device.password", (rig) => rig.faults = [{ rule: "EV-01", why: "installer", hint: "" }], "failed", /installer/],
  ["device.recovery", () => {}, "met", /PUK/],
  ["device.recovery", (rig) => rig.recovery = undefined, "unknown", /no vault/],
  ["device.recovery", (rig) => rig.faults = [{ rule: "BC-13", why: "none", hint: "" }], "failed", /none/],
  ["device.posture", () => {}, "met", /every line/],
  ["device.posture", (rig) => rig.unmet = ["BC-10"], "failed", /BC-10/],
  ["network.address", () => {}, "met", /address: 10/],
  ["network.address", (rig) => rig.network = [{ step: "address", state: "bad", detail: "two" }], "failed", /two/],
  ["network.address", (rig) => rig.network = [], "unknown", /sees neither/],
  ["network.mac", () => {}, "met", /answers at 10\.20\.0\.11/],
  ["network.mac", (rig) => rig.mac = "02:00:00:00:00:99", "failed", /site\.yaml says/],
  ["network.mac", (rig) => rig.mac = undefined, "unknown", /nobody can see/],
  ["network.mac", (rig) => rig.stations = [{ ...rig.stations[0]!, mac: undefined } as never], "failed", /names none/],
  ["network.segmentation", () => {}, "met", /dropped/],
  ["network.segmentation", (rig) => rig.evidence["segmentation"] = "off", "failed", /it is off/],
  ["ocpp.badges", () => {}, "met", /ClearCache accepted/],
  ["ocpp.badges", (rig) => rig.answer = { result: { status: "Rejected" } }, "failed", /Rejected/],
  ["ocpp.badges", (rig) => rig.answer = { error: { code: "NotSupported", description: "" } }, "failed", /NotSupported/],
  ["ocpp.badges", (rig) => rig.answer = { noAnswer: "timeout" }, "unknown", /timeout/],
  ["ocpp.boot", () => {}, "met", /Bender CC613 5\.32\.1/],
  ["ocpp.boot", (rig) => rig.facts = {}, "unknown", /none/],
  ["ocpp.charge", (rig) => rig.charges = [{ seenAt: 1e15, hasEnded: true, wattHours: 500 }], "met", /0\.500 kWh/],
  ["ocpp.charge", (rig) => rig.charges = [{ seenAt: 1, hasEnded: true, wattHours: 500 }], "unknown", /no charge since/],
  ["ocpp.charge", (rig) => rig.charges = [{ seenAt: 1e15, hasEnded: false, wattHours: 1 }], "unknown", /not ended/],
  ["ocpp.clock", () => {}, "met", /2 s off/],
  ["ocpp.clock", (rig) => rig.evidence["clock-offset-seconds"] = "60", "met", /60 s/],
  ["ocpp.clock", (rig) => rig.evidence["clock-offset-seconds"] = "61", "failed", /at most 60/],
  ["ocpp.clock", (rig) => rig.evidence["clock-offset-seconds"] = undefined, "unknown", /nobody knows/],
  ["ocpp.connected", () => {}, "met", /from 10\.20\.0\.11/],
  ["ocpp.connected", (rig) => rig.profile = undefined, "failed", /not connected/],
  ["ocpp.credential", () => {}, "met", /its own/],
  ["ocpp.credential", (rig) => rig.evidence["factory-credential"] = "on", "failed", /it is on/],
  ["ocpp.heartbeat", () => {}, "met", /TriggerMessage accepted/],
  ["ocpp.status", (rig) => rig.answer = { result: { status: "NotImplemented" } }, "failed", /NotImplemented/],
  ["ocpp.profile", () => {}, "met", /profile 2: TLS 1\.2 or 1\.3/],
  ["ocpp.profile", (rig) => rig.profile = 3, "met", /profile 3/],
  ["ocpp.profile", (rig) => rig.profile = 1, "failed", /site\.yaml wants 2/],
  ["ocpp.profile", (rig) => rig.profile = undefined, "unknown", /not connected/],
];
for (const [check, set, outcome, why] of CHECKS) {
  Deno.test(
    `commissioning check: ${check} is ${outcome} (${why.source})`,
    withRig(async (rig) => {
      await rig.run("start");
      set(rig);
      await rig.run("check");
      const stands = await rig.step(`${check} CP001`);
      equal(stands.outcome, { met: "done", failed: "failed", unknown: "open" }[outcome]);
      match(stands.why, why);
    }),
  );
}

Deno.test("commissioning check: one that nobody knows is not known, and so is one whose feature fails", async () => {
  const broken = {
    oldPages: () => {
      throw new TypeError("bug");
    },
    faults: () => [],
  } as never;
  const station = { id: "CP001" } as never;
  deepEqual(await runCheck("no.such", { station, sources: broken, since: 0 }), {
    outcome: "unknown",
    why: 'this gateway knows no check "no.such"',
  });
  equal((await runCheck("toString", { station, sources: broken, since: 0 })).outcome, "unknown");
  await rejects(runCheck("device.old-pages", { station, sources: broken, since: 0 }), TypeError);
});

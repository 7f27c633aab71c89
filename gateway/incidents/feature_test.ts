import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { POLICY_LIMITS } from "../../policies/limits.ts";
import { StorageError } from "../core/errors.ts";
import type { KnownWork } from "../../policies/incident_types.ts";
import { INCIDENT_LIMITS } from "./limits.ts";
import { IncidentRig } from "./testing/incident_rig.ts";

const withRig = (test: (rig: IncidentRig) => Promise<void>) => async () => {
  await using rig = await IncidentRig.up();
  await test(rig);
};
const MINUTE = 60_000;
const REASON = { reason: "a factory password opens it" };
/** An incident that a person decided about. */
async function decided(rig: IncidentRig, what = "quarantine"): Promise<void> {
  await rig.found("default-password");
  await rig.run("incident decide", { incident: "I-1", [what]: true, ...REASON });
}

Deno.test(
  "incidents: signals of one station are one incident with its timeline, those of another another one",
  withRig(async (rig) => {
    await rig.record("station.security.told", "CP001", { type: "StartupOfTheDevice" });
    rig.time.jump(MINUTE);
    await rig.found("password-lost");
    await rig.found("https-off");
    await rig.found("https-off", "CP002");
    deepEqual(rig.standing(), ["I-1 CP001 reset critical open", "I-2 CP002 reset warning open"]);
    const { timeline, openedAt } = await rig.show("I-1");
    deepEqual(timeline.map(({ kind, source, at }) => [kind, source, at - openedAt]), [
      ["restarted", "audit 1", -MINUTE],
      ["password-lost", "audit 2", 0],
      ["https-off", "audit 4", 0],
    ]);
    deepEqual(rig.audited().filter((line) => !line.includes("look")), [
      "incident.opened gateway",
      "incident.risen gateway",
      "incident.opened gateway",
    ]);
  }),
);

Deno.test(
  "incidents: an alarm stands as grave as the incident, until it is closed",
  withRig(async (rig) => {
    await rig.found("password-lost");
    deepEqual([...rig.alarms.keys()], ["incident.warning CP001"]);
    await rig.found("default-password");
    deepEqual([...rig.alarms], [["incident.critical CP001", "I-1, reset, open: default-password was found"]]);
    await rig.run("incident acknowledge", { incident: "I-1" });
    match(rig.alarms.get("incident.critical CP001")!, /acknowledged/);
    await rig.run("incident close", { incident: "I-1", "false-alarm": true, reason: "our own test" });
    deepEqual([...rig.alarms], []);
  }),
);

Deno.test(
  "incidents: what nobody here knows, and what is no signal, begins nothing",
  withRig(async (rig) => {
    await rig.found("default-password", "CP999");
    await rig.record("people.login.accepted", "CP001");
    await rig.record("gateway.tamper.opened", "gateway", { input: "lid", times: 1 });
    deepEqual(rig.standing(), ["I-1 gateway opened critical open"]);
  }),
);

/** Work that is told of in the chain, whether it explains a changed certificate that comes so many minutes later. */
const WORKS: readonly (readonly [
  name: string,
  events: readonly (readonly [string, object])[],
  minutes: number,
  explained: boolean,
])[] = [
  ["pages that a person has open", [["device.session.opened", { session: "s" }]], 60, true],
  [
    "pages that were closed just now",
    [["device.session.opened", { session: "s" }], ["device.session.ended", { session: "s" }]],
    10,
    true,
  ],
  [
    "pages that were closed a while ago",
    [["device.session.opened", { session: "s" }], ["device.session.ended", { session: "s" }]],
    11,
    false,
  ],
  ["a firmware upload of the gateway", [["device.operation.done", { operation: "firmware" }]], 5, true],
  ["a login that was only proven", [["device.operation.done", { operation: "prove" }]], 5, false],
  ["replaced hardware", [["station.entry.replaced", {}]], 59, true],
  ["hardware that was replaced long ago", [["station.entry.replaced", {}]], 61, false],
];
for (const [name, events, minutes, explained] of WORKS) {
  Deno.test(
    `incidents: ${name} ${explained ? "explains" : "does not explain"} another certificate`,
    withRig(async (rig) => {
      for (const [event, detail] of events) await rig.record(event, "CP001", detail as never, { who: "anna" });
      rig.time.jump(minutes * MINUTE);
      await rig.record("device.pin.presented", "CP001", { fingerprint: "ab" }, { rule: "device-pin.changed" });
      deepEqual(rig.standing(), explained ? [] : ["I-1 CP001 exchanged warning open"]);
      if (!explained) return;
      rig.time.jump(2 * MINUTE);
      await rig.record("station.security.told", "CP001", { type: "TamperDetectionActivated" });
      const [first] = (await rig.show("I-1")).timeline;
      deepEqual([first!.kind, first!.explained?.by.startsWith("anna")], ["certificate-changed", true]);
    }),
  );
}

Deno.test(
  "incidents: a change of secrets explains refused logins at all its stations, by its end a while longer",
  withRig(async (rig) => {
    const refusedAt = (station: string) =>
      rig.record("device.login.made", station, { deviceRole: "operator" }, { rule: "device-login.refused" });
    await rig.record("secret.rotation.started", "bay-07", { slot: "operator", stations: "CP001 CP002" });
    await refusedAt("CP002");
    equal(rig.feature.book.recentOf("CP002")[0]?.explained?.kind, "rotation");
    await rig.record("secret.rotation.ended", "bay-07", { slot: "operator" });
    rig.time.jump(11 * MINUTE);
    await refusedAt("CP001");
    equal(rig.feature.book.recentOf("CP001")[0]?.explained, undefined);
  }),
);

Deno.test(
  "incidents: an update of a unit explains another firmware at each of its parts",
  withRig(async (rig) => {
    await rig.record("firmware.campaign.unit-ended", "bay-02", { state: "confirmed" });
    for (const station of ["CP001", "CP002"]) {
      await rig.record("station.firmware.changed", station, { firmwareVersion: "2" });
    }
    deepEqual(rig.standing(), ["I-1 CP001 software warning open"]);
  }),
);

Deno.test(
  "incidents: what the owners of work say counts beside the chain",
  withRig(async (rig) => {
    const campaign: KnownWork = { kind: "gateway", by: "campaign 12 updates it now" };
    rig.works.set("CP001", [campaign]);
    await rig.record("station.firmware.changed", "CP001", { firmwareVersion: "2" });
    await rig.record("station.firmware.changed", "CP002", { firmwareVersion: "2" });
    deepEqual(rig.standing(), ["I-1 CP002 software warning open"]);
    deepEqual(rig.feature.book.recentOf("CP001")[0]?.explained, campaign);
  }),
);

Deno.test(
  "incidents: announced work explains an opened lid for its time, and no longer when it is withdrawn",
  withRig(async (rig) => {
    const told = () => rig.record("station.security.told", "CP001", { type: "TamperDetectionActivated" });
    const { data } = await rig.run("incident announce", { station: "CP001", hours: "2", reason: "meter change" });
    await told();
    deepEqual(rig.standing(), []);
    await rig.run("incident withdraw", { work: (data as { id: string }).id });
    rig.time.jump(MINUTE);
    await told();
    deepEqual(rig.standing(), ["I-1 CP001 opened critical open"]);
    deepEqual(rig.audited("incident.work"), ["incident.work.announced eva", "incident.work.withdrawn eva"]);
  }),
);

Deno.test(
  "incidents: announced work that is over explains nothing and is forgotten",
  withRig(async (rig) => {
    await rig.run("incident announce", { station: "CP001", hours: "0.5", reason: "meter change" });
    rig.time.jump(31 * MINUTE);
    await rig.record("station.security.told", "CP001", { type: "TamperDetectionActivated" });
    equal(rig.standing().length, 1);
    await rig.feature.tick();
    deepEqual(rig.feature.book.announced(), []);
  }),
);

Deno.test(
  "incidents: acknowledged, decided, walked, closed: every act with who, and the quarantine with it",
  withRig(async (rig) => {
    rig.hands.known = { secrets: "driver", pages: "http", isPinned: false };
    await rig.found("default-password");
    await rig.run("incident acknowledge", { incident: "I-1" }, "otto");
    await rig.run("incident decide", { incident: "I-1", quarantine: true, ...REASON }, "eva");
    ok(rig.hands.quarantined.has("CP001"));
    deepEqual((await rig.show("I-1")).steps.map(({ id }) => id), [
      "look",
      "password",
      "settings",
      "credential",
      "badges",
      "posture",
    ]);
    const step = (name: string, args = {}) => rig.run("incident step", { incident: "I-1", step: name, ...args }, "eva");
    await rejects(rig.run("incident close", { incident: "I-1" }), /Steps are left: look, password/);
    await step("look", { person: "B. Meier", proof: "seal 4711 whole" });
    for (const name of ["password", "credential", "badges", "posture"]) await step(name);
    equal((await rig.show("I-1")).next, "step settings");
    await step("settings", { person: "B. Meier", proof: "as in the protocol" });
    const { data } = await rig.run("incident close", { incident: "I-1" }, "otto");
    deepEqual((data as { ended: object }).ended, { how: "re-provisioned", by: "otto", at: rig.time.now() });
    ok(!rig.hands.quarantined.has("CP001"), "it serves again");
    deepEqual(rig.audited().filter((line) => !line.startsWith("incident.look")), [
      "incident.opened gateway",
      "incident.acknowledged otto",
      "incident.decided eva",
      "incident.act.refused eva incident.steps-left",
      ...Array.from({ length: 6 }, () => "incident.step.done eva"),
      "incident.closed otto",
    ]);
    deepEqual(rig.standing(), []);
    await rig.found("password-lost");
    deepEqual(rig.standing(), ["I-2 CP001 access warning open"], "what comes after is another one");
  }),
);

Deno.test(
  "incidents: a step of a person needs a name and a proof, and some nobody can answer for (EV-33)",
  withRig(async (rig) => {
    await decided(rig);
    const step = (name: string, args = {}) => rig.run("incident step", { incident: "I-1", step: name, ...args });
    await rejects(step("look"), /done by a person at the station/);
    await rejects(step("look", { person: "B. Meier" }), { code: "INCIDENT_REFUSED" });
    for (const name of ["look", "password", "posture"]) {
      await rejects(step(name, { skip: true, reason: "no time" }), /Nobody can answer for the step/);
    }
    await rejects(step("badges", { skip: true }), /--reason is missing/);
    await step("badges", { skip: true, reason: "it keeps no badges" });
    deepEqual((await rig.show("I-1")).done.badges, {
      ...{
        state: "done",
        by: "eva",
        at: rig.time.now(),
        found: "eva answers for it: it keeps no badges",
        skipped: true,
      },
    });
    await rejects(step("paint"), /I-1 has no step "paint"/);
    deepEqual(rig.hands.asked, []);
    equal(rig.audited("incident.act.refused").length, 5);
  }),
);

Deno.test(
  "incidents: a step that fails, or whose proof is still to come, keeps the incident open",
  withRig(async (rig) => {
    await decided(rig);
    rig.hands.ends.set("password", { state: "checking", found: "being set", mark: "m" });
    rig.hands.ends.set("badges", { state: "failed", found: "away" });
    await rig.run("incident step", { incident: "I-1", step: "password" });
    await rig.run("incident step", { incident: "I-1", step: "badges" });
    deepEqual(rig.hands.asked, ["run password for eva", "run badges for eva"]);
    await rig.feature.tick();
    deepEqual((await rig.show("I-1")).done.password?.state, "checking");
    rig.hands.ends.set("password", { state: "done", found: "proven" });
    await rig.feature.tick();
    const { done } = await rig.show("I-1");
    deepEqual([done.password?.state, done.password?.found, done.badges?.state], ["done", "proven", "failed"]);
    deepEqual(rig.hands.asked.slice(2), ["check password for eva", "check password for eva"]);
    await rejects(rig.run("incident close", { incident: "I-1" }), /badges/);
  }),
);

Deno.test(
  "incidents: let run for a reason, and taken out of use after all",
  withRig(async (rig) => {
    await decided(rig, "keep");
    equal(rig.hands.quarantined.size, 0);
    await rig.run("incident decide", { incident: "I-1", quarantine: true, reason: "it got worse" });
    deepEqual([...rig.hands.quarantined], ["CP001"]);
    await rig.run("incident decide", { incident: "I-1", keep: true, reason: "it is needed" });
    equal(rig.hands.quarantined.size, 0);
  }),
);

Deno.test(
  "incidents: who let it run is asked again when all seemed over and more comes",
  withRig(async (rig) => {
    await rig.record("incident.reported", "CP001", { what: "cover loose" });
    await rig.run("incident decide", { incident: "I-1", keep: true, ...REASON });
    rig.time.jump(POLICY_LIMITS.incidentWindowMs + 1);
    await rig.record("incident.reported", "CP001", { what: "cover off" });
    deepEqual(rig.standing(), ["I-1 CP001 other warning open"]);
    equal((await rig.show("I-1")).decided, undefined);
    ok(rig.audited().includes("incident.risen gateway"));
  }),
);

Deno.test(
  "incidents: the device's own work while it is set up again is explained by that",
  withRig(async (rig) => {
    await decided(rig);
    await rig.record("station.firmware.changed", "CP001", { firmwareVersion: "2" });
    deepEqual((await rig.show("I-1")).timeline.at(-1)?.explained, { kind: "re-provision", by: "I-1" });
  }),
);

/** Words that a person gave, and what is said of them. */
const REFUSED: readonly (readonly [command: string, args: Record<string, string | boolean>, why: RegExp])[] = [
  ["incident show", { incident: "I-9" }, /no incident "I-9"/],
  ["incident acknowledge", { incident: "I-9" }, /no incident/],
  ["incident decide", { incident: "I-1", reason: "why" }, /what becomes of the station/],
  ["incident decide", { incident: "I-1", keep: true, quarantine: true, reason: "why" }, /what becomes/],
  ["incident decide", { incident: "I-1", keep: true }, /--reason is missing/],
  ["incident decide", { incident: "I-1", keep: true, reason: "x" }, /--reason has 1 characters/],
  ["incident decide", { incident: "I-1", keep: true, reason: "x".repeat(501) }, /--reason has 501 characters/],
  ["incident step", { incident: "I-1", step: "look" }, /Nobody has decided yet/],
  ["incident close", { incident: "I-1" }, /Nobody has decided yet/],
  ["incident close", { incident: "I-1", "false-alarm": true }, /--reason is missing/],
  ["incident report", { station: "CP9", what: "a noise" }, /no station "CP9"/],
  ["incident report", { station: "CP001" }, /--what is missing/],
];
for (const [command, args, why] of REFUSED) {
  Deno.test(
    `incidents: ${command} ${JSON.stringify(args).slice(0, 60)} is refused and changes nothing`,
    withRig(async (rig) => {
      await rig.found("default-password");
      const before = rig.standing();
      await rejects(rig.run(command, args), (error: unknown) => {
        ok(error instanceof Error && why.test(error.message), `${error}`);
        return true;
      });
      deepEqual(rig.standing(), before);
    }),
  );
}

Deno.test(
  "incidents: a reason of as many characters as the limit is taken",
  withRig(async (rig) => {
    await rig.found("default-password");
    await rig.run("incident decide", { incident: "I-1", keep: true, reason: "x".repeat(INCIDENT_LIMITS.textChars) });
    match(rig.standing()[0]!, /decided/);
  }),
);

Deno.test(
  "incidents: a station that cannot be put into quarantine stays undecided",
  withRig(async (rig) => {
    await rig.found("default-password");
    rig.hands.refusal = new StorageError("STORE_FULL", "no room");
    await rejects(rig.run("incident decide", { incident: "I-1", quarantine: true, ...REASON }), /no room/);
    deepEqual(rig.standing(), ["I-1 CP001 reset critical open"]);
    ok(!rig.audited().includes("incident.decided eva"));
  }),
);

Deno.test(
  "incidents: a person's report begins one, lists tell what is next, closed ones are shown on demand",
  withRig(async (rig) => {
    match((await rig.run("incident list")).text, /No incident stands/);
    await rig.run("incident report", { station: "CP002", what: "the seal is broken" });
    match((await rig.run("incident list")).text, /I-1 +CP002 +warning +other +open .* acknowledge/);
    await rig.run("incident acknowledge", { incident: "I-1" });
    match((await rig.run("incident list", { station: "CP002" })).text, /decide/);
    match((await rig.run("incident list", { station: "CP001" })).text, /No incident stands/);
    await rig.run("incident close", { incident: "I-1", "false-alarm": true, reason: "old photo" });
    match((await rig.run("incident list")).text, /No incident stands/);
    match((await rig.run("incident list", { all: true })).text, /closed .*false-alarm/);
    match((await rig.run("incident show", { incident: "I-1" })).text, /Closed as false-alarm by eva.*old photo/);
  }),
);

Deno.test(
  "incidents: figures say how many stand in which state, and which signals came",
  withRig(async (rig) => {
    await rig.found("default-password");
    await rig.found("https-off", "CP002");
    await rig.run("incident acknowledge", { incident: "I-2" });
    equal(rig.metrics.get("bulkhead_incident_standing open"), 1);
    equal(rig.metrics.get("bulkhead_incident_standing acknowledged"), 1);
    equal(rig.metrics.get("bulkhead_incident_signals_total default-password"), 1);
  }),
);

Deno.test(
  "BC-07: a password that was set after a reset is not set again when the step is pressed twice",
  withRig(async (rig) => {
    rig.hands.known = { secrets: "driver", pages: "http", isPinned: false };
    await rig.found("default-password");
    await rig.run("incident acknowledge", { incident: "I-1" }, "eva");
    await rig.run("incident decide", { incident: "I-1", keep: true, ...REASON }, "eva");
    for (let press = 0; press < 2; press++) {
      await rig.run("incident step", { incident: "I-1", step: "password" }, "eva");
    }
    deepEqual(rig.hands.asked, ["run password for eva"]);
  }),
);

Deno.test(
  "incidents: settings that the gateway would restore may be put back by a person who says so; nothing else is done by hand instead",
  withRig(async (rig) => {
    rig.hands.known = { secrets: "driver", pages: "http", isPinned: false, canRestoreSettings: true };
    await rig.found("default-password");
    await rig.run("incident acknowledge", { incident: "I-1" }, "eva");
    await rig.run("incident decide", { incident: "I-1", keep: true, ...REASON }, "eva");
    const there = { person: "B. Meier", proof: "the maker's backup" };
    const step = (name: string, args = {}) => rig.run("incident step", { incident: "I-1", step: name, ...args }, "eva");
    await step("settings", there);
    await step("badges", there);
    await step("settings");
    deepEqual(rig.hands.asked, ["check settings for eva", "run badges for eva", "run settings for eva"]);
  }),
);

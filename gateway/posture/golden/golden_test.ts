import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import type { GoldenProfile } from "../../../policies/golden_types.ts";
import { readGuide } from "../guides.ts";
import { line, type PostureRig, withPosture } from "../testing/posture_rig.ts";
import type { FixRecord } from "./fix_book.ts";
import { GOLDEN_LIMITS } from "./limits.ts";

const setting = (id: string, key: string, value: string, more: object = {}) => ({
  ...{ id, title: `Title of ${id}`, source: "s", fixedBy: "gateway", ways: { "ocpp1.6": { name: key, value } } },
  ...more,
});
const PROFILE = {
  ...{ id: "lab", title: "Lab", about: "a" },
  settings: [
    setting("free", "Free", "false"),
    setting("log", "Log", "INFO", { accept: { is: ["INFO", "WARN"] } }),
    setting("rfid", "Rfid", "true", { fixedBy: "people" }),
    setting("cache", "Cache", "false"),
  ],
} as unknown as GoldenProfile;
const GOOD = { Free: "False", Log: "WARN", Rfid: "true", Cache: "false" };

interface Standing {
  readonly profile?: string;
  readonly findings: readonly { readonly setting: string; readonly state: string; readonly title: string }[];
  readonly fix?: FixRecord;
}

/** A connected station of the profile that was read, with these values beside the good ones. */
async function drifted(posture: PostureRig, keys: Record<string, string>): Promise<void> {
  posture.golden = [PROFILE];
  posture.keys = { ...posture.keys, ...GOOD, ...keys };
  await posture.rig.connect();
  await posture.command("posture run", { subject: "CP001" });
  posture.sent.length = 0;
}

async function statesOf(posture: PostureRig): Promise<Record<string, string>> {
  const { findings } = (await posture.command("posture golden", { station: "CP001" })).data as unknown as Standing;
  return Object.fromEntries(findings.map(({ setting, state }) => [setting, state]));
}

async function ask(posture: PostureRig, args: Record<string, string> = {}): Promise<FixRecord> {
  return (await posture.command("posture golden fix", { station: "CP001", ...args })).data as unknown as FixRecord;
}

async function fixOf(posture: PostureRig, id = "F1"): Promise<FixRecord> {
  const all = (await posture.command("posture golden fixes")).data as unknown as FixRecord[];
  return all.find((fix) => fix.id === id)!;
}

/** Asked by one person, approved by another, carried out as far as it goes now. */
async function carriedOut(posture: PostureRig, args: Record<string, string> = {}): Promise<FixRecord> {
  const { id } = await ask(posture, args);
  await posture.command("posture golden approve", { fix: id }, "otto");
  await posture.lookAtFixes();
  return await fixOf(posture, id);
}

const outcomes = ({ items }: FixRecord) => Object.fromEntries(items.map(({ setting, outcome }) => [setting, outcome]));

Deno.test(
  "golden: each setting of a station is shown against its model, and a station that no profile is about is said to be so",
  withPosture(async (posture) => {
    await drifted(posture, { Free: "true" });
    delete posture.keys["Cache"];
    await posture.command("posture run", { subject: "CP001" });
    deepEqual(await statesOf(posture), { free: "drifted", log: "same", rfid: "same", cache: "absent" });
    const { text } = await posture.command("posture golden", { station: "CP001" });
    match(text, /CP001 against lab/);
    match(text, /free +DRIFTED +true +false +ocpp1\.6/);
    posture.golden = [{ ...PROFILE, vendors: ["acme"] }];
    match(
      (await posture.command("posture golden", { station: "CP001" })).text,
      /No golden configuration is about CP001/,
    );
    match((await posture.command("posture golden")).text, /CP001 +- +0/);
    await rejects(posture.command("posture golden", { station: "CP404" }), { code: "STATION_UNKNOWN" });
  }),
);

Deno.test(
  "golden: a line of a guide that is not met names the fix that mends it, and one that only people change does not",
  withPosture(async (posture) => {
    posture.moreGuides = [readGuide(
      "g.yaml",
      JSON.stringify({
        ...{ id: "g", title: "G", about: "a", applies: { to: "station" } },
        lines: [["G-FREE", "Free", "off"], ["G-RFID", "Rfid", "on"], ["G-LOG", "Log", "INFO"]].map(([id, key, word]) =>
          line(id!, [{ by: "ocpp", key, expect: { is: [word] } }])
        ),
      }),
    )];
    await posture.restart();
    await drifted(posture, { Free: "true", Rfid: "false", Log: "INFO" });
    const { text, data } = await posture.command("posture show", { subject: "CP001", all: true });
    const { findings } = data as unknown as { findings: { line: string; fix?: string }[] };
    const fixes = findings.filter(({ line: id }) => id.startsWith("G-")).map(({ line: id, fix }) => [id, fix]);
    deepEqual(Object.fromEntries(fixes), { "G-FREE": "free", "G-RFID": undefined, "G-LOG": undefined });
    match(text, /fix: posture golden fix CP001 --settings free/);
  }),
);

Deno.test(
  "golden: a fix is asked by one person, approved by another, written when idle, read back, and audited at each step",
  withPosture(async (posture) => {
    await drifted(posture, { Free: "true", Cache: "true" });
    const { id } = await ask(posture, { reason: "hardening" });
    await rejects(posture.command("posture golden approve", { fix: id }, "EVA"), /golden\.fix\.own/);
    equal(posture.sent.length, 0, "nothing is written before it is approved");
    posture.isBusy = true;
    await posture.command("posture golden approve", { fix: id }, "otto");
    await posture.lookAtFixes();
    deepEqual([(await fixOf(posture)).state, (await fixOf(posture)).why], ["approved", "it is busy"]);
    posture.isBusy = false;
    posture.whyNotNow = "campaign C1 updates it now";
    await posture.lookAtFixes();
    equal((await fixOf(posture)).why, "campaign C1 updates it now");
    equal(posture.sent.includes("ChangeConfiguration"), false, "a station that charges or is updated is left alone");
    posture.whyNotNow = undefined;
    await posture.lookAtFixes();
    const fix = await fixOf(posture);
    deepEqual([fix.state, fix.approvedBy, outcomes(fix)], ["done", "otto", { free: "applied", cache: "applied" }]);
    deepEqual([posture.keys["Free"], posture.keys["Cache"]], ["false", "false"]);
    deepEqual(await statesOf(posture), { free: "same", log: "same", rfid: "same", cache: "same" });
    const told = posture.rig.audited.map(({ event }) => event).filter((event) => event.startsWith("posture.golden"));
    deepEqual(told, [
      ...["posture.golden.asked", "posture.golden.refused", "posture.golden.approved", "posture.golden.applied"],
    ]);
  }),
);

Deno.test(
  "golden: what the station refuses, takes and does not have, is told for each setting with an alarm; the rest is kept",
  withPosture(async (posture) => {
    await drifted(posture, { Free: "true", Cache: "true", Log: "DEBUG" });
    posture.writes = { Free: "Rejected" };
    posture.stubborn.add("Cache");
    const fix = await carriedOut(posture);
    deepEqual([fix.state, outcomes(fix)], ["failed", { free: "rejected", log: "applied", cache: "differs" }]);
    match(fix.why!, /1 of 3 settings are as wanted\. Free: it refused the value.*Cache: it took it and has true/);
    equal(posture.rig.raised.at(-1)?.kind, "posture.fix.failed");
    equal(posture.keys["Log"], "INFO");
  }),
);

Deno.test(
  "golden: a setting that counts after a restart has the idle station restarted, and is read when it is back",
  withPosture(async (posture) => {
    await drifted(posture, { Free: "true", Cache: "true" });
    posture.writes = { Free: "RebootRequired" };
    const waiting = await carriedOut(posture);
    deepEqual([waiting.state, outcomes(waiting)], ["restarting", { free: "restart", cache: "applied" }]);
    ok(posture.sent.includes("Reset Soft"));
    await posture.lookAtFixes();
    equal((await fixOf(posture)).state, "restarting", "the connection from before the restart proves nothing");
    await posture.rig.time.advance(60_000);
    await posture.rig.connect();
    await posture.lookAtFixes();
    deepEqual([(await fixOf(posture)).state, outcomes(await fixOf(posture))], [
      ...["done", { free: "applied", cache: "applied" }],
    ]);
  }),
);

Deno.test(
  "golden: a station that does not come back from its restart, or refuses to restart, is told of",
  withPosture(async (posture) => {
    await drifted(posture, { Free: "true" });
    posture.writes = { Free: "RebootRequired" };
    await carriedOut(posture);
    await posture.rig.time.advance(GOLDEN_LIMITS.restartMs - 1);
    await posture.lookAtFixes();
    equal((await fixOf(posture)).state, "restarting");
    await posture.rig.time.advance(1);
    await posture.lookAtFixes();
    match((await fixOf(posture)).why!, /Free: it did not come back after its restart/);
    posture.keys["Free"] = "true";
    posture.stubborn.add("Free");
    posture.writes = { Free: "RebootRequired", Reset: "Rejected" };
    await posture.command("posture run", { subject: "CP001" });
    const fix = await carriedOut(posture);
    deepEqual([fix.state, fix.items[0]?.why], ["failed", "it counts after its next restart"]);
  }),
);

Deno.test(
  "golden: a restart of the gateway in the middle goes on where it was; what was written is not written again",
  withPosture(async (posture) => {
    await drifted(posture, { Free: "true", Cache: "true" });
    const { id } = await ask(posture);
    posture.writes = {};
    const lost: string[] = [];
    const answer = posture.rig.answers["station.call"]!;
    // it takes the first write, and then the connection is gone before it can say so
    posture.rig.answers["station.call"] = ((call: { action: string; payload: { key?: string } }) => {
      const result = answer(call as never);
      if (call.action !== "ChangeConfiguration" || lost.length > 0) return result;
      lost.push(call.payload.key!);
      return { noAnswer: "ended" };
    }) as never;
    await posture.command("posture golden approve", { fix: id }, "otto");
    await posture.lookAtFixes();
    await posture.restart();
    await posture.lookAtFixes();
    const fix = await fixOf(posture);
    deepEqual([fix.state, outcomes(fix)], ["done", { free: "applied", cache: "applied" }]);
    equal(posture.sent.filter((action) => action === "ChangeConfiguration").length, 2, "each once");
    deepEqual(fix.items.map(({ before }) => before), ["true", "true"]);
  }),
);

Deno.test(
  "golden: a station that leaves again and again in the middle is given up after its tries, with what nobody knows",
  withPosture(async (posture) => {
    await drifted(posture, { Free: "true" });
    const { id } = await ask(posture);
    posture.answer = { noAnswer: "timeout" };
    await posture.command("posture golden approve", { fix: id }, "otto");
    for (let look = 1; look < GOLDEN_LIMITS.tries; look++) await posture.lookAtFixes();
    await posture.lookAtFixes();
    const fix = await fixOf(posture);
    deepEqual([fix.state, outcomes(fix), fix.tries], ["failed", { free: "unknown" }, GOLDEN_LIMITS.tries]);
  }),
);

Deno.test(
  "golden: what a fix changed is put back by another one, which needs two persons too",
  withPosture(async (posture) => {
    await drifted(posture, { Free: "true", Log: "DEBUG" });
    const { id } = await carriedOut(posture);
    const undo = (await posture.command("posture golden undo", { fix: id })).data as unknown as FixRecord;
    deepEqual(undo.items.map(({ name, value }) => [name, value]), [["Log", "DEBUG"], ["Free", "true"]]);
    await rejects(posture.command("posture golden approve", { fix: undo.id }, "eva"), /golden\.fix\.own/);
    await posture.command("posture golden approve", { fix: undo.id }, "otto");
    await posture.lookAtFixes();
    deepEqual([(await fixOf(posture, undo.id)).state, posture.keys["Log"], posture.keys["Free"]], [
      ...["done", "DEBUG", "true"],
    ]);
  }),
);

Deno.test(
  "golden: a setting of the page is written by the driver, in one login, and one that it keeps is told of",
  withPosture(async (posture) => {
    const { stations } = posture.rig.feature.parts;
    Object.assign(stations.get("CP001")!, { ui: { url: "https://10.0.0.1", driver: "bender" } });
    posture.pages = { Scripts_usb: "On", Wan_tcpip: "On" };
    posture.golden = [{
      ...PROFILE,
      settings: [
        setting("scripts", "x", "", { ways: { driver: { name: "Scripts_usb", value: "Off" } } }),
        setting("wan", "x", "", { ways: { driver: { name: "Wan_tcpip", value: "Off" } } }),
      ],
    } as unknown as GoldenProfile];
    await posture.command("posture run", { subject: "CP001" });
    posture.stubborn.add("Wan_tcpip");
    posture.sent.length = 0;
    const fix = await carriedOut(posture);
    deepEqual([fix.state, outcomes(fix)], ["failed", { scripts: "applied", wan: "differs" }]);
    equal(posture.sent.filter((action) => action.startsWith("page write")).length, 1);
    deepEqual(fix.items.map(({ before }) => before), ["On", "On"]);
  }),
);

Deno.test(
  "golden: pages that a person has are waited for; pages that refuse end the fix",
  withPosture(async (posture) => {
    const { stations } = posture.rig.feature.parts;
    Object.assign(stations.get("CP001")!, { ui: { url: "https://10.0.0.1", driver: "bender" } });
    posture.pages = { Scripts_usb: "On" };
    const ways = { driver: { name: "Scripts_usb", value: "Off" } };
    posture.golden = [{ ...PROFILE, settings: [setting("scripts", "x", "", { ways })] } as unknown as GoldenProfile];
    await posture.command("posture run", { subject: "CP001" });
    posture.pageFailure = { ok: false, failure: "busy", why: "otto has it" };
    equal((await carriedOut(posture)).state, "writing");
    posture.pageFailure = { ok: false, failure: "rejected", why: "the page says no" };
    await posture.lookAtFixes();
    const fix = await fixOf(posture);
    deepEqual([fix.state, fix.items[0]?.outcome, fix.items[0]?.why], ["failed", "rejected", "the page says no"]);
  }),
);

Deno.test(
  "golden: a 2.0.1 station is written by SetVariables",
  withPosture(async (posture) => {
    const ways = { ocpp2: { name: "TxCtrlr.StopTxOnInvalidId", value: "true" } };
    posture.golden = [{ ...PROFILE, settings: [setting("stop", "x", "", { ways })] } as unknown as GoldenProfile];
    posture.keys = { "TxCtrlr.StopTxOnInvalidId": "false" };
    posture.rig.feature.parts.stations.get("CP001")!.ocpp!.protocols.splice(0, 1, "ocpp2.0.1");
    await posture.rig.connect({ offeredProtocols: ["ocpp2.0.1"] });
    await posture.command("posture run", { subject: "CP001" });
    const fix = await carriedOut(posture);
    deepEqual([fix.state, posture.keys["TxCtrlr.StopTxOnInvalidId"]], ["done", "true"]);
    ok(posture.sent.includes("SetVariables"));
  }),
);

const REFUSALS: readonly (readonly [what: string, command: string, args: Record<string, string>, error: RegExp])[] = [
  ["a setting that only people change", "posture golden fix", { station: "CP001", settings: "rfid" }, /does not write/],
  ["a setting that no profile has", "posture golden fix", { station: "CP001", settings: "free,x" }, /no setting "x"/],
  ["a setting that is as wanted", "posture golden fix", { station: "CP001", settings: "log" }, /nothing to write/],
  ["a station that nobody knows", "posture golden fix", { station: "CP404" }, /CP404/],
  ["a fix that nobody knows", "posture golden approve", { fix: "F9" }, /no fix "F9"/],
  ["to cancel one that nobody knows", "posture golden cancel", { fix: "F9" }, /no fix "F9"/],
  ["to undo one that nobody knows", "posture golden undo", { fix: "F9" }, /no fix "F9"/],
  ["a reason beyond the limit", "posture golden fix", { station: "CP001", reason: "x".repeat(501) }, /501 characters/],
];
for (const [what, command, args, error] of REFUSALS) {
  Deno.test(
    `golden: refused with a reason: ${what}`,
    withPosture(async (posture) => {
      await drifted(posture, { Free: "true", Rfid: "false" });
      await rejects(posture.command(command, args), error);
    }),
  );
}

Deno.test(
  "golden: one fix of a station at a time; one that is called off is over; what is over is not approved",
  withPosture(async (posture) => {
    await drifted(posture, { Free: "true" });
    const { id } = await ask(posture);
    await rejects(ask(posture), /F1 is open for CP001/);
    await rejects(posture.command("posture golden undo", { fix: id }), /is not over/);
    await posture.command("posture golden cancel", { fix: id });
    await rejects(posture.command("posture golden approve", { fix: id }, "otto"), /F1 is cancelled already/);
    await rejects(posture.command("posture golden undo", { fix: id }), /nothing to write/);
    equal((await ask(posture)).id, "F2");
  }),
);

Deno.test(
  "golden: a fix that nobody approves, and one whose station is never idle, end after their time",
  withPosture(async (posture) => {
    await drifted(posture, { Free: "true" });
    await ask(posture);
    await posture.rig.time.advance(GOLDEN_LIMITS.waitMs - 1);
    await posture.lookAtFixes();
    equal((await fixOf(posture)).state, "waits");
    await posture.rig.time.advance(1);
    await posture.lookAtFixes();
    deepEqual([(await fixOf(posture)).state, (await fixOf(posture)).why], [
      ...["expired", "nobody approved it within 7 days"],
    ]);
    const { id } = await ask(posture);
    posture.isBusy = true;
    await posture.command("posture golden approve", { fix: id }, "otto");
    await posture.lookAtFixes();
    await posture.rig.time.advance(GOLDEN_LIMITS.waitMs);
    await posture.lookAtFixes();
    match((await fixOf(posture, id)).why!, /not idle within 7 days: it is busy/);
    equal(posture.sent.includes("ChangeConfiguration"), false);
  }),
);

Deno.test(
  "golden: who approves at the moment a fix runs out is told so, or it does not run out: never both",
  withPosture(async (posture) => {
    await drifted(posture, { Free: "true" });
    const { id } = await ask(posture);
    posture.isBusy = true;
    await posture.rig.time.advance(GOLDEN_LIMITS.waitMs);
    const [, approved] = await Promise.allSettled([
      posture.lookAtFixes(),
      posture.command("posture golden approve", { fix: id }, "otto"),
    ]);
    const { state } = await fixOf(posture, id);
    equal(approved.status === "fulfilled", state === "approved", `${approved.status}, and it is ${state}`);
  }),
);

Deno.test(
  "golden: what came of a fix brings nothing back of a station that has left while it was written",
  withPosture(async (posture) => {
    await drifted(posture, { Free: "true" });
    const { id } = await ask(posture);
    const answer = posture.rig.answers["station.call"]!;
    posture.rig.answers["station.call"] = ((call: { action: string }) => {
      if (call.action === "ChangeConfiguration") posture.rig.feature.parts.stations.all = () => [];
      return answer(call as never);
    }) as never;
    await posture.command("posture golden approve", { fix: id }, "otto");
    await posture.lookAtFixes();
    await posture.lookAtFixes();
    deepEqual((await posture.command("posture golden fixes")).data, []);
    await posture.restart();
    deepEqual((await posture.command("posture golden fixes")).data, []);
  }),
);

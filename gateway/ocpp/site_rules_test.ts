import { Buffer } from "node:buffer";
import { deepEqual, equal, throws } from "node:assert/strict";
import type { OcppRule } from "../../policies/ocpp_rule.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { type OcppVersion, parseFrame } from "./codec.ts";
import type { Side } from "./effects.ts";
import { MessageRecorder } from "./message_recorder.ts";
import { createJudge } from "./policy.ts";
import { SiteRules } from "./site_rules.ts";
import type { SchemaCheck } from "./validation.ts";

const ALLOW: OcppRule = { id: "rest", effect: "allow", because: "The rest" };
const FIRMWARE: OcppRule = {
  id: "firmware-hosts",
  effect: "deny",
  because: "Not from there",
  from: "csms",
  actions: ["UpdateFirmware"],
  hostsOutside: ["fw.example"],
};
const KEYS: OcppRule = { id: "keys", effect: "deny", because: "On site", from: "csms", keys: ["ocppcentraladdress"] };
/** The form of the messages is not what these tests are about. */
const CHECK: SchemaCheck = { call: () => undefined, result: () => undefined };
const STATE = { repeated: false, overRate: false, overPending: false };

function rig(rules: readonly OcppRule[] | undefined, mode: "enforce" | "observe" = "enforce") {
  const time = new ManualTime();
  const recorder = new MessageRecorder(time);
  const inForce = rules && { rules, mode, timeZone: "Europe/Berlin" };
  const site = new SiteRules(time, recorder, inForce);
  const connect = (version: OcppVersion = "ocpp1.6", id = "CP001") => {
    const judge = createJudge({
      version,
      validation: "observe",
      check: CHECK,
      securityProfile: 1,
      site: site.judgeOf({ station: { id }, csms: "main" }, version),
    });
    /** The rule that refuses, or what it passes as. */
    return (from: Side, text: string) => {
      const verdict = judge.call(from, parseFrame(text), STATE);
      return verdict.pass ? verdict.would ?? verdict.rule : verdict.rule;
    };
  };
  return { time, recorder, site, connect };
}
const update = (payload: string, action = "UpdateFirmware") => `[2,"1","${action}",${payload}]`;
const signed = (content: string, action = "UpdateFirmware") => {
  const payload = Buffer.from(content).toString("base64url");
  return `[2,"1","${action}-Signed",{"payload":"${payload}","signatures":[{"protected":"x","signature":"y"}]}]`;
};

const TRICKS: readonly [name: string, text: string][] = [
  ["another host", update(`{"location":"https://evil.example/1"}`)],
  ["a key in escapes", update(`{"\\u006cocation":"https://evil.example/1"}`)],
  ["a value in escapes", update(`{"location":"https:\\/\\/evil\\u002eexample\\/1"}`)],
  ["an action in escapes", update(`{"location":"https://evil.example/1"}`, "Update\\u0046irmware")],
  [
    "the good location first, the bad one behind it",
    update(`{"location":"https://fw.example/1","location":"https://evil.example/1"}`),
  ],
  [
    "the bad location first, the good one behind it",
    update(`{"location":"https://evil.example/1","location":"https://fw.example/1"}`),
  ],
  [
    "equal keys, one of them in escapes",
    update(`{"location":"https://evil.example/1","locatio\\u006e":"https://fw.example/1"}`),
  ],
  ["equal keys somewhere else in the message", update(`{"location":"https://fw.example/1","x":{"a":1,"a":2}}`)],
  [
    "a key in capitals beside the right one",
    update(`{"location":"https://fw.example/1","LOCATION":"https://evil.example/1"}`),
  ],
  [
    "a key with a NUL behind it",
    update(`{"location":"https://fw.example/1","location\\u0000":"https://evil.example/1"}`),
  ],
  ["an action in another case", update(`{"location":"https://fw.example/1"}`, "updateFirmware")],
  ["an action with a NUL behind it", update(`{"location":"https://fw.example/1"}`, "UpdateFirmware\\u0000")],
  ["an action with a blank behind it", update(`{"location":"https://fw.example/1"}`, "UpdateFirmware ")],
  ["a location that is no text", update(`{"location":["https://fw.example/1"]}`)],
  ["a signed message to another host", signed(`{"location":"https://evil.example/1"}`)],
  [
    "a signed message in another spelling",
    signed(`{"location":"https://evil.example/1"}`).replace("-Signed", "-signed"),
  ],
  [
    "a signed message with equal keys",
    signed(`{"location":"https://fw.example/1","location":"https://evil.example/1"}`),
  ],
  [
    "a signed message with two contents",
    signed(`{"location":"https://fw.example/1"},{"location":"https://evil.example/1"}`),
  ],
  ["a signed message without JSON", signed(`location`)],
  ["a signed message without content", `[2,"1","UpdateFirmware-Signed",{"signatures":[]}]`],
  ["a signed message in no base64", `[2,"1","UpdateFirmware-Signed",{"payload":"e30*"}]`],
  ["a payload that is a list", `[2,"1","UpdateFirmware",[{"location":"https://evil.example/1"}]]`],
  ["no payload", `[2,"1","UpdateFirmware"]`],
];
for (const [name, text] of TRICKS) {
  Deno.test(`site rules: refuses ${name}`, () => {
    equal(rig([FIRMWARE, ALLOW]).connect()("csms", text), "site.firmware-hosts");
  });
}

Deno.test("site rules: what is right passes, plain, in escapes and signed", () => {
  const judge = rig([FIRMWARE, ALLOW]).connect();
  equal(judge("csms", update(`{"location":"https://fw.example/1"}`)), "ocpp.forward");
  equal(judge("csms", update(`{"\\u006cocation":"https:\\/\\/fw.example\\/1"}`)), "ocpp.forward");
  equal(judge("csms", signed(`{"location":"https://fw.example/1"}`)), "ocpp.forward");
  equal(
    judge("csms", `[2,"1","Reset",{"type":"Hard","type":"Soft"}]`),
    "ocpp.frame",
    "noted only: no rule asks for its fields",
  );
});

Deno.test("site rules: refusals are SecurityError in every version, with the sentence of the rule", () => {
  for (const version of ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as const) {
    const time = new ManualTime();
    const site = new SiteRules(time, new MessageRecorder(time), {
      rules: [FIRMWARE],
      mode: "enforce",
      timeZone: "UTC",
    }).judgeOf({ station: { id: "CP001" }, csms: "main" }, version);
    const settings = { version, validation: "observe", check: CHECK, securityProfile: 1, site } as const;
    const judge = createJudge(settings);
    const refused = judge.call("csms", parseFrame(update(`{"location":"x"}`)), STATE);
    const reason = "Not from there";
    deepEqual(refused, { pass: false, rule: "site.firmware-hosts", code: "SecurityError", reason });
    const none = judge.call("csms", parseFrame(`[2,"1","Reset",{}]`), STATE);
    deepEqual(!none.pass && !none.take && [none.rule, none.code], ["ocpp.no-rule", "SecurityError"]);
  }
});

Deno.test("site rules: without a file everything goes on to the built-in rules", () => {
  const judge = rig(undefined).connect();
  equal(judge("csms", update(`{"location":"https://evil.example/1"}`)), "ocpp.forward");
});

Deno.test("site rules: a live session follows new rules with its next message, in both directions of the change", () => {
  const { site, connect } = rig(undefined);
  const judge = connect();
  const text = `[2,"1","ChangeConfiguration",{"key":"OCPPCentralAddress","value":"x"}]`;
  equal(judge("csms", text), "ocpp.forward");
  site.configure({ rules: [KEYS, ALLOW], mode: "enforce", timeZone: "UTC" });
  equal(judge("csms", text), "site.keys");
  site.configure({ rules: [KEYS, ALLOW], mode: "observe", timeZone: "UTC" });
  equal(judge("csms", text), "site.keys", "noted, not refused");
  site.configure(undefined);
  equal(judge("csms", text), "ocpp.forward");
});

Deno.test("site rules: neither a reconnect nor a reload gives a new allowance; time does", () => {
  const few: OcppRule = { id: "few", effect: "deny", because: "x", actions: ["Reset"], rate: { over: 2, seconds: 60 } };
  const { site, connect, time } = rig([few, ALLOW]);
  const reset = `[2,"1","Reset",{"type":"Soft"}]`;
  const first = connect();
  deepEqual([first("csms", reset), first("csms", reset), first("csms", reset)], [
    "ocpp.forward",
    "ocpp.forward",
    "site.few",
  ]);
  const again = connect();
  equal(again("csms", reset), "site.few");
  site.configure({ rules: [few, ALLOW], mode: "enforce", timeZone: "UTC" });
  equal(again("csms", reset), "site.few");
  equal(connect("ocpp1.6", "CP002")("csms", reset), "ocpp.forward", "each station has its own");
  time.advance(60_000);
  equal(again("csms", reset), "ocpp.forward");
});

Deno.test("site rules: hours are those of the site's time zone at the wall clock", () => {
  const night: OcppRule = { id: "night", effect: "deny", because: "x", hours: { from: "22:00", to: "06:00" } };
  const { connect, time } = rig([night, ALLOW]);
  const judge = connect();
  const at = (utc: string) => {
    time.jump(Date.parse(utc) - time.now());
    return judge("csms", `[2,"1","Reset",{}]`);
  };
  deepEqual([at("2026-07-06T19:59:00Z"), at("2026-07-06T20:00:00Z")], ["ocpp.forward", "site.night"], "summer: UTC+2");
  deepEqual([at("2026-12-07T20:59:00Z"), at("2026-12-07T21:00:00Z")], ["ocpp.forward", "site.night"], "winter: UTC+1");
});

Deno.test("invariant 15: transaction messages pass under rules that deny everything, and are noted", () => {
  const judge = rig([{ id: "all", effect: "deny", because: "x" }]).connect();
  for (
    const action of ["StartTransaction", "StopTransaction", "MeterValues", "TransactionEvent", "MeterValues-Signed"]
  ) {
    const site = rig([{ id: "all", effect: "deny", because: "x" }]).connect();
    equal(site("station", `[2,"1","${action}",{"a":1,"a":2}]`), "site.all");
  }
  equal(judge("station", `[2,"1","Heartbeat",{}]`), "site.all");
});

Deno.test("site rules: a limited secondary is judged as itself, and the station's own CSMS again after it", () => {
  const time = new ManualTime();
  const recorder = new MessageRecorder(time);
  const ems: OcppRule = { id: "no-ems-reset", effect: "deny", because: "x", csms: ["ems"], actions: ["Reset"] };
  const rules = new SiteRules(time, recorder, { rules: [ems, ALLOW], mode: "enforce", timeZone: "UTC" });
  const site = rules.judgeOf({ station: { id: "CP001" }, csms: "main" }, "ocpp1.6");
  const reset = parseFrame(`[2,"1","Reset",{"type":"Soft"}]`);
  const by = (csms: string) => site.speakingAs(csms, () => site.judge("csms", reset)?.rule);
  deepEqual([by("ems"), by("main"), by("EMS"), by("ems")], ["no-ems-reset", "rest", "rest", "no-ems-reset"]);
  throws(() =>
    site.speakingAs("ems", () => {
      throw new Error("a fault");
    })
  );
  equal(site.judge("csms", reset)?.rule, "rest");
  rules.configure({ rules: [ALLOW], mode: "enforce", timeZone: "UTC" });
  equal(by("ems"), "rest", "it follows a change as well");
  deepEqual(recorder.take(0, 9).map(({ resource, messages }) => [resource.csms, messages[0]?.count]), [
    ["ems", 3],
    ["main", 2],
    ["EMS", 1],
  ]);
});

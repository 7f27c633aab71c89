import { deepStrictEqual as equal } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { FakeControl } from "../../tests/support/ocpp_rig.ts";
import { parseFrame } from "./codec.ts";
import { EXPECTED_RULE, ExpectedCalls } from "./expected_calls.ts";
import { OCPP_LIMITS } from "./limits.ts";
import type { Judge, Side } from "./session.ts";

const CALM = { repeated: false, overRate: false, overPending: false };
const PASS: Judge = { call: () => ({ pass: true, rule: "test.pass" }), result: () => "its fault" };
const REFUSE: Judge = { ...PASS, call: () => ({ pass: false, rule: "test.no", code: "GenericError", reason: "no" }) };

function rig(inner = PASS) {
  const time = new ManualTime();
  const expected = new ExpectedCalls({ clock: time, control: new FakeControl(() => ({}) as never) });
  const { part } = expected;
  const expect = (stationId: string, forMs: number, action = "SignCertificate") =>
    part.handlers!["station.expect"]!({ stationId, action, forMs });
  const rule = (stationId: string, from: Side = "station", action = "SignCertificate") =>
    part.judging!(inner, "ocpp1.6", stationId).call(from, parseFrame(JSON.stringify([2, "1", action, {}])), CALM).rule;
  return { time, part, expect, rule };
}

Deno.test("expected calls: only that action of that station is taken, as long as it is expected", () => {
  const { expect, rule, time } = rig();
  equal(rule("CP001"), "test.pass");
  expect("CP001", 60_000);
  equal(rule("CP001"), EXPECTED_RULE);
  equal(rule("CP0011"), "test.pass");
  equal(rule("CP001", "csms"), "test.pass", "the CSMS asks something else with it");
  equal(rule("CP001", "station", "Heartbeat"), "test.pass");
  time.advance(59_999);
  equal(rule("CP001"), EXPECTED_RULE);
  time.advance(1);
  equal(rule("CP001"), "test.pass");
});

Deno.test("expected calls: a request for a certificate that cars are shown goes to the CSMS, whatever is waited for", () => {
  const { expect, part } = rig();
  expect("CP001", 60_000);
  const ruleOf = (payload: unknown) =>
    part.judging!(PASS, "ocpp2.1", "CP001")
      .call("station", parseFrame(JSON.stringify([2, "1", "SignCertificate", payload])), CALM).rule;
  equal(ruleOf({ csr: "x" }), EXPECTED_RULE);
  equal(ruleOf({ csr: "x", certificateType: "ChargingStationCertificate" }), EXPECTED_RULE);
  equal(ruleOf({ csr: "x", certificateType: "V2GCertificate" }), "test.pass");
  equal(ruleOf({ csr: "x", certificateType: "V2G20Certificate" }), "test.pass");
});

Deno.test("expected calls: what is refused stays refused, faults of answers stay told", () => {
  const { expect, rule, part } = rig(REFUSE);
  expect("CP001", 60_000);
  equal(rule("CP001"), "test.no");
  equal(part.judging!(PASS, "ocpp1.6", "CP001").result("X", parseFrame('[3,"1",{}]')), "its fault");
});

Deno.test("expected calls: the end can be told, and time is bounded", () => {
  const { expect, rule, time } = rig();
  expect("CP001", 60_000);
  expect("CP001", 0);
  equal(rule("CP001"), "test.pass");
  expect("CP001", 10 * OCPP_LIMITS.expectedMs);
  time.advance(OCPP_LIMITS.expectedMs - 1);
  equal(rule("CP001"), EXPECTED_RULE);
  time.advance(1);
  equal(rule("CP001"), "test.pass");
});

Deno.test("expected calls: so many are kept, one more costs the oldest", () => {
  const { expect, rule, part } = rig();
  for (let i = 0; i < OCPP_LIMITS.expectedCalls; i++) expect(`S${i}`, 60_000);
  equal(rule("S0"), EXPECTED_RULE);
  expect("PAST", 60_000);
  equal([rule("S0"), rule("S1"), rule("PAST")], ["test.pass", EXPECTED_RULE, EXPECTED_RULE]);
  part.tick!();
  equal(rule("S1"), EXPECTED_RULE);
});

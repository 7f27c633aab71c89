import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { Talk } from "../../tests/support/session_talk.ts";
import { OCPP_LIMITS } from "./limits.ts";
import type { OcppVersion } from "./codec.ts";

const call = (id: string, action = "Heartbeat", payload: unknown = {}) => JSON.stringify([2, id, action, payload]);
const result = (id: string) => `[3,"${id}",{}]`;

/** Takes whatever is named Take..., and MeterValues when told. */
const taking = (version: OcppVersion = "ocpp1.6", also = "") =>
  new Talk(version, "observe", undefined, (action) => {
    return action.startsWith("Take") || action === also ? { pass: false, take: true, rule: "test.take" } : undefined;
  });

Deno.test("ocpp session: a taken call is not relayed and answered by the gateway once", () => {
  for (const from of ["station", "csms"] as const) {
    const talk = taking();
    equal(talk.say(from, call("1", "TakeIt")), [`take ${from} TakeIt test.take`]);
    equal(talk.answer(from, "1", { payload: { status: "Accepted" } }), [`${from} <! [3,"1",{"status":"Accepted"}]`]);
    equal(talk.answer(from, "1", { payload: {} }), [], "once");
  }
});

Deno.test("ocpp session: a taken call can be answered with an error in the version's own words", () => {
  const talk = taking("ocpp2.0.1");
  talk.say("csms", call("1", "TakeIt"));
  equal(talk.answer("csms", "1", { code: "SecurityError", description: "no", details: { rule: "r" } }), [
    'csms <! [4,"1","SecurityError","no",{"rule":"r"}]',
  ]);
});

Deno.test("ocpp session: a taken call of the CSMS does not occupy the station", () => {
  const talk = taking();
  talk.say("csms", call("1", "TakeIt"));
  equal(talk.say("csms", call("2", "Reset")), [`station <- ${call("2", "Reset")}`]);
  equal(talk.say("csms", call("3", "TakeIt")), ["take csms TakeIt test.take"], "nor does it wait for its turn");
});

Deno.test("ocpp session: neither peer can answer a taken call", () => {
  const talk = taking();
  talk.say("station", call("1", "TakeIt"));
  talk.say("csms", call("2", "TakeIt"));
  equal(talk.say("csms", result("1")), ["note unmatched-reply"]);
  equal(talk.say("station", result("2")), ["note unmatched-reply"]);
  equal(talk.answer("station", "1", { payload: {} }), ['station <! [3,"1",{}]']);
});

Deno.test("ocpp session: equal ids of both sides are told apart, a repeated one is answered as often as it was asked", () => {
  const talk = taking();
  talk.say("station", call("1", "TakeIt"));
  talk.say("csms", call("1", "TakeIt"));
  talk.say("station", call("1", "TakeIt"));
  equal(talk.answer("csms", "1", { payload: { c: 1 } }), ['csms <! [3,"1",{"c":1}]']);
  equal(talk.answer("csms", "1", { payload: {} }), []);
  equal(talk.answer("station", "1", { payload: {} }), ['station <! [3,"1",{}]']);
  equal(talk.answer("station", "1", { payload: {} }), ['station <! [3,"1",{}]']);
  equal(talk.answer("station", "1", { payload: {} }), []);
});

Deno.test("ocpp session: unanswered taken calls count as pending, and are bounded on both sides", () => {
  const station = taking();
  for (let i = 0; i < OCPP_LIMITS.stationPending; i++) station.say("station", call(`${i}`, "TakeIt"));
  equal(station.say("station", call("past"))[0], "note refused ocpp.pending");
  station.answer("station", "0", { payload: {} });
  equal(station.say("station", call("room")), [`csms <- ${call("room")}`]);
  const csms = taking();
  for (let i = 0; i < OCPP_LIMITS.csmsPending; i++) csms.say("csms", call(`${i}`, "TakeIt"));
  equal(csms.say("csms", call("past", "Reset"))[0], "note refused ocpp.pending");
});

Deno.test("ocpp session: taken calls of the CSMS end with its connection, those of the station stay", () => {
  const talk = taking();
  talk.say("csms", call("1", "TakeIt"));
  talk.say("station", call("2", "TakeIt"));
  const { csmsLeg } = talk.session;
  talk.session.csmsReplaced();
  equal(talk.answer("csms", "1", { payload: {} }, { csmsLeg }), []);
  talk.say("csms", call("1", "TakeIt"));
  equal(talk.answer("csms", "1", { payload: { to: "the leg before" } }, { csmsLeg }), []);
  equal(talk.answer("csms", "1", { payload: {} }), ['csms <! [3,"1",{}]']);
  equal(talk.answer("station", "2", { payload: {} }), ['station <! [3,"2",{}]']);
});

Deno.test("ocpp session: 2.1 takes a SEND without an answer, and a complaint about our own answer goes to no one", () => {
  const talk = taking("ocpp2.1");
  equal(talk.say("station", '[6,"1","TakeStream",{}]'), ["take station TakeStream test.take"]);
  equal(talk.answer("station", "1", { payload: {} }), []);
  talk.say("csms", call("2", "TakeIt"));
  talk.answer("csms", "2", { payload: {} });
  equal(talk.say("csms", '[5,"2","FormatViolation","",{}]'), ["note unmatched-reply"]);
});

Deno.test("ocpp session: the effect of a taken call carries the bytes as they came, and its fate", () => {
  const talk = taking("ocpp1.6", "MeterValues");
  const odd = '[2, "1" ,"MeterValues",{"x":1.0}]';
  const effects = talk.session.receive("station", new TextEncoder().encode(odd), odd, 0);
  const take = effects.find((effect) => effect.do === "take");
  equal(new TextDecoder().decode(take?.bytes), odd);
  const judged = effects.find((effect) => effect.do === "call");
  equal(judged?.fate, "taken");
  ok(!effects.some((effect) => effect.do === "send"));
});

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { Talk } from "../../tests/support/session_talk.ts";
import { OCPP_LIMITS } from "./limits.ts";
import type { SchemaCheck } from "./validation.ts";

const call = (id: string, action = "Heartbeat", payload: unknown = {}) => JSON.stringify([2, id, action, payload]);
const result = (id: string) => `[3,"${id}",{}]`;

Deno.test("ocpp session: a call of the station goes to the CSMS and its answer back, as they came", () => {
  const talk = new Talk();
  const odd = '[ 2 , "1" ,"Heartbeat", {"x" : 1.0, "\\u0061":"\\u00e4"} ]';
  equal(talk.say("station", odd), [`csms <- ${odd}`]);
  equal(talk.say("csms", '[3 ,"1",{}]'), ['station <- [3 ,"1",{}]']);
});

Deno.test("ocpp session: crossing calls with the same id are told apart by direction", () => {
  const talk = new Talk();
  talk.say("station", call("1"));
  equal(talk.say("csms", call("1", "Reset")), [`station <- ${call("1", "Reset")}`]);
  equal(talk.say("station", result("1")), [`csms <- ${result("1")}`]);
  equal(talk.say("csms", result("1")), [`station <- ${result("1")}`]);
  equal(talk.session.load, { station: 0, csms: 0, queued: 0, own: 0 });
});

Deno.test("ocpp session: one call at a time is outstanding at the station, the others wait in order (LC10)", () => {
  const talk = new Talk();
  equal(talk.say("csms", call("1", "A")), [`station <- ${call("1", "A")}`]);
  equal(talk.say("csms", call("2", "B")), []);
  equal(talk.say("csms", call("3", "C")), []);
  equal(talk.say("station", result("1")), [`csms <- ${result("1")}`, `station <- ${call("2", "B")}`]);
  equal(talk.say("station", '[4,"2","NotSupported","",{}]'), [
    'csms <- [4,"2","NotSupported","",{}]',
    `station <- ${call("3", "C")}`,
  ]);
});

Deno.test("ocpp session: calls of the station are passed on in order without waiting (Q14)", () => {
  const talk = new Talk();
  for (let i = 0; i < 10; i++) equal(talk.say("station", call(`${i}`)), [`csms <- ${call(`${i}`)}`]);
  equal(talk.say("csms", result("7")), [`station <- ${result("7")}`]);
});

Deno.test("ocpp session: a very late answer of the station is forwarded once, and no one else's", () => {
  const talk = new Talk();
  talk.say("csms", call("1", "A"));
  talk.say("csms", call("2", "B"));
  equal(talk.tick(29), []);
  equal(talk.tick(1), ["note call-timeout", `station <- ${call("2", "B")}`]);
  equal(talk.say("station", result("1")), [`csms <- ${result("1")}`, "note late-reply"]);
  equal(talk.say("station", result("1")), ["note unmatched-reply"]);
  equal(talk.say("station", result("2")), [`csms <- ${result("2")}`]);
});

Deno.test("ocpp session: a call that waited too long is answered and not sent any more", () => {
  const talk = new Talk();
  talk.say("csms", call("1", "A"));
  talk.say("csms", call("2", "B"));
  talk.say("csms", call("3", "C"));
  talk.say("csms", call("4", "D"));
  equal(talk.tick(30), ["note call-timeout", `station <- ${call("2", "B")}`]);
  const [timeout, sent, refused, answer] = talk.tick(30);
  equal([timeout, sent, refused], ["note call-timeout", `station <- ${call("3", "C")}`, "note refused ocpp.queue"]);
  ok(answer!.startsWith('csms <! [4,"4","GenericError"'));
  equal(talk.session.load.queued, 0);
});

Deno.test("ocpp session: an answer nobody waits for goes to no one (Q15)", () => {
  const talk = new Talk();
  equal(talk.say("station", result("9")), ["note unmatched-reply"]);
  equal(talk.say("csms", '[4,"9","X","",{}]'), ["note unmatched-reply"]);
  talk.say("station", call("1"));
  equal(talk.say("station", result("1")), ["note unmatched-reply"], "a station cannot answer itself");
});

Deno.test("ocpp session: a repeated id of the station is forwarded and noted, each answer finds its call (Q13)", () => {
  const talk = new Talk();
  talk.say("station", call("1"));
  equal(talk.say("station", call("1")), ["note duplicate-id", `csms <- ${call("1")}`]);
  equal(talk.say("csms", result("1")), [`station <- ${result("1")}`]);
  equal(talk.say("csms", result("1")), [`station <- ${result("1")}`]);
  equal(talk.say("csms", result("1")), ["note unmatched-reply"]);
});

Deno.test("ocpp session: a repeated id of the CSMS passes when observing and is refused when enforcing (Q13)", () => {
  const repeat = (talk: Talk) => {
    talk.say("csms", call("1", "Reset"));
    talk.say("station", result("1"));
    return talk.say("csms", call("1", "Reset"));
  };
  equal(repeat(new Talk()), ["note duplicate-id", "note invalid ocpp.replay", `station <- ${call("1", "Reset")}`]);
  const [first, second, answer] = repeat(new Talk("ocpp1.6", "enforce"));
  equal([first, second], ["note duplicate-id", "note refused ocpp.replay"]);
  ok(answer!.startsWith('csms <! [4,"1","SecurityError"'));
});

Deno.test("ocpp session: too many waiting calls of the CSMS are answered, never dropped (LC5)", () => {
  const talk = new Talk();
  talk.say("csms", call("first", "A"));
  for (let i = 0; i < OCPP_LIMITS.csmsQueueMessages; i++) equal(talk.say("csms", call(`${i}`, "A")), []);
  const effects = talk.say("csms", call("past", "A"));
  equal(effects.slice(0, 2), ["note queue-full", "note refused ocpp.queue"]);
  ok(effects[2]!.startsWith('csms <! [4,"past","GenericError"'));
});

Deno.test("ocpp session: too many unanswered calls of the station are refused, transaction messages pass", () => {
  const talk = new Talk();
  for (let i = 0; i < OCPP_LIMITS.stationPending; i++) equal(talk.say("station", call(`${i}`)).length, 1);
  const [refused, answer] = talk.say("station", call("past"));
  equal(refused, "note refused ocpp.pending");
  ok(answer!.startsWith('station <! [4,"past","GenericError"'));
  equal(talk.say("station", call("tx", "StopTransaction")), [
    "note invalid ocpp.pending",
    `csms <- ${call("tx", "StopTransaction")}`,
  ]);
  equal(talk.say("csms", result("tx")), [`station <- ${result("tx")}`]);
});

Deno.test("ocpp session: as many transaction messages as the limit get their answers, with one more the oldest gets none", () => {
  const talk = new Talk();
  const start = (id: number) => talk.say("station", call(`${id}`, "StartTransaction")).at(-1);
  for (let i = 0; i < OCPP_LIMITS.stationAsked; i++) equal(start(i), `csms <- ${call(`${i}`, "StartTransaction")}`);
  equal(talk.say("csms", result("0")), [`station <- ${result("0")}`]);
  for (const i of [1, 2]) equal(start(OCPP_LIMITS.stationAsked + i)?.startsWith("csms <- "), true);
  equal(talk.say("csms", result("1")), ["note unmatched-reply"]);
  equal(talk.say("csms", result("2")), [`station <- ${result("2")}`]);
});

Deno.test("ocpp session: a flood is refused, and transaction messages within it pass", () => {
  const talk = new Talk();
  for (let i = 0; i < OCPP_LIMITS.messagesBurst; i++) {
    talk.say("station", call(`${i}`));
    talk.say("csms", result(`${i}`));
  }
  talk.say("station", result("none"));
  const flood = new Talk();
  for (let i = 0; i < OCPP_LIMITS.messagesBurst; i++) flood.say("station", result("none"));
  equal(flood.say("station", call("past"))[0], "note refused ocpp.rate");
  equal(flood.say("station", call("tx", "MeterValues"))[1], `csms <- ${call("tx", "MeterValues")}`);
  flood.now += 1_000;
  equal(flood.say("station", call("later")), [`csms <- ${call("later")}`]);
});

Deno.test("ocpp session: 1.6 drops what is no message, 2.x answers with id -1, too much of it closes", () => {
  equal(new Talk("ocpp1.6").say("station", "[2,"), ["note malformed"]);
  const [noted, answer] = new Talk("ocpp2.0.1").say("station", "[2,");
  equal(noted, "note malformed");
  ok(answer!.startsWith('station <! [4,"-1","RpcFrameworkError"'));
  const flood = new Talk();
  for (let i = 0; i < OCPP_LIMITS.messagesBurst; i++) flood.say("csms", "x");
  equal(flood.say("csms", "x"), ["note malformed", "close 1008"]);
});

Deno.test("ocpp session: unknown message types are ignored by 1.6 and answered by 2.x (LC11)", () => {
  equal(new Talk("ocpp1.6").say("station", '[9,"1"]'), ["note unknown-type"]);
  const [, answer] = new Talk("ocpp2.0.1").say("station", '[9,"1"]');
  ok(answer!.startsWith('station <! [4,"1","MessageTypeNotSupported"'));
  for (const version of ["ocpp1.6", "ocpp2.0.1"] as const) {
    equal(new Talk(version).say("station", '[6,"1","NotifyPeriodicEventStream",{}]')[0], "note unknown-type");
    equal(new Talk(version).say("csms", '[5,"1","X","",{}]')[0], "note unknown-type");
  }
});

Deno.test("ocpp session: 2.1 passes SEND at any time, and CALLRESULTERROR to the side that answered", () => {
  const talk = new Talk("ocpp2.1");
  talk.say("csms", call("1", "Reset"));
  const send = '[6,"2","NotifyPeriodicEventStream",{"id":1}]';
  equal(talk.say("station", send), [`csms <- ${send}`]);
  equal(talk.say("csms", send), [`station <- ${send}`]);
  talk.say("station", result("1"));
  equal(talk.say("csms", '[5,"1","FormatViolation","",{}]'), ['station <- [5,"1","FormatViolation","",{}]']);
  equal(talk.say("csms", '[5,"8","FormatViolation","",{}]'), ["note unmatched-reply"]);
});

const REFUSES_BOOT: SchemaCheck = {
  call: (action) =>
    action === "BootNotification" ? '/ breaks required "x"' : action === "Vendor" ? "unknown-action" : undefined,
  result: () => "/ breaks required",
};

Deno.test("ocpp session: schema faults are noted when observing and answered in the version's own words when enforcing", () => {
  const boot = call("1", "BootNotification");
  equal(new Talk("ocpp1.6", "observe", REFUSES_BOOT).say("station", boot), [
    "note invalid ocpp.schema",
    `csms <- ${boot}`,
  ]);
  const codes = (["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as const).map((version) => {
    const [, answer] = new Talk(version, "enforce", REFUSES_BOOT).say("station", boot);
    return JSON.parse(answer!.slice("station <! ".length))[2];
  });
  equal(codes, [
    "OccurenceConstraintViolation",
    "OccurrenceConstraintViolation",
    "OccurrenceConstraintViolation",
  ]);
  const vendor = call("2", "Vendor");
  const [, answer] = new Talk("ocpp1.6", "enforce", REFUSES_BOOT).say("station", vendor);
  ok(answer!.startsWith('station <! [4,"2","NotImplemented"'));
  equal(new Talk("ocpp1.6", "enforce-known-actions", REFUSES_BOOT).say("station", vendor), [`csms <- ${vendor}`]);
});

Deno.test("ocpp session: a bad answer is noted and forwarded, also when enforcing", () => {
  const talk = new Talk("ocpp1.6", "enforce", REFUSES_BOOT);
  talk.say("station", call("1"));
  equal(talk.say("csms", result("1")), [`station <- ${result("1")}`, "note reply-invalid"]);
});

Deno.test("invariant 15: transaction messages are relayed at once and unchanged, whatever else is wrong", () => {
  const check: SchemaCheck = { call: () => "/ breaks everything", result: () => undefined };
  for (const validation of ["observe", "enforce", "enforce-known-actions"] as const) {
    for (
      const action of ["StartTransaction", "StopTransaction", "MeterValues", "TransactionEvent", "MeterValues-Signed"]
    ) {
      const talk = new Talk(action === "TransactionEvent" ? "ocpp2.0.1" : "ocpp1.6", validation, check);
      talk.say("csms", call("busy", "Reset"));
      for (let i = 0; i < 2 * OCPP_LIMITS.messagesBurst; i++) talk.say("station", result("flood"));
      const odd = `[2,  "1","${action}",{"a":1.0,"a":2,"signedMeterValue":"OCMF|{}|{}"},"extra"]`;
      for (let times = 0; times < 3; times++) {
        ok(talk.say("station", odd).includes(`csms <- ${odd}`), `${action} ${validation}`);
      }
    }
  }
});

Deno.test("ocpp session: after the CSMS leg was replaced, answers to the old one's calls go to no one", () => {
  const talk = new Talk();
  talk.say("station", call("mine"));
  talk.say("csms", call("1", "A"));
  talk.say("csms", call("2", "B"));
  talk.session.csmsReplaced();
  equal(talk.say("station", result("1")), ["note unmatched-reply"]);
  equal(talk.say("csms", call("1", "C")), [`station <- ${call("1", "C")}`]);
  equal(talk.say("csms", result("mine")), [`station <- ${result("mine")}`]);
});

Deno.test("ocpp session: a new CSMS leg waits for the answer to the old one's call, which is never taken for its own (LC10)", () => {
  const talk = new Talk();
  talk.say("csms", call("1", "A"));
  talk.session.csmsReplaced();
  equal(talk.say("csms", call("1", "C")), [], "many a CSMS counts its ids from one at every connection");
  equal(talk.say("station", result("1")), ["note unmatched-reply", `station <- ${call("1", "C")}`]);
  const answer = '[3,"1",{"of":"C"}]';
  equal(talk.say("station", answer)[0], `csms <- ${answer}`);
  const mute = new Talk();
  mute.say("csms", call("1", "A"));
  mute.session.csmsReplaced();
  mute.say("csms", call("2", "C"));
  equal(mute.tick(29), []);
  equal(mute.tick(1), ["note call-timeout", `station <- ${call("2", "C")}`]);
});

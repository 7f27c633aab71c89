import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { Talk } from "../../tests/support/session_talk.ts";
import { OCPP_LIMITS } from "./limits.ts";

const call = (id: string, action = "Heartbeat", payload: unknown = {}) => JSON.stringify([2, id, action, payload]);
const result = (id: string) => `[3,"${id}",{}]`;
const own = (id: string, timeoutMs = 60_000) => ({ id, action: "Reset", payloadText: '{"type":"Soft"}', timeoutMs });
const sent = (id: string) => `own <- [2,"${id}","Reset",{"type":"Soft"}]`;
const none = (id: string, why: string) => `own ${id} {"is":"none","why":"${why}"}`;

Deno.test("ocpp session: an own call goes to the station and its answer to nobody else (LC6)", () => {
  const talk = new Talk();
  equal(talk.own(own("g1")), [sent("g1")]);
  equal(talk.say("station", '[3,"g1",{"status":"Accepted"}]'), [
    'own g1 {"is":"result","payload":{"status":"Accepted"}}',
  ]);
  equal(talk.say("station", '[3,"g1",{}]'), ["note unmatched-reply"]);
  equal(talk.session.load, { station: 0, csms: 0, queued: 0, own: 0 });
});

Deno.test("ocpp session: an error answer to an own call comes with code, description and details", () => {
  const talk = new Talk();
  talk.own(own("g1"));
  equal(talk.say("station", '[4,"g1","NotSupported","no Reset here",{"a":1}]'), [
    'own g1 {"is":"error","code":"NotSupported","description":"no Reset here","details":{"a":1}}',
  ]);
});

Deno.test("ocpp session: calls of the CSMS go before own calls that came earlier, one is outstanding (LC10)", () => {
  const talk = new Talk();
  equal(talk.say("csms", call("1", "A")), [`station <- ${call("1", "A")}`]);
  equal(talk.own(own("g1")), []);
  equal(talk.own(own("g2")), []);
  equal(talk.say("csms", call("2", "B")), []);
  equal(talk.session.load, { station: 0, csms: 1, queued: 1, own: 2 });
  equal(talk.say("station", result("1")), [`csms <- ${result("1")}`, `station <- ${call("2", "B")}`]);
  equal(talk.say("station", result("2")), [`csms <- ${result("2")}`, sent("g1")]);
  equal(talk.say("csms", call("3", "C")), [], "the station has an own call to answer");
  equal(talk.say("station", result("g1")), ['own g1 {"is":"result","payload":{}}', `station <- ${call("3", "C")}`]);
  equal(talk.say("station", result("3")), [`csms <- ${result("3")}`, sent("g2")]);
});

Deno.test("ocpp session: an own call that the station never answers frees the line, its late answer goes to no one", () => {
  const talk = new Talk();
  talk.own(own("g1", 10_000));
  equal(talk.say("csms", call("1", "A")), []);
  equal(talk.tick(9), []);
  equal(talk.tick(1), [none("g1", "timeout")], "the asker gave up; the station still owes an answer");
  equal(talk.tick(20), ["note call-timeout", `station <- ${call("1", "A")}`]);
  equal(talk.say("station", result("g1")), ["note late-reply"]);
  equal(talk.say("station", result("1")), [`csms <- ${result("1")}`]);
});

Deno.test("ocpp session: an answer after the asker gave up frees the line at once", () => {
  const talk = new Talk();
  talk.own(own("g1", 5_000));
  talk.say("csms", call("1", "A"));
  talk.tick(6);
  equal(talk.say("station", result("g1")), ["note late-reply", `station <- ${call("1", "A")}`]);
});

Deno.test("ocpp session: an own call may wait longer than the station's time for a call", () => {
  const talk = new Talk();
  talk.own(own("g1", 120_000));
  equal(talk.tick(31), ["note call-timeout"]);
  equal(talk.say("station", result("g1")), ['own g1 {"is":"result","payload":{}}']);
});

Deno.test("ocpp session: an own call whose turn never comes is busy, and is not sent later", () => {
  const talk = new Talk();
  talk.say("csms", call("1", "A"));
  talk.own(own("g1", 5_000));
  equal(talk.tick(5), [none("g1", "busy")]);
  equal(talk.say("station", result("1")), [`csms <- ${result("1")}`]);
});

Deno.test("ocpp session: so many own calls wait, one more is busy at once", () => {
  const talk = new Talk();
  talk.say("csms", call("1", "A"));
  for (let i = 0; i < OCPP_LIMITS.ownQueueMessages; i++) equal(talk.own(own(`g${i}`)), []);
  equal(talk.own(own("past")), [none("past", "busy")]);
  const full = new Talk();
  full.say("csms", call("1", "A"));
  const head = '[2,"a","Reset",]'.length;
  const payload = (bytes: number) => JSON.stringify({ x: "y".repeat(bytes - head - '{"x":""}'.length) });
  equal(full.own({ ...own("a"), payloadText: payload(OCPP_LIMITS.ownQueueBytes + 1) }), [none("a", "busy")]);
  equal(full.own({ ...own("a"), payloadText: payload(OCPP_LIMITS.ownQueueBytes) }), []);
});

Deno.test("ocpp session: the CSMS cannot use the id of an own call, waiting, sent or over (ocpp.replay)", () => {
  const talk = new Talk();
  talk.own(own("g1", 5_000));
  talk.own(own("g2"));
  for (const id of ["g1", "g2"]) {
    const [refused, answer] = talk.say("csms", call(id, "Reset"));
    equal(refused, "note refused ocpp.replay");
    ok(answer!.startsWith(`csms <! [4,"${id}","SecurityError"`));
  }
  talk.tick(6);
  equal(talk.say("csms", call("g1", "Reset"))[0], "note refused ocpp.replay");
  const later = new Talk();
  later.say("csms", call("1", "A"));
  equal(later.own(own("1")), [none("1", "busy")], "nor the gateway that of the CSMS");
});

Deno.test("ocpp session: a station's call with the id of an own call is its own matter", () => {
  const talk = new Talk();
  talk.own(own("g1"));
  equal(talk.say("station", call("g1")), [`csms <- ${call("g1")}`]);
  equal(talk.say("csms", result("g1")), [`station <- ${result("g1")}`]);
  equal(talk.say("station", result("g1")), ['own g1 {"is":"result","payload":{}}']);
});

Deno.test("ocpp session: own calls outlive a replaced CSMS leg, and go out when the old one's call is answered", () => {
  const talk = new Talk();
  talk.own(own("g1"));
  talk.session.csmsReplaced();
  equal(talk.own(own("g2")), [], "g1 is still outstanding");
  equal(talk.say("station", result("g1")), ['own g1 {"is":"result","payload":{}}', sent("g2")]);
  talk.say("station", result("g2"));
  talk.say("csms", call("1", "A"));
  talk.own(own("g3"));
  talk.session.csmsReplaced();
  equal(talk.tick(1), []);
  equal(talk.say("station", result("1")), ["note unmatched-reply", sent("g3")]);
});

Deno.test("ocpp session: a bad answer to an own call is noted, and the asker gets it", () => {
  const talk = new Talk("ocpp1.6", "observe", { call: () => undefined, result: () => "/ breaks required" });
  talk.own(own("g1"));
  equal(talk.say("station", result("g1")), ['own g1 {"is":"result","payload":{}}', "note reply-invalid"]);
});

import { deepStrictEqual as equal } from "node:assert/strict";
import { Talk } from "../../tests/support/session_talk.ts";

const call = (id: string, action = "Heartbeat") => JSON.stringify([2, id, action, {}]);
const own = (id: string, timeoutMs = 60_000) => ({
  id,
  action: "SignCertificate",
  payloadText: '{"csr":"x"}',
  timeoutMs,
});
const sent = (id: string) => `own to csms <- [2,"${id}","SignCertificate",{"csr":"x"}]`;

Deno.test("ocpp session: a call of the gateway in a station's name goes to the CSMS, its answer not to the station", () => {
  const talk = new Talk();
  equal(talk.ownToCsms(own("g1")), [sent("g1")]);
  equal(talk.say("csms", '[3,"g1",{"status":"Accepted"}]'), ['own g1 {"is":"result","payload":{"status":"Accepted"}}']);
  equal(talk.say("csms", '[3,"g1",{"status":"Accepted"}]'), ["note unmatched-reply"]);
});

Deno.test("ocpp session: it waits until no call of the station is unanswered; those never wait for it (LC10)", () => {
  const talk = new Talk();
  talk.say("station", call("1"));
  equal(talk.ownToCsms(own("g1")), []);
  equal(talk.ownToCsms(own("g2")), []);
  equal(talk.say("csms", '[3,"1",{}]'), ['station <- [3,"1",{}]', sent("g1")]);
  equal(talk.say("station", call("2")), [`csms <- ${call("2")}`]);
  equal(talk.say("csms", '[4,"g1","NotSupported","",{}]'), [
    'own g1 {"is":"error","code":"NotSupported","description":"","details":{}}',
  ]);
  equal(talk.say("csms", '[3,"2",{}]'), ['station <- [3,"2",{}]', sent("g2")]);
});

Deno.test("ocpp session: a CSMS that never answers it ends it by its time, and a late answer goes to no one", () => {
  const talk = new Talk();
  talk.ownToCsms(own("g1", 10_000));
  equal(talk.tick(9), []);
  equal(talk.tick(1), ['own g1 {"is":"none","why":"timeout"}']);
  equal(talk.say("csms", '[3,"g1",{}]'), ["note late-reply"]);
});

Deno.test("ocpp session: an id that is in use on this connection is never used for it (LC6)", () => {
  const talk = new Talk();
  talk.say("station", call("1"));
  equal(talk.ownToCsms(own("1")), ['own 1 {"is":"none","why":"busy"}']);
});

Deno.test("ocpp session: a call of the station that the CSMS never answers holds the gateway's back for its time, not for ever", () => {
  const talk = new Talk();
  talk.say("station", call("never", "DataTransfer"));
  equal(talk.ownToCsms(own("g1")), []);
  equal(talk.tick(29), []);
  equal(talk.tick(1), [sent("g1")], "its time is over");
  const busy = new Talk();
  busy.say("station", call("never", "DataTransfer"));
  busy.tick(20);
  busy.say("station", call("later", "MeterValues"));
  equal(busy.ownToCsms(own("g1")), []);
  equal(busy.say("csms", '[3,"later",{}]'), ['station <- [3,"later",{}]', sent("g1")], "the station has given it up");
});

import { deepStrictEqual as equal } from "node:assert/strict";
import { ForwardingRig } from "../../../tests/support/forwarding_rig.ts";
import { OCPP_LIMITS } from "../limits.ts";

const DEEP = `${'{"a":'.repeat(OCPP_LIMITS.jsonDepth)}1${"}".repeat(OCPP_LIMITS.jsonDepth)}`;
const LONG = `"${"i".repeat(OCPP_LIMITS.messageIdCharsMax + 1)}"`;
const METER = (id: string, value: number, more = "{}") =>
  `[2, ${id},"MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"2026-01-01T00:00:0${value}Z","sampledValue":[{"value":"${value}.0"}]}],"customData":${more}}]`;
const ODD = [METER('"m1"', 1, DEEP), METER(LONG, 2), METER("null", 3)];
const IDS = ['"m1"', LONG, "null"];

Deno.test("store-and-forward: invariant 15, what is beyond the limits passes both ways while the CSMS is there", async () => {
  await using rig = await (await ForwardingRig.open()).connect();
  for (const text of ODD) rig.say(text);
  equal(rig.peer.sent, ODD);
  const answers = IDS.map((id) => `[3,${id},${DEEP}]`);
  for (const text of answers) rig.peer.say(text);
  equal(rig.got, answers);
});

Deno.test("store-and-forward: invariant 15, what is beyond the limits is kept without the CSMS and delivered as it came", async () => {
  await using rig = await (await ForwardingRig.open()).connect();
  rig.isThere = false;
  rig.lose();
  for (const text of ODD) rig.say(text);
  equal(await rig.heard(3), IDS.map((id) => `[3,${id},{}]`));
  await rig.back();
  for (const [at, id] of IDS.entries()) {
    await rig.sent(at + 1);
    rig.peer.say(`[3,${id},{}]`);
  }
  await rig.settle();
  equal(rig.peer.sent, ODD);
  equal([rig.leg.forwarder.state, rig.got.length], ["through", 3]);
});

const EVENT = (id: string, sequence: number) =>
  `[6, "${id}","TransactionEvent",{"eventType":"Updated","seqNo":${sequence},"timestamp":"2026-01-01T00:00:0${sequence}Z"}]`;
const STREAM = '[6,"x","NotifyPeriodicEventStream",{"id":1}]';

Deno.test("store-and-forward: invariant 15, a transaction message in a SEND is kept without the CSMS and never answered", async () => {
  await using rig = await (await ForwardingRig.open({ version: "ocpp2.1" })).connect();
  rig.say(EVENT("e0", 0));
  equal(rig.peer.sent, [EVENT("e0", 0)]);
  rig.isThere = false;
  rig.lose();
  rig.say(STREAM); // a sample that is late is none
  rig.say(EVENT("e1", 1));
  rig.say(EVENT("e2", 2));
  rig.say('[2,"m","MeterValues",{"evseId":1,"meterValue":[]}]');
  equal(await rig.heard(1), ['[3,"m",{}]']);
  await rig.back();
  await rig.sent(3);
  rig.peer.say('[3,"m",{}]');
  await rig.settle();
  equal(rig.peer.sent.map((text) => text.slice(0, 8)), ['[6, "e1"', '[6, "e2"', '[2,"m","']);
  equal([rig.leg.forwarder.state, rig.got.length], ["through", 1]);
});

Deno.test("store-and-forward: a transaction message in a SEND goes out with what was held within graceSeconds", async () => {
  await using rig = await (await ForwardingRig.open({ version: "ocpp2.1", graceMs: 10_000 })).connect();
  rig.isThere = false;
  rig.lose();
  rig.say(EVENT("e1", 1));
  rig.say(EVENT("e2", 2));
  await rig.back();
  await rig.sent(2);
  await rig.settle();
  equal(rig.peer.sent, [EVENT("e1", 1), EVENT("e2", 2)]);
  equal([rig.leg.forwarder.state, rig.got], ["through", []]);
});

Deno.test("store-and-forward: a transaction message in a SEND is not lost on a connection that is just closing", async () => {
  await using rig = await (await ForwardingRig.open({ version: "ocpp2.1" })).connect();
  rig.isThere = false;
  rig.lose();
  rig.say(EVENT("e1", 1));
  rig.say('[2,"m","MeterValues",{"evseId":1,"meterValue":[]}]');
  await rig.heard(1);
  await rig.back();
  await rig.sent(2);
  rig.say(EVENT("e2", 2)); // waits behind the meter value
  await rig.settle();
  rig.peer.readyState = rig.peer.CLOSING;
  rig.peer.say('[3,"m",{}]');
  await rig.settle();
  rig.say(EVENT("e3", 3));
  await rig.settle();
  rig.lose();
  await rig.back();
  await rig.settle();
  equal(rig.peer.sent, [EVENT("e2", 2), EVENT("e3", 3)]);
  equal(rig.leg.forwarder.state, "through");
  rig.peer.readyState = rig.peer.CLOSING;
  rig.say(EVENT("e4", 4));
  rig.lose();
  await rig.back();
  await rig.settle();
  equal(rig.peer.sent, [EVENT("e4", 4)]);
});

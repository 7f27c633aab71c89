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

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { ForwardingRig } from "../../../tests/support/forwarding_rig.ts";
import { STAND_IN_LIMITS } from "./limits.ts";
import { outageSite } from "../../inventory/outage/testing/outage_rig.ts";

const START =
  `[2,"s1","StartTransaction",{"connectorId":1,"idTag":"04A1","meterStart":0,"timestamp":"2026-01-01T00:00:00Z"}]`;
const METER = (id: string, value: number, tx = 2_000_000_000) =>
  `[2, "${id}","MeterValues",{"connectorId":1,"transactionId":${tx},"meterValue":[{"timestamp":"2026-01-01T00:00:0${value}Z","sampledValue":[{"value":"${value}.0"}]}]}]`;
const STOP = (tx: number) =>
  `[2,"e1","StopTransaction",{"transactionId":${tx},"meterStop":9,"timestamp":"2026-01-01T00:10:00Z"}]`;
const parse = (texts: readonly string[]) => texts.map((text) => JSON.parse(text));
const local = (text: string): number => JSON.parse(text)[2].transactionId;

Deno.test("store-and-forward: while the CSMS is there every byte passes as it came, both ways", async () => {
  await using rig = await (await ForwardingRig.open()).connect();
  rig.say(` [2, "1" ,"DataTransfer",{"vendorId":"v","x":1.0}]`);
  rig.peer.say(`[3,"1",  {"status":"Accepted"}]`);
  rig.peer.say(` [2,"c","GetLocalListVersion",{}]`);
  rig.say(`[3,"c" ,{"listVersion":0}]`);
  equal(rig.peer.sent, [` [2, "1" ,"DataTransfer",{"vendorId":"v","x":1.0}]`, `[3,"c" ,{"listVersion":0}]`]);
  equal(rig.got, [`[3,"1",  {"status":"Accepted"}]`, ` [2,"c","GetLocalListVersion",{}]`]);
});

Deno.test("store-and-forward: a whole transaction without the CSMS reaches it afterwards in order, with its own id, signed bytes untouched", async () => {
  await using rig = await (await ForwardingRig.open({ site: outageSite("free-vend") })).connect();
  rig.isThere = false;
  rig.lose();
  rig.say(START);
  const [started] = await rig.heard(1);
  const given = local(started!);
  equal(parse([started!])[0].slice(0, 2), [3, "s1"]);
  rig.say(METER("m1", 1, given));
  rig.say(METER("m2", 2, given));
  rig.say(STOP(given));
  equal(parse((await rig.heard(4)).slice(1)), [[3, "m1", {}], [3, "m2", {}], [3, "e1", {}]]);
  await rig.back();
  const seen = await rig.answerAll(() => rig.leg.forwarder.state === "through");
  equal(seen, [START, METER("m1", 1, 42), METER("m2", 2, 42), STOP(42)]);
  equal(rig.got.length, 4, "answers to kept messages are not for the station");
  equal(rig.standing, [true, false]);
});

Deno.test("store-and-forward: one kept message is outstanding at a time (LC10)", async () => {
  await using rig = await (await ForwardingRig.open()).connect();
  rig.isThere = false;
  rig.lose();
  for (const id of [1, 2, 3]) rig.say(METER(`m${id}`, id));
  await rig.heard(3);
  await rig.back();
  await rig.sent(1);
  await rig.settle();
  equal(rig.peer.sent.length, 1);
  rig.peer.say([3, "m1", {}]);
  await rig.sent(2);
  await rig.settle();
  equal(rig.peer.sent.length, 2);
});

/** A transaction begins while the CSMS is away, which then takes it. @returns the id that the station was given */
async function startAway(rig: ForwardingRig): Promise<ReturnType<typeof local>> {
  rig.isThere = false;
  rig.lose();
  rig.say(START);
  const given = local((await rig.heard(1))[0]!);
  await rig.back();
  await rig.answerAll(() => rig.leg.forwarder.state === "through");
  return given;
}

Deno.test("store-and-forward: the CSMS's commands reach the transaction that began without it", async () => {
  await using rig = await (await ForwardingRig.open({ site: outageSite("free-vend") })).connect();
  const given = await startAway(rig);
  rig.peer.say(`[2,"c1","RemoteStopTransaction",{"transactionId":42}]`);
  equal(rig.got.at(-1), `[2,"c1","RemoteStopTransaction",{"transactionId":${given}}]`);
  rig.say(`[3,"c1",{"status":"Accepted"}]`);
  rig.say(STOP(given));
  equal(rig.peer.sent.slice(-2), [`[3,"c1",{"status":"Accepted"}]`, STOP(42)]);
});

Deno.test("store-and-forward: what was on its way when the CSMS was lost is kept and sent again under its own id", async () => {
  await using rig = await (await ForwardingRig.open()).connect();
  rig.say(METER("m1", 1));
  equal(rig.peer.sent, [METER("m1", 1)]);
  rig.isThere = false;
  rig.lose();
  equal(parse(await rig.heard(1)), [[3, "m1", {}]]);
  await rig.back();
  equal(await rig.answerAll(() => rig.leg.forwarder.state === "through"), [METER("m1", 1)]);
});

Deno.test("store-and-forward: within graceSeconds nothing is answered for the CSMS, and it gets what waited in order", async () => {
  await using rig = await (await ForwardingRig.open({ graceMs: 10_000 })).connect();
  rig.say(METER("m1", 1));
  rig.isThere = false;
  rig.lose();
  rig.say([2, "h", "Heartbeat", {}]);
  rig.box.time.advance(5_000);
  await rig.settle();
  equal([rig.got, rig.leg.forwarder.state, rig.standing], [[], "holding", []]);
  await rig.back();
  equal(await rig.answerAll(() => rig.leg.forwarder.state === "through"), [METER("m1", 1), `[2,"h","Heartbeat",{}]`]);
  equal(parse(rig.got).map(([, id]) => id), ["m1", "h"]);
  equal((await rig.control.command("outage list")).text, "No message waits for a CSMS.");
});

Deno.test("store-and-forward: when graceSeconds are over the gateway answers what waited", async () => {
  await using rig = await (await ForwardingRig.open({ graceMs: 10_000 })).connect();
  rig.isThere = false;
  rig.lose();
  rig.say(METER("m1", 1));
  rig.box.time.advance(9_999);
  await rig.settle();
  equal(rig.got, []);
  rig.box.time.advance(1);
  equal(parse(await rig.heard(1)), [[3, "m1", {}]]);
});

Deno.test("store-and-forward: after kill -9 the kept messages are sent under the same ids, and a start that is sent again keeps its id", async () => {
  const first = await (await ForwardingRig.open({ site: outageSite("free-vend") })).connect();
  first.isThere = false;
  first.lose();
  first.say(START);
  const given = local((await first.heard(1))[0]!);
  first.say(METER("m1", 1, given));
  await first.heard(2);
  await using rig = await first.restart({ site: outageSite("free-vend") });
  rig.isThere = false;
  await rig.connect();
  rig.say(START.replace("s1", "s9")); // the answer was lost with the gateway
  equal(local((await rig.heard(1))[0]!), given);
  await rig.back();
  equal(await rig.answerAll(() => rig.leg.forwarder.state === "through"), [START, METER("m1", 1, 42)]);
});

Deno.test("store-and-forward: killed between the CSMS's answer and its record, the message goes out again under the same id and only once more", async () => {
  const first = await (await ForwardingRig.open()).connect();
  first.isThere = false;
  first.lose();
  first.say(METER("m1", 1));
  await first.heard(1);
  first.controlFault = (method) => {
    if (method === "outage.delivered") throw new Error("killed");
  };
  await first.back();
  equal(await first.sent(1), [METER("m1", 1)]);
  first.peer.say([3, "m1", {}]);
  await using rig = await first.restart();
  rig.begin();
  await rig.settle();
  equal(rig.peer.sent, [], "a CSMS may begin to listen a moment after its 101");
  rig.box.time.advance(STAND_IN_LIMITS.settleMs);
  equal(await rig.answerAll(() => rig.leg.forwarder.state === "through"), [METER("m1", 1)]);
});

Deno.test("store-and-forward: a station that repeats a message the CSMS has already is answered without it", async () => {
  await using rig = await (await ForwardingRig.open({ site: outageSite("free-vend") })).connect();
  const given = await startAway(rig);
  const before = rig.peer.sent.length;
  rig.say(START.replace("s1", "s2"));
  const answer = (await rig.heard(2))[1]!;
  equal([JSON.parse(answer)[1], local(answer), rig.peer.sent.length], ["s2", given, before]);
});

Deno.test("store-and-forward: a message the CSMS refuses is tried five times under ids of its own, then left to a person, and the next one goes out", async () => {
  await using rig = await (await ForwardingRig.open()).connect();
  rig.isThere = false;
  rig.lose();
  for (const id of [1, 2]) rig.say(METER(`m${id}`, id));
  await rig.heard(2);
  await rig.back();
  const ids = new Set<string>();
  for (let attempt = 1; attempt <= 5; attempt++) {
    const [, id, action] = JSON.parse((await rig.sent(attempt))[attempt - 1]!);
    equal(action, "MeterValues");
    ids.add(id);
    rig.peer.say([4, id, "InternalError", "", {}]);
    await rig.settle();
    rig.box.time.advance(60_000);
  }
  equal([ids.size, ids.has("m1")], [5, true]);
  equal((await rig.sent(6))[5], METER("m2", 2));
  equal(rig.control.raised.map(({ kind, subject }) => [kind, subject]), [["ocpp.outage.refused", "CP001"]]);
  match((await rig.control.command("outage refused", { station: "CP001" })).text, /InternalError answered so 5 times/);
});

Deno.test("store-and-forward: a kept message without an answer ends the connection and goes out on the next with the same id", async () => {
  await using rig = await (await ForwardingRig.open()).connect();
  rig.isThere = false;
  rig.lose();
  rig.say(METER("m1", 1));
  await rig.heard(1);
  await rig.back();
  const deaf = rig.peer;
  await rig.sent(1);
  rig.box.time.advance(30_000);
  ok(deaf.isTerminated);
  rig.lose();
  await rig.back();
  const [probe, ...seen] = await rig.answerAll(() => rig.leg.forwarder.state === "through");
  equal([JSON.parse(probe!)[2], seen], ["Heartbeat", [METER("m1", 1)]]);
});

Deno.test("store-and-forward: the CSMS goes again in the middle: nothing is lost, nothing changes places", async () => {
  await using rig = await (await ForwardingRig.open()).connect();
  rig.isThere = false;
  rig.lose();
  for (const id of [1, 2, 3]) rig.say(METER(`m${id}`, id));
  await rig.heard(3);
  await rig.back();
  await rig.sent(1);
  rig.peer.say([3, "m1", {}]);
  await rig.sent(2);
  rig.isThere = false;
  rig.lose();
  rig.say(METER("m4", 4));
  await rig.heard(4);
  await rig.back();
  equal(await rig.answerAll(() => rig.leg.forwarder.state === "through"), [
    METER("m2", 2),
    METER("m3", 3),
    METER("m4", 4),
  ]);
  equal(rig.standing, [true, false]);
});

Deno.test("store-and-forward: live transaction messages wait behind the kept ones, an Authorize goes between", async () => {
  await using rig = await (await ForwardingRig.open()).connect();
  rig.isThere = false;
  rig.lose();
  for (const id of [1, 2]) rig.say(METER(`m${id}`, id));
  await rig.heard(2);
  await rig.back();
  await rig.sent(1);
  rig.say(METER("m3", 3));
  rig.say([2, "a", "Authorize", { idTag: "X" }]);
  const seen = await rig.answerAll(() => rig.leg.forwarder.state === "through");
  equal(parse(seen).map(([, id]) => id), ["m1", "a", "m2", "m3"]);
  equal(parse(rig.got).map(([, id]) => id), ["m1", "m2", "a", "m3"]);
});

Deno.test("store-and-forward: a live message whose id was used for a kept one gets another on the way, and the station sees its own (LC12)", async () => {
  await using rig = await (await ForwardingRig.open()).connect();
  rig.isThere = false;
  rig.lose();
  rig.say(METER("1", 1));
  await rig.heard(1);
  await rig.back();
  await rig.answerAll(() => rig.leg.forwarder.state === "through");
  rig.say(METER("1", 2));
  const [, sent] = await rig.sent(2);
  const [, id] = JSON.parse(sent!);
  ok(id !== "1");
  equal(sent, METER("1", 2).replace(`"1"`, JSON.stringify(id)));
  rig.peer.say(`[3,${JSON.stringify(id)}, {}]`);
  equal((await rig.heard(2))[1], `[3,"1", {}]`);
});

Deno.test("store-and-forward: kept messages with one id among them go out under two", async () => {
  await using rig = await (await ForwardingRig.open()).connect();
  rig.isThere = false;
  rig.lose();
  rig.say(METER("1", 1));
  rig.say(METER("1", 2)); // the station rebooted and counts from one again
  await rig.heard(2);
  await rig.back();
  const seen = parse(await rig.answerAll(() => rig.leg.forwarder.state === "through"));
  equal(seen.map(([, , , payload]) => payload), [1, 2].map((value) => JSON.parse(METER("1", value))[3]));
  equal(new Set(seen.map(([, id]) => id)).size, 2);
});

Deno.test("store-and-forward: an id that the CSMS gives once more means its newest transaction, and old messages keep theirs", async () => {
  await using rig = await (await ForwardingRig.open({ site: outageSite("free-vend") })).connect();
  const given = await startAway(rig);
  rig.say(START.replace("s1", "s2").replace(`"meterStart":0`, `"meterStart":7`));
  rig.peer.say([3, "s2", { transactionId: 42, idTagInfo: { status: "Accepted" } }]); // a restored CSMS counts again
  const command = `[2,"c1","RemoteStopTransaction",{"transactionId":42}]`;
  rig.peer.say(command);
  equal(rig.got.at(-1), command);
  rig.say(METER("m9", 9, given));
  equal(rig.peer.sent.at(-1), METER("m9", 9, 42));
});

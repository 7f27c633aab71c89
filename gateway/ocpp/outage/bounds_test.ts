import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { ForwardingRig } from "../../../tests/support/forwarding_rig.ts";
import { Approvals } from "./approvals.ts";
import { STAND_IN_LIMITS } from "./limits.ts";
import { LiveCalls } from "./live_calls.ts";
import { derivedId, idToken, UsedIds, withId } from "./message_ids.ts";
import { readMessage, utf8 } from "./station_message.ts";
import { TransactionIds } from "./transaction_ids.ts";

Deno.test("approvals: as many as the limit are remembered, one more forgets the oldest, none outlives its time", () => {
  const approvals = new Approvals();
  for (let i = 0; i < STAND_IN_LIMITS.approvals; i++) approvals.add(`B${i}`, 0);
  equal([approvals.has("B0", 0), approvals.has(" b0 ", 0)], [true, true]);
  approvals.add("past", 0);
  equal([approvals.has("B0", 0), approvals.has("B1", 0), approvals.has("past", 0)], [false, true, true]);
  equal(
    [STAND_IN_LIMITS.approvalMs - 1, STAND_IN_LIMITS.approvalMs].map((now) => approvals.has("past", now)),
    [true, false],
  );
  approvals.remove("PAST");
  equal(approvals.has("past", 0), false);
});

Deno.test("used ids: as many as the limit are known, one more forgets the oldest", () => {
  const used = new UsedIds();
  for (let i = 0; i < STAND_IN_LIMITS.usedIds; i++) equal(used.add(`${i}`), true);
  equal([used.add("0"), used.has("0")], [false, true]);
  used.add("past");
  equal([used.has("0"), used.has("1"), used.has("past")], [false, true, true]);
  used.clear();
  equal(used.has("past"), false);
});

Deno.test("live calls: as many as the limit wait for an answer, of one more the oldest is forgotten", () => {
  const calls = new LiveCalls({
    link: { send: () => {} },
    ids: new TransactionIds(),
    used: new UsedIds(),
    newId: () => "new",
  });
  for (let i = 0; i <= STAND_IN_LIMITS.inFlight; i++) calls.send(readMessage(`[2,"${i}","Heartbeat",{}]`));
  const lost = calls.lost();
  equal([lost.length, lost[0]!.id, lost.at(-1)!.id], [STAND_IN_LIMITS.inFlight, "1", `${STAND_IN_LIMITS.inFlight}`]);
  ok(lost.every(({ isUncertain }) => isUncertain));
  equal(calls.lost(), []);
});

Deno.test("message ids: a derived id is a UUID, the same for the same message and attempt, and only the id's token is replaced", () => {
  const id = derivedId("CP001", 7, 1);
  ok(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id));
  equal(derivedId("CP001", 7, 1), id);
  equal(new Set([id, derivedId("CP001", 7, 2), derivedId("CP001", 8, 1), derivedId("CP002", 7, 1)]).size, 4);
  const text = ` [2, "1" ,"MeterValues",{"a":"1"}]`;
  equal(new TextDecoder().decode(withId(utf8(text), `"x"`)), ` [2, "x" ,"MeterValues",{"a":"1"}]`);
  equal(idToken(utf8(text)), `"1"`);
});

const METER = (id: number) => [2, `m${id}`, "MeterValues", { connectorId: id }];

/** A station with one kept message whose CSMS is back and has not answered it. */
async function replaying(): Promise<ForwardingRig> {
  const rig = await (await ForwardingRig.open()).connect();
  rig.isThere = false;
  rig.lose();
  rig.say(METER(0));
  await rig.heard(1);
  await rig.back();
  await rig.sent(1);
  return rig;
}

Deno.test("replay: as many live messages as the limit wait behind the kept ones, with one more the station is told", async () => {
  await using rig = await replaying();
  for (let i = 1; i <= STAND_IN_LIMITS.behind; i++) rig.say(METER(i));
  equal([rig.closed], [undefined]);
  rig.say(METER(99));
  await rig.settle();
  equal(rig.closed?.code, 1001);
});

Deno.test("replay: as many calls as the limit wait between the kept ones, with one more the station is told", async () => {
  await using rig = await replaying();
  for (let i = 0; i < STAND_IN_LIMITS.between; i++) rig.say([2, `h${i}`, "Heartbeat", {}]);
  equal([rig.closed], [undefined]);
  rig.say([2, "past", "Heartbeat", {}]);
  await rig.settle();
  equal(rig.closed?.code, 1001);
});

Deno.test("forwarder: answers to as many calls of the CSMS as the limit are passed on, to one more the oldest is not", async () => {
  await using rig = await (await ForwardingRig.open()).connect();
  for (let i = 0; i <= STAND_IN_LIMITS.csmsCalls; i++) rig.peer.say([2, `c${i}`, "ClearCache", {}]);
  rig.say([3, "c0", {}]);
  rig.say([3, "c1", {}]);
  equal(rig.peer.sent, [`[3,"c1",{}]`]);
});

Deno.test("forwarder: behind a backlog longer than a short one a live transaction message is kept at once", async () => {
  await using rig = await (await ForwardingRig.open()).connect();
  rig.isThere = false;
  rig.lose();
  for (let i = 0; i <= STAND_IN_LIMITS.shortBacklog; i++) rig.say(METER(i));
  await rig.heard(STAND_IN_LIMITS.shortBacklog + 1);
  await rig.back();
  await rig.sent(1);
  rig.say(METER(1_000));
  equal(JSON.parse((await rig.heard(STAND_IN_LIMITS.shortBacklog + 2)).at(-1)!), [3, "m1000", {}]);
  rig.peer.say([3, "m0", {}]);
  await rig.sent(2);
  rig.say(METER(1_001)); // now it is short, but the one before has to be first
  const seen = await rig.answerAll(() => rig.leg.forwarder.state === "through");
  equal(seen.slice(-2).map((text) => JSON.parse(text)[1]), ["m1000", "m1001"]);
});

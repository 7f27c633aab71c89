import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { type ForwardingOptions, ForwardingRig } from "../../../tests/support/forwarding_rig.ts";
import { outageSite } from "../../inventory/outage/testing/outage_rig.ts";
import { DeliveryHeads } from "./delivery_heads.ts";
import { STAND_IN_LIMITS } from "./limits.ts";

const METER = (id: string, value: number) =>
  `[2,"${id}","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"2026-01-01T00:00:0${value}Z","sampledValue":[{"value":"${value}"}]}]}]`;
const START =
  `[2,"s1","StartTransaction",{"connectorId":1,"idTag":"04A1","meterStart":0,"timestamp":"2026-01-01T00:00:00Z"}]`;
const BOOT = `[2,"b1","BootNotification",{"chargePointVendor":"v","chargePointModel":"m"}]`;
const PENDING = { status: "Pending", interval: 10, currentTime: "2026-01-01T00:00:00Z" };
const idOf = (text: string): string => JSON.parse(text)[1];
const actionsOf = (texts: readonly string[]): string[] => texts.map((text) => JSON.parse(text)[2]);

/** A station whose CSMS is away and for which these messages are kept. */
async function away(messages: readonly string[], options: ForwardingOptions = {}): Promise<ForwardingRig> {
  const rig = await (await ForwardingRig.open(options)).connect();
  rig.isThere = false;
  rig.lose();
  for (const message of messages) rig.say(message);
  await rig.heard(messages.length);
  return rig;
}

/** One connection to a CSMS that never answers the message `deaf`. @returns what it got */
async function deafTo(rig: ForwardingRig, deaf: string, answers = true): Promise<readonly string[]> {
  await rig.back();
  await rig.sent(1);
  let answered = 0;
  for (let before = -1; before < rig.peer.sent.length;) {
    before = rig.peer.sent.length;
    for (; answered < rig.peer.sent.length; answered++) {
      const [, id, action] = JSON.parse(rig.peer.sent[answered]!);
      if (answers && id !== deaf) rig.peer.say([3, id, rig.answerTo(action)]);
    }
    await rig.settle();
  }
  const sent = [...rig.peer.sent];
  if (rig.leg.forwarder.state !== "through") rig.box.time.advance(30_000);
  await rig.settle();
  if (rig.peer.isTerminated) rig.lose();
  return sent;
}

Deno.test("replay: one message that a CSMS never answers, while it answers all else, does not hold the others up for ever", async () => {
  const heads = new DeliveryHeads();
  await using rig = await away([METER("m1", 1), METER("m2", 2)], { heads });
  equal(actionsOf(await deafTo(rig, "m1")), ["MeterValues"]);
  for (let times = 1; times <= STAND_IN_LIMITS.attempts; times++) {
    const sent = await deafTo(rig, "m1");
    equal(actionsOf(sent), ["Heartbeat", "MeterValues"], "first whether it answers at all");
    equal(idOf(sent[1]!), "m1", "its own id, so that the CSMS can tell a repetition");
  }
  const message = (await rig.control.handlers["outage.next"]!({ stationId: "CP001", csms: "main" } as never))
    .message!;
  const { since } = heads.of("CP001 main", message), { patienceMs, settleMs } = STAND_IN_LIMITS;
  rig.box.time.advance(since! + patienceMs - 1 - settleMs - rig.box.time.monotonic());
  await rig.settle();
  rig.box.time.advance(settleMs);
  equal(actionsOf(await rig.sent(1)), ["Heartbeat"], "it may be slow");
  equal(rig.control.raised, []);
  rig.lose();
  await rig.back();
  equal(await rig.sent(1), [METER("m2", 2)]);
  rig.peer.say([3, "m2", {}]);
  await rig.state("through");
  equal(rig.control.raised.map(({ kind, subject }) => [kind, subject]), [["ocpp.outage.refused", "CP001"]]);
  const { text } = await rig.control.command("outage refused", { station: "CP001" });
  match(text, /NoAnswer not answered 5 times, while the CSMS answered other calls/);
});

Deno.test("replay: a CSMS that answers nothing at all is asked for as long as it takes, and every message waits for it", async () => {
  await using rig = await away([METER("m1", 1)]);
  const seen: string[][] = [];
  for (let times = 0; times <= STAND_IN_LIMITS.attempts; times++) seen.push(actionsOf(await deafTo(rig, "m1", false)));
  equal(seen.flat().slice(0, 4), ["MeterValues", "Heartbeat", "MeterValues", "Heartbeat"], "it may know no Heartbeat");
  equal(rig.control.raised, []);
  await rig.back();
  equal((await rig.answerAll(() => rig.leg.forwarder.state === "through")).at(-1), METER("m1", 1));
});

Deno.test("replay: a CSMS gets a message once also while the disk takes no word of its answer, over connections of both sides", async () => {
  const heads = new DeliveryHeads();
  const first = await away([START], { site: outageSite("free-vend"), heads });
  const fault = (method: string) => {
    if (method === "outage.delivered") throw new Error("disk full");
  };
  first.controlFault = fault;
  await first.back();
  equal(await first.sent(1), [START]);
  first.peer.say([3, "s1", first.answerTo("StartTransaction")]);
  for (let second = 0; second < 5; second++) {
    await first.settle();
    first.box.time.advance(STAND_IN_LIMITS.retryMs);
  }
  equal([first.peer.isTerminated, first.peer.sent], [false, [START]]);
  first.lose();
  await first.back();
  await first.settle();
  equal(first.peer.sent, [], "another connection to the CSMS");

  await using rig = await first.restart({ site: outageSite("free-vend"), heads });
  rig.controlFault = fault;
  rig.begin();
  await rig.settle();
  rig.box.time.advance(STAND_IN_LIMITS.settleMs);
  await rig.settle();
  equal(rig.peer.sent, [], "another connection of the station");
  rig.controlFault = undefined;
  rig.box.time.advance(STAND_IN_LIMITS.retryMs);
  await rig.state("through");
  equal([rig.peer.sent, heads.size], [[], 0]);
  const { transactions } = await rig.control.handlers["outage.state"]!({ stationId: "CP001", csms: "main" } as never);
  equal(transactions.map(({ csms }: { csms?: number }) => csms), [42], "the CSMS's id was not forgotten");
});

Deno.test("replay: a boot that stays pending goes out under a new id each time (LC12)", async () => {
  await using rig = await (await ForwardingRig.open()).connect();
  rig.say(BOOT);
  rig.peer.say([3, "b1", rig.answerTo("BootNotification")]);
  rig.isThere = false;
  rig.lose();
  rig.say(BOOT.replace("b1", "b2"));
  await rig.heard(2);
  await rig.back();
  const ids = new Set<string>();
  for (let sendings = 1; sendings <= 4; sendings++) {
    const id = idOf((await rig.sent(sendings))[sendings - 1]!);
    ids.add(id);
    rig.peer.say([3, id, PENDING]);
    await rig.settle();
    rig.box.time.advance(10_000);
    await rig.settle();
  }
  equal([ids.size, ids.has("b2")], [4, true]);
});

Deno.test("replay: when the CSMS leaves the station's own boot pending nothing kept goes out until one is accepted", async () => {
  await using rig = await away([METER("m1", 1), METER("m2", 2)]);
  await rig.back();
  await rig.sent(1);
  rig.say(BOOT);
  rig.peer.say([3, "m1", {}]);
  equal(actionsOf(await rig.sent(2)), ["MeterValues", "BootNotification"]);
  rig.peer.say([3, "b1", PENDING]);
  await rig.settle();
  rig.say(METER("m3", 3)); // it does not wait either
  await rig.heard(4);
  rig.box.time.advance(9_999);
  await rig.settle();
  equal(rig.peer.sent.length, 2);
  rig.box.time.advance(1);
  const [, , boot] = await rig.sent(3);
  equal([JSON.parse(boot!)[3], idOf(boot!) === "b1"], [JSON.parse(BOOT)[3], false]);
  rig.peer.say([3, idOf(boot!), { ...PENDING, status: "Accepted" }]);
  await rig.sent(4);
  rig.peer.say([3, "m2", {}]);
  equal((await rig.sent(5)).slice(3), [METER("m2", 2), METER("m3", 3)]);
});

Deno.test("replay: a CSMS that wants a boot on every connection has one before what an earlier session kept (Q22)", async () => {
  const first = await (await ForwardingRig.open({ replayBoot: true })).connect();
  first.say(BOOT);
  first.peer.say([3, "b1", first.answerTo("BootNotification")]);
  first.isThere = false;
  first.lose();
  first.say(METER("m1", 1));
  await first.heard(2);
  await using rig = await first.restart({ replayBoot: true });
  rig.begin();
  await rig.settle();
  rig.box.time.advance(STAND_IN_LIMITS.settleMs);
  const seen = await rig.answerAll(() => rig.leg.forwarder.state === "through");
  equal(actionsOf(seen), ["BootNotification", "MeterValues"]);
});

Deno.test("replay: behind a message that the CSMS refuses live ones wait two seconds at most, then they are kept in their order", async () => {
  await using rig = await away([METER("m1", 1)]);
  await rig.back();
  for (let attempt = 1; attempt <= 3; attempt++) {
    const id = idOf((await rig.sent(attempt))[attempt - 1]!);
    if (attempt === 3) rig.say(METER("m2", 2));
    rig.peer.say([4, id, "InternalError", "", {}]);
    await rig.settle();
    if (attempt === 3) break;
    equal(rig.got.length, 1);
    rig.box.time.advance(STAND_IN_LIMITS.behindMs);
  }
  rig.say(METER("m3", 3));
  equal((await rig.heard(3)).slice(1).map(idOf), ["m2", "m3"]);
  rig.box.time.advance(60_000);
  rig.peer.say([3, idOf((await rig.sent(4))[3]!), {}]);
  await rig.sent(5);
  rig.peer.say([3, "m2", {}]);
  equal((await rig.sent(6)).slice(4), [METER("m2", 2), METER("m3", 3)]);
});

Deno.test("store-and-forward: of more unanswered messages than graceSeconds may hold none stays without an answer", async () => {
  await using rig = await (await ForwardingRig.open({ graceMs: 10_000 })).connect();
  for (let i = 0; i < STAND_IN_LIMITS.inFlight; i++) rig.say([2, `x${i}`, "MeterValues", { connectorId: i }]);
  rig.isThere = false;
  rig.lose();
  const heard = await rig.heard(STAND_IN_LIMITS.inFlight);
  equal(heard.map(idOf), Array.from({ length: STAND_IN_LIMITS.inFlight }, (_, i) => `x${i}`));
  ok(rig.closed === undefined);
});

Deno.test("replay: a start that a station repeats after a kill, while the CSMS is getting the first, reaches it once and keeps its id", async () => {
  const first = await away([START], { site: outageSite("free-vend") });
  const given = JSON.parse(first.got[0]!)[2].transactionId; // killed before the station had it
  await using rig = await first.restart({ site: outageSite("free-vend") });
  rig.begin();
  await rig.settle();
  rig.box.time.advance(STAND_IN_LIMITS.settleMs);
  await rig.sent(1);
  rig.say(START.replace("s1", "s9"));
  equal(
    JSON.parse((await rig.heard(1))[0]!).slice(1).map((part: { transactionId?: number }) => part.transactionId ?? part),
    [
      "s9",
      given,
    ],
  );
  equal(await rig.answerAll(() => rig.leg.forwarder.state === "through"), [START]);
  rig.say(START.replace("s1", "s10"));
  equal(JSON.parse((await rig.heard(2))[1]!)[2].transactionId, given);
  equal(rig.peer.sent, [START]);
});

Deno.test("replay: what a station says before its CSMS is connected does not overtake what is kept", async () => {
  const first = await away([METER("m1", 1)]);
  await using rig = await first.restart({ graceMs: 10_000 });
  rig.say(METER("m2", 2));
  rig.begin();
  await rig.settle();
  rig.box.time.advance(STAND_IN_LIMITS.settleMs);
  await rig.sent(1);
  rig.say(METER("m3", 3));
  rig.lose(); // in the middle: they wait for it, within graceSeconds
  rig.say(METER("m4", 4));
  await rig.back();
  const seen = await rig.answerAll(() => rig.leg.forwarder.state === "through");
  equal(seen.map(idOf), ["m1", "m2", "m3", "m4"]);
});

Deno.test("replay: `outage retry` has the refused message go out at once, over a new connection to the CSMS, while the station stays", async () => {
  await using rig = await away([METER("m1", 1)]);
  await rig.back();
  for (let attempt = 1; attempt <= STAND_IN_LIMITS.attempts; attempt++) {
    rig.peer.say([4, idOf((await rig.sent(attempt))[attempt - 1]!), "InternalError", "", {}]);
    await rig.settle();
    rig.box.time.advance(60_000);
  }
  await rig.state("through");
  rig.control.live.propose({
    ...{ session: "s1", stationId: "CP001", worker: "ocpp-0", source: "", securityProfile: 1, since: 0 },
  });
  rig.control.live.open("s1", "ocpp1.6");
  rig.control.answers["sessions.renew"] = () => {
    rig.leg.asUpstream().renew!();
    rig.lose();
    return { isRenewed: true };
  };
  const { text } = await rig.control.command("outage retry", { station: "CP001" });
  equal(text, "1 messages wait again; they go out now.");
  equal(rig.control.calls.map(({ worker, method, args }) => [worker, method, args]), [
    ["ocpp-0", "sessions.renew", { session: "s1" }],
  ]);
  await rig.back();
  equal(await rig.answerAll(() => rig.leg.forwarder.state === "through"), [METER("m1", 1)]);
  match((await rig.control.command("outage retry", { station: "CP001" })).text, /^0 messages/);
  equal([rig.control.calls.length, rig.closed], [1, undefined]);
});

Deno.test("replay: one message upon which a CSMS closes the connection, and with it the station's, is left to a person after five times", async () => {
  const heads = new DeliveryHeads(), kept = [METER("m1", 1), METER("m2", 2)];
  let rig = await away(kept, { heads });
  for (let times = -1; times <= STAND_IN_LIMITS.attempts; times++) {
    rig = await rig.restart({ heads }); // the station comes back
    rig.begin();
    await rig.settle();
    rig.box.time.advance(STAND_IN_LIMITS.settleMs);
    if (times > 0) rig.peer.say([3, idOf((await rig.sent(1))[0]!), rig.answerTo("Heartbeat")]);
    equal((await rig.sent(times > 0 ? 2 : 1)).at(-1), METER("m1", 1));
    rig.lose(1009);
    await rig.settle();
    equal(rig.closed?.code, 1009);
    rig.box.time.advance(times > 0 ? STAND_IN_LIMITS.patienceMs / 4 : 0);
  }
  await using last = await rig.restart({ heads });
  last.begin();
  await last.settle();
  last.box.time.advance(STAND_IN_LIMITS.settleMs);
  equal(await last.answerAll(() => last.leg.forwarder.state === "through"), [METER("m2", 2)]);
  match((await last.control.command("outage refused", { station: "CP001" })).text, /NoAnswer not answered 5 times/);
});

Deno.test("replay: a station that goes while its message is unanswered counts nothing against the message", async () => {
  const heads = new DeliveryHeads();
  let rig = await away([METER("m0", 0), METER("m1", 1)], { heads });
  for (let times = 0; times <= 2 * STAND_IN_LIMITS.attempts; times++) {
    await rig.back();
    if (times === 0) rig.peer.say([3, idOf((await rig.sent(1))[0]!), {}]); // the CSMS answers
    await rig.sent(times === 0 ? 2 : 1);
    rig = await rig.restart({ heads });
    rig.isThere = false;
    rig.begin();
    await rig.settle();
  }
  const message = (await rig.control.handlers["outage.next"]!({ stationId: "CP001", csms: "main" } as never))
    .message!;
  equal([heads.of("CP001 main", message).times, heads.of("CP001 main", message).isBroken], [0, false]);
  equal(rig.control.raised, []);
  await rig[Symbol.asyncDispose]();
});

Deno.test("replay: a boot that goes first does not have the CSMS get once more the start whose answer is not stored yet", async () => {
  await using rig = await away([START], { site: outageSite("free-vend") });
  rig.controlFault = (method) => {
    if (method === "outage.delivered") throw new Error("disk full");
  };
  await rig.back();
  equal(await rig.sent(1), [START]);
  rig.peer.say([3, "s1", rig.answerTo("StartTransaction")]);
  await rig.settle();
  await rig.control.handlers["outage.keep"]!({
    ...{ stationId: "CP001", csms: "main", action: "BootNotification", text: BOOT, slot: "boot" },
  } as never);
  rig.box.time.advance(STAND_IN_LIMITS.retryMs);
  equal(actionsOf(await rig.sent(2)), ["StartTransaction", "BootNotification"]);
  rig.controlFault = undefined;
  rig.peer.say([3, "b1", rig.answerTo("BootNotification")]);
  await rig.state("through");
  equal(actionsOf(rig.peer.sent), ["StartTransaction", "BootNotification"]);
  const { transactions } = await rig.control.handlers["outage.state"]!({ stationId: "CP001", csms: "main" } as never);
  equal(transactions.map(({ csms }: { csms?: number }) => csms), [42]);
});

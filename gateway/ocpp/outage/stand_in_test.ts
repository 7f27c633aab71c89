import { Buffer } from "node:buffer";
import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { ForwardingRig } from "../../../tests/support/forwarding_rig.ts";
import { outageSite } from "../../inventory/outage/testing/outage_rig.ts";
import { STAND_IN_LIMITS } from "./limits.ts";

const BOOT = `[2,"b1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]`;
const AUTHORIZE = [2, "a", "Authorize", { idTag: "04A1" }];
const parse = (text: string | undefined) => JSON.parse(text ?? "null");

/** A station whose CSMS accepted it, with the time known, and then went away. */
async function away(options: Parameters<typeof ForwardingRig.open>[0] = {}): Promise<ForwardingRig> {
  const rig = await (await ForwardingRig.open(options)).connect();
  rig.say(BOOT);
  await rig.answerAll(() => rig.got.length === 1);
  await rig.settle();
  rig.isThere = false;
  rig.lose();
  return rig;
}

const answers = async (rig: ForwardingRig, message: unknown) => {
  const before = rig.got.length;
  rig.say(message);
  return parse((await rig.heard(before + 1))[before]);
};

Deno.test("stand-in: a rebooted station is accepted from what the CSMS last said, and the CSMS hears of the boot first, once", async () => {
  await using rig = await away();
  rig.say([2, "m", "MeterValues", { connectorId: 1, meterValue: [] }]);
  await rig.settle(); // its answer waits for the disk, the boot's does not
  const again = BOOT.replace("b1", "b2");
  const [type, id, payload] = await answers(rig, again).then(() => parse(rig.got.at(-1)));
  equal([type, id, payload.status, payload.interval], [3, "b2", "Accepted", 300]);
  equal(payload.currentTime, new Date(rig.box.time.now()).toISOString());
  await rig.back();
  const seen = await rig.answerAll(() => rig.leg.forwarder.state === "through");
  equal(seen, [again, `[2,"m","MeterValues",{"connectorId":1,"meterValue":[]}]`]);
});

Deno.test("stand-in: the boot is repeated to a CSMS that wants it, under a new id, its answer kept from the station (Q22)", async () => {
  await using rig = await away({ replayBoot: true });
  await rig.back();
  const [text] = await rig.sent(1);
  const [type, id, action, payload] = parse(text);
  equal([type, action, payload], [2, "BootNotification", parse(BOOT)[3]]);
  ok(id !== "b1");
  const got = rig.got.length;
  await rig.answerAll(() => rig.leg.forwarder.state === "through");
  equal(rig.got.length, got);
});

Deno.test("stand-in: a CSMS that does not accept the boot gets nothing else until it does, and the gateway goes on answering", async () => {
  await using rig = await away({ replayBoot: true });
  rig.say([2, "m", "MeterValues", { connectorId: 1 }]);
  await rig.heard(2);
  await rig.back();
  const [, id] = parse((await rig.sent(1))[0]);
  rig.say([2, "m1", "MeterValues", { connectorId: 3 }]); // before the answer to the boot: it keeps its place
  rig.peer.say([3, id, { status: "Pending", interval: 60, currentTime: "2026-01-01T00:00:00Z" }]);
  await rig.heard(3);
  equal((await answers(rig, [2, "m2", "MeterValues", { connectorId: 2 }])).slice(0, 2), [3, "m2"]);
  equal(rig.peer.sent.length, 1);
  rig.box.time.advance(60_000);
  await rig.sent(2);
  const seen = await rig.answerAll(() => rig.leg.forwarder.state === "through");
  equal(seen.slice(1).map((text) => parse(text)[1]).slice(1), ["m", "m1", "m2"]);
});

Deno.test("stand-in: a heartbeat gets the time while the clock is known to be right, and an error otherwise", async () => {
  await using rig = await away();
  equal(await answers(rig, [2, "h", "Heartbeat", {}]), [3, "h", {
    currentTime: new Date(rig.box.time.now()).toISOString(),
  }]);
  rig.box.time.jump(3_600_000);
  const refused = [4, "h", "GenericError", "The CSMS is away and the time is not known here", {
    rule: "outage.csms-away",
  }];
  equal(await answers(rig, [2, "h", "Heartbeat", {}]), refused);
  equal((await answers(rig, BOOT.replace("b1", "h"))).slice(0, 3), refused.slice(0, 3));
  equal((await answers(rig, [2, "m", "MeterValues", { connectorId: 1 }])).slice(0, 2), [3, "m"]);
});

Deno.test("T3: whoever asks is refused by default, and the start that follows is kept and answered in the same sense", async () => {
  await using rig = await away();
  equal(await answers(rig, AUTHORIZE), [3, "a", { idTagInfo: { status: "Invalid" } }]);
  const start = { connectorId: 1, idTag: "04A1", meterStart: 0, timestamp: "2026-01-01T00:00:00Z" };
  const [type, , payload] = await answers(rig, [2, "s", "StartTransaction", start]);
  equal([type, payload.idTagInfo], [3, { status: "Invalid" }]);
  ok(payload.transactionId >= 2_000_000_000);
  match((await rig.control.command("outage list")).text, /CP001 +main +1 /);
});

Deno.test("stand-in: a badge that the CSMS approved moments ago may start, one it asked to start too", async () => {
  await using rig = await (await ForwardingRig.open()).connect();
  rig.say(AUTHORIZE);
  rig.peer.say([3, "a", { idTagInfo: { status: "Accepted" } }]);
  rig.peer.say([2, "r", "RemoteStartTransaction", { idTag: "REMOTE" }]);
  rig.isThere = false;
  rig.lose();
  const start = (
    idTag: string,
  ) => [2, idTag, "StartTransaction", { connectorId: 1, idTag, meterStart: 0, timestamp: "" }];
  for (const badge of ["04a1", "REMOTE"]) {
    equal((await answers(rig, start(badge)))[2].idTagInfo, { status: "Accepted" });
  }
  rig.box.time.advance(STAND_IN_LIMITS.approvalMs);
  equal((await answers(rig, start("04A1 ")))[2].idTagInfo, { status: "Invalid" });
});

Deno.test("stand-in: cache-then-csms answers what the CSMS once said, whole", async () => {
  await using rig = await (await ForwardingRig.open({ site: outageSite("cache-then-csms") })).connect();
  rig.say(AUTHORIZE);
  const idTagInfo = { status: "Accepted", parentIdTag: "P1", expiryDate: "2026-06-01T00:00:00Z" };
  rig.peer.say([3, "a", { idTagInfo }]);
  await rig.settle();
  await using again = await rig.restart({ site: outageSite("cache-then-csms") });
  again.isThere = false;
  await again.connect();
  equal(await answers(again, AUTHORIZE), [3, "a", { idTagInfo }]);
});

Deno.test("T2: a blocked badge is refused without the CSMS, also with an approval, and its transaction messages are still kept", async () => {
  await using rig = await (await ForwardingRig.open({ site: outageSite("free-vend") })).connect();
  rig.say(AUTHORIZE);
  rig.peer.say([3, "a", { idTagInfo: { status: "Accepted" } }]);
  rig.isThere = false;
  rig.lose();
  await rig.control.command("badge block", { badge: "04A1", reason: "lost" });
  equal((await answers(rig, AUTHORIZE))[2], { idTagInfo: { status: "Blocked" } });
  const start = [2, "s", "StartTransaction", { connectorId: 1, idTag: "04A1", meterStart: 0, timestamp: "" }];
  const [type, , payload] = await answers(rig, start);
  equal([type, payload.idTagInfo.status], [3, "Blocked"]);
  equal((await answers(rig, [2, "e", "StopTransaction", { transactionId: payload.transactionId }])).slice(0, 2), [
    3,
    "e",
  ]);
  await rig.back();
  const seen = await rig.answerAll(() => rig.leg.forwarder.state === "through");
  equal(seen.map((text) => parse(text)[2]), ["StartTransaction", "StopTransaction"]);
});

Deno.test("stand-in: of the status of each connector the newest is passed on, other calls are refused in words", async () => {
  await using rig = await away();
  const status = (
    id: string,
    connectorId: number,
    s: string,
  ) => [2, id, "StatusNotification", { connectorId, status: s }];
  for (const message of [status("1", 1, "Preparing"), status("2", 2, "Available"), status("3", 1, "Charging")]) {
    equal((await answers(rig, message))[2], {});
  }
  const refused = await answers(rig, [2, "d", "DataTransfer", { vendorId: "v" }]);
  equal(refused.slice(0, 4), [4, "d", "GenericError", "The CSMS is away"]);
  await rig.back();
  const seen = await rig.answerAll(() => rig.leg.forwarder.state === "through");
  equal(seen.map((text) => parse(text)[1]), ["2", "3"]);
});

Deno.test("stand-in: in OCPP 2.0.1 a TransactionEvent is kept and passed on as it came, byte for byte", async () => {
  await using rig = await (await ForwardingRig.open({ version: "ocpp2.0.1", site: outageSite("free-vend") })).connect();
  rig.isThere = false;
  rig.lose();
  const event = (id: string, type: string) =>
    `[2,"${id}","TransactionEvent", {"eventType":"${type}","seqNo":0,"idToken":{"idToken":"04A1","type":"ISO14443"},"transactionInfo":{"transactionId":"t-1"},"x":1.0}]`;
  equal(await answers(rig, event("1", "Started")), [3, "1", { idTokenInfo: { status: "Accepted" } }]);
  equal(await answers(rig, event("2", "Ended")), [3, "2", {}]);
  equal(await answers(rig, [2, "3", "TransactionEvent-Signed", { payload: "e30" }]), [3, "3", {}]);
  await rig.back();
  const seen = await rig.answerAll(() => rig.leg.forwarder.state === "through");
  equal(seen, [event("1", "Started"), event("2", "Ended"), `[2,"3","TransactionEvent-Signed",{"payload":"e30"}]`]);
});

Deno.test("stand-in: an id that is a number is answered as a number", async () => {
  await using rig = await away();
  rig.say(`[2, 17,"MeterValues",{"connectorId":1}]`);
  equal((await rig.heard(2))[1], `[3,17,{}]`);
});

Deno.test("stand-in: when no more can be kept the station is told by a close and keeps its messages itself; nothing was answered", async () => {
  await using rig = await away({ site: outageSite("csms-only", { messages: 2 }) });
  for (const id of ["1", "2"]) await answers(rig, [2, id, "MeterValues", { connectorId: Number(id) }]);
  const before = rig.got.length;
  rig.say([2, "3", "MeterValues", { connectorId: 3 }]);
  await rig.settle();
  equal([rig.got.length, rig.closed?.code], [before, 1001]);
  match(rig.closed!.reason, /no room/);
  equal(rig.control.raised.map(({ kind }) => kind), ["ocpp.outage.full"]);
});

Deno.test("stand-in: a message is tried to be stored while control restarts; given up, the station is closed and was answered nothing", async () => {
  await using rig = await away();
  let isGone = true;
  rig.controlFault = () => {
    if (isGone) throw new Error("restarting");
  };
  rig.say([2, "1", "MeterValues", { connectorId: 1 }]);
  await rig.settle();
  equal(rig.got.length, 1);
  isGone = false;
  rig.box.time.advance(STAND_IN_LIMITS.keepPauseMs);
  equal(parse((await rig.heard(2))[1]).slice(0, 2), [3, "1"]);
  isGone = true;
  rig.say([2, "2", "MeterValues", { connectorId: 2 }]);
  for (let passed = 0; passed <= STAND_IN_LIMITS.keepMs; passed += STAND_IN_LIMITS.keepPauseMs) {
    await rig.settle();
    rig.box.time.advance(STAND_IN_LIMITS.keepPauseMs);
  }
  await rig.settle();
  equal([rig.got.length, rig.closed?.code], [2, 1001]);
});

Deno.test("stand-in: pings of the station are answered while the CSMS is away, and passed on otherwise", async () => {
  await using rig = await (await ForwardingRig.open()).connect();
  const pongs: string[] = [], pinged: string[] = [];
  rig.leg.on("pong", (data) => pongs.push(String(data)));
  rig.peer.ping = ((data: Uint8Array) => void pinged.push(String(data))) as () => void;
  rig.leg.ping(Buffer.from("one"));
  equal([pongs, pinged], [[], ["one"]]);
  rig.isThere = false;
  rig.lose();
  rig.leg.ping(Buffer.from("two"));
  equal(pongs, ["two"]);
});

for (const code of [1000, 1008, 4001]) {
  Deno.test(`stand-in: a CSMS that closes with ${code} means the station: it is closed the same way`, async () => {
    await using rig = await (await ForwardingRig.open()).connect();
    rig.lose(code);
    await rig.settle();
    equal(rig.closed?.code, code);
  });
}

for (const code of [1001, 1006, 1011, 1012, 1013]) {
  Deno.test(`stand-in: a CSMS that is gone with ${code} is stood in for`, async () => {
    await using rig = await (await ForwardingRig.open()).connect();
    rig.isThere = false;
    rig.lose(code);
    equal([rig.closed, rig.leg.forwarder.state], [undefined, "away"]);
  });
}

Deno.test("stand-in: a CSMS that is back and refuses the station ten times in a row is believed, and not before", async () => {
  await using rig = await away();
  rig.isThere = 404;
  const dialled = rig.dials;
  while (rig.dials < dialled + STAND_IN_LIMITS.refusals - 1) {
    rig.box.time.advance(100);
    await rig.settle();
  }
  equal([rig.closed], [undefined]);
  while (rig.dials < dialled + STAND_IN_LIMITS.refusals) {
    rig.box.time.advance(100);
    await rig.settle();
  }
  equal(rig.closed?.code, 1008);
});

Deno.test("stand-in: calls of a lost CSMS have no receiver: their answers are dropped, and the session is told", async () => {
  await using rig = await (await ForwardingRig.open()).connect();
  rig.peer.say([2, "c", "Reset", { type: "Soft" }]);
  rig.lose();
  await rig.back();
  await rig.state("through");
  rig.say([3, "c", { status: "Accepted" }]);
  equal([rig.peer.sent, rig.replaced], [[], 1]);
});

Deno.test("stand-in: with as many messages waiting to be stored as may, one more closes the station", async () => {
  await using rig = await away();
  let hold: (() => void) | undefined;
  const held = new Promise<void>((resolve) => hold = resolve);
  const keep = rig.control.handlers["outage.keep"]!;
  (rig.control.handlers as Record<string, unknown>)["outage.keep"] = async (args: never) => {
    await held;
    return await keep(args);
  };
  for (let i = 0; i < STAND_IN_LIMITS.turns; i++) rig.say([2, `${i}`, "MeterValues", { connectorId: i }]);
  equal([rig.closed], [undefined]);
  rig.say([2, "past", "MeterValues", { connectorId: 0 }]);
  await rig.settle();
  equal(rig.closed?.code, 1001);
  hold!();
});

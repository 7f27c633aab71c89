import { Buffer } from "node:buffer";
import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { RelayRig } from "../../tests/support/relay_rig.ts";
import { until } from "../../tests/support/ocpp_rig.ts";
import { OCPP_LIMITS } from "./limits.ts";
import type { RelayObserver } from "./relay_observer.ts";
import type { CallVerdict } from "./session.ts";

const TAKE = (action: string): CallVerdict | undefined =>
  action === "Mine" ? { pass: false, take: true, rule: "test.take" } : undefined;

Deno.test("ocpp relay: an own call and its answer never reach the CSMS, and stand in the flight recorder stripped", async () => {
  const rig = new RelayRig();
  const payloadText = '{"key":"AuthorizationKey","value":"0123456789abcdef"}';
  const outcome = rig.relay.call({ action: "ChangeConfiguration", payloadText, timeoutMs: 5_000 });
  const [type, id, action, payload] = rig.station.last;
  equal([type, action, payload], [2, "ChangeConfiguration", JSON.parse(payloadText)]);
  match(String(id), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  rig.station.say([3, id, { status: "Accepted" }]);
  equal(await outcome, { is: "result", payload: { status: "Accepted" } });
  equal(rig.csms.sent, []);
  const record = rig.flight.export("CP001");
  ok(record.includes("gateway to station") && record.includes("station to gateway"));
  ok(!record.includes("0123456789abcdef"), "the secret is stripped");
});

Deno.test("ocpp relay: ids of own calls differ", () => {
  const rig = new RelayRig();
  void rig.relay.call({ action: "A", payloadText: "{}", timeoutMs: 5_000 });
  const first = rig.station.last[1];
  rig.station.say([3, first, {}]);
  void rig.relay.call({ action: "A", payloadText: "{}", timeoutMs: 5_000 });
  ok(rig.station.last[1] !== first);
});

Deno.test("ocpp relay: an own call ends with its time, and with the session", async () => {
  const rig = new RelayRig();
  const slow = rig.relay.call({ action: "A", payloadText: "{}", timeoutMs: 5_000 });
  const waiting = rig.relay.call({ action: "B", payloadText: "{}", timeoutMs: 60_000 });
  rig.time.advance(5_000);
  rig.relay.tick();
  equal(await slow, { is: "none", why: "timeout" });
  rig.station.emit("close", 1006, new Uint8Array());
  equal(await waiting, { is: "none", why: "ended" });
  equal(await rig.relay.call({ action: "C", payloadText: "{}", timeoutMs: 1 }), { is: "none", why: "ended" });
});

Deno.test("ocpp relay: a taken call is answered by the taker of its rule, with the bytes as they came", async () => {
  const seen: string[] = [];
  const rig = new RelayRig({
    override: TAKE,
    takers: {
      "test.take": (relay, from, frame, bytes) => {
        seen.push(`${relay.options.stationId} ${from} ${frame.id} ${new TextDecoder().decode(bytes)}`);
        return Promise.resolve({ payload: { status: "Accepted" } });
      },
    },
  });
  rig.csms.say('[2, "7","Mine",{}]');
  await until(() => rig.csms.sent.length === 1);
  equal(rig.csms.sent, ['[3,"7",{"status":"Accepted"}]']);
  equal(rig.station.sent, []);
  equal(seen, ['CP001 csms 7 [2, "7","Mine",{}]']);
  equal(rig.time.armed, 0, "no timer stays behind");
});

Deno.test("ocpp relay: a taker that throws, is absent or too slow is an InternalError and an audit record", async () => {
  const failing = new RelayRig({
    override: TAKE,
    takers: { "test.take": () => Promise.reject(new Error("disk full")) },
  });
  failing.station.say([2, "1", "Mine", {}]);
  await until(() => failing.station.sent.length === 1);
  equal(failing.station.last.slice(0, 3), [4, "1", "InternalError"]);
  equal(failing.audited[0]?.event, "ocpp.taken.failed");
  match(String(failing.audited[0]?.detail?.why), /disk full/);
  ok(!failing.station.sent[0]!.includes("disk"), "the peer is not told what is wrong inside");

  const absent = new RelayRig({ override: TAKE });
  absent.station.say([2, "1", "Mine", {}]);
  await until(() => absent.station.sent.length === 1);
  match(String(absent.audited[0]?.detail?.why), /nobody answers for the rule "test.take"/);

  const slow = new RelayRig({ override: TAKE, takers: { "test.take": () => new Promise(() => {}) } });
  slow.station.say([2, "1", "Mine", {}]);
  slow.time.advance(OCPP_LIMITS.takeTimeoutMs - 1);
  equal(slow.station.sent, []);
  slow.time.advance(1);
  await until(() => slow.station.sent.length === 1);
  equal(slow.station.last.slice(0, 3), [4, "1", "InternalError"]);
});

Deno.test("ocpp relay: an answer that comes when the session is over goes nowhere", async () => {
  const { promise, resolve } = Promise.withResolvers<{ payload: unknown }>();
  const rig = new RelayRig({ override: TAKE, takers: { "test.take": () => promise } });
  rig.csms.say([2, "1", "Mine", {}]);
  rig.relay.end("drained", 1001, "bye");
  resolve({ payload: {} });
  await until(() => rig.time.armed === 0);
  equal(rig.csms.sent, []);
});

class Notes implements RelayObserver {
  readonly name = "notes";
  readonly lines: string[] = [];
  opened: NonNullable<RelayObserver["opened"]> = ({ options }) => void this.lines.push(`opened ${options.stationId}`);
  message: NonNullable<RelayObserver["message"]> = (_relay, { from, action, kind, fate, text, bytes, at }) => {
    equal(new TextDecoder().decode(bytes), text);
    ok(at > 0);
    this.lines.push(`${from} ${kind} ${action} ${fate} ${text}`);
  };
  answered: NonNullable<RelayObserver["answered"]> = (_relay, { to, text }) =>
    void this.lines.push(`answered ${to} ${text}`);
  csmsLost = () => void this.lines.push("csms lost");
  csmsBack = () => void this.lines.push("csms back");
  ended: NonNullable<RelayObserver["ended"]> = (_relay, reason) => void this.lines.push(`ended ${reason}`);
}

Deno.test("ocpp relay: observers are told of everything in order, and of nothing that is the gateway's own", async () => {
  const notes = new Notes();
  const rig = new RelayRig({ observers: [notes], graceMs: 1_000, override: TAKE });
  rig.station.say('[2,"1","Heartbeat", {}]');
  rig.csms.say('[3,"1",{"currentTime":"t"}]');
  void rig.relay.call({ action: "Reset", payloadText: "{}", timeoutMs: 1_000 });
  rig.station.say([3, rig.station.last[1], {}]);
  rig.csms.say('[2,"2","Mine",{}]');
  await until(() => rig.csms.sent.length === 2);
  rig.csms.emit("close", 1006, new Uint8Array());
  rig.redialled(true);
  await until(() => notes.lines.includes("csms back"));
  rig.relay.end("drained", 1001, "bye");
  equal(notes.lines, [
    "opened CP001",
    'station call Heartbeat passed [2,"1","Heartbeat", {}]',
    'csms reply Heartbeat passed [3,"1",{"currentTime":"t"}]',
    'csms call Mine taken [2,"2","Mine",{}]',
    'answered csms [4,"2","InternalError","The gateway could not answer",{}]',
    "csms lost",
    "csms back",
    "ended drained",
  ]);
});

Deno.test("ocpp relay: an observer that throws is counted, and neither message nor other observers suffer", () => {
  const notes = new Notes();
  const broken: RelayObserver = {
    name: "broken",
    message: () => {
      throw new Error("a fault of the part");
    },
  };
  const rig = new RelayRig({ observers: [broken, notes] });
  rig.station.say('[2,"1","Heartbeat",{}]');
  equal(rig.csms.sent, ['[2,"1","Heartbeat",{}]']);
  equal(notes.lines.length, 2);
  ok(rig.counted().includes('bulkhead_ocpp_observer_faults_total {"observer":"broken"} 1'));
});

Deno.test("ocpp relay: what was unanswered when the CSMS was lost is sent again in order, before what came since", async () => {
  const rig = new RelayRig({ graceMs: 10_000 });
  rig.station.say([2, "1", "MeterValues", { connectorId: 1 }]);
  rig.station.say([2, "2", "Heartbeat", {}]);
  rig.csms.say([3, "2", { currentTime: "2026-11-21T08:00:00Z" }]);
  rig.station.say('[2, "3","StopTransaction",{"transactionId":1.0}]');
  rig.csms.emit("close", 1006, Buffer.from(""));
  rig.station.say([2, "4", "Heartbeat", {}]);
  rig.redialled(true);
  await until(() => rig.csms.sent.length === 3);
  equal(rig.csms.sent, [
    '[2,"1","MeterValues",{"connectorId":1}]',
    '[2, "3","StopTransaction",{"transactionId":1.0}]',
    '[2,"4","Heartbeat",{}]',
  ]);
  rig.csms.say([3, "3", {}]);
  equal(rig.station.last, [3, "3", {}]);
});

Deno.test("ocpp relay: with more unanswered than can be kept the station is told, and keeps it itself", () => {
  const rig = new RelayRig({ graceMs: 10_000 });
  const big = "x".repeat(OCPP_LIMITS.graceBytes / 2);
  for (const id of ["1", "2"]) rig.station.say([2, id, "DataTransfer", { vendorId: "v", data: big }]);
  rig.csms.emit("close", 1006, Buffer.from(""));
  equal(rig.ended, ["csms-lost"]);
  equal(rig.station.closed?.code, 1001);
});

Deno.test("ocpp relay: an answer to a call of the CSMS's lost connection does not reach its next one, which may use the same id (LC6)", async () => {
  const { promise, resolve } = Promise.withResolvers<{ payload: unknown }>();
  const rig = new RelayRig({ graceMs: 10_000, override: TAKE, takers: { "test.take": () => promise } });
  rig.csms.say([2, "1", "Reset", { type: "Soft" }]);
  rig.csms.say([2, "2", "Mine", {}]);
  rig.csms.emit("close", 1006, Buffer.from(""));
  rig.station.say([3, "1", { status: "Accepted" }]);
  resolve({ payload: { status: "Accepted" } });
  await until(() => rig.time.armed === 0);
  rig.station.say([2, "h", "Heartbeat", {}]);
  rig.redialled(true);
  await until(() => rig.csms.sent.length > 0);
  equal(rig.csms.sent, ['[2,"h","Heartbeat",{}]']);
  rig.csms.say([2, "1", "ClearCache", {}]);
  rig.station.say([3, "1", { status: "Rejected" }]);
  equal(rig.csms.last, [3, "1", { status: "Rejected" }]);
});

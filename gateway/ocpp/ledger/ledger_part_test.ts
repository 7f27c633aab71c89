import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { FakeControl, workerContext } from "../../../tests/support/ocpp_rig.ts";
import { RelayRig } from "../../../tests/support/relay_rig.ts";
import { parseFrame } from "../codec.ts";
import { LedgerFeed } from "./ledger_part.ts";
import { LEDGER_FEED_LIMITS } from "./limits.ts";

const T0 = "2026-01-01T00:00:00Z";
const START = { connectorId: 1, idTag: "04A1", meterStart: 0, timestamp: T0 };
const sample = (wh: number, transactionId = 7) => ({
  connectorId: 1,
  transactionId,
  meterValue: [{ timestamp: T0, sampledValue: [{ value: String(wh) }] }],
});

/** A relay with a feed on it, and control on the other side. */
function feedRig(csmsState: () => string = () => "through") {
  const control = new FakeControl(() => ({ admit: false, rule: "none", status: 404 }));
  const time = new ManualTime();
  const lost: string[] = [];
  const context = workerContext(control, []);
  const metrics = { ...context.metrics, count: (name: string) => void lost.push(name) };
  const feed = new LedgerFeed({ context: { ...context, clock: time, metrics } });
  const rig = new RelayRig({
    csmsState,
    observers: [{ name: "ledger", message: (relay, message) => feed.message(relay, message) }],
  });
  return { control, time, feed, rig, lost };
}

const settle = () =>
  new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(() => queueMicrotask(resolve))));

Deno.test("ledger feed: begin, end and their answers go at once, samples wait for others", async () => {
  const { control, time, feed, rig } = feedRig();
  rig.station.say([2, "1", "StartTransaction", START]);
  await settle();
  equal(control.facts.map(({ kind }) => kind), ["begin"]);
  rig.csms.say([3, "1", { transactionId: 7, idTagInfo: { status: "Accepted" } }]);
  await settle();
  equal([control.facts[1]!.of, control.facts[1]!.transactionId], ["begin", "7"]);
  rig.station.say([2, "2", "MeterValues", sample(10)]);
  rig.csms.say([3, "2", {}]);
  time.advance(LEDGER_FEED_LIMITS.sampleDelayMs - 1);
  feed.tick();
  await settle();
  equal(control.facts.length, 2);
  time.advance(1);
  feed.tick();
  await settle();
  equal(control.facts.slice(2).map(({ kind, of, stationId, protocol }) => [kind, of, stationId, protocol]), [
    ["sample", undefined, "CP001", "ocpp1.6"],
    ["ack", "sample", "CP001", "ocpp1.6"],
  ]);
});

Deno.test("ledger feed: the CSMS's own calls, refused answers and other stations' ids are no facts", async () => {
  const { control, rig } = feedRig();
  rig.csms.say([2, "1", "StartTransaction", START]);
  rig.csms.say([3, "unknown", { transactionId: 7 }]);
  rig.station.say([2, "9", "Heartbeat", {}]);
  await settle();
  equal(control.facts, []);
});

Deno.test("ledger feed: while control is away facts wait in order, and are sent when it is back", async () => {
  const { control, feed, rig } = feedRig();
  const real = control.call;
  control.call = () => Promise.reject(new Error("away"));
  rig.station.say([2, "1", "StartTransaction", START]);
  await settle();
  rig.csms.say([3, "1", { transactionId: 7, idTagInfo: { status: "Accepted" } }]);
  await settle();
  control.call = real;
  await feed.flush();
  equal(control.facts.map(({ kind }) => kind), ["begin", "ack"]);
  equal(feed.waiting, 0);
});

Deno.test("ledger feed: at its limit facts wait, past it the oldest sample makes room for a begin", async () => {
  const { control, feed, rig, lost } = feedRig();
  control.call = () => Promise.reject(new Error("away"));
  for (let i = 0; i < LEDGER_FEED_LIMITS.facts; i++) rig.station.say([2, `s${i}`, "MeterValues", sample(i, i)]);
  equal([feed.waiting, lost.length], [LEDGER_FEED_LIMITS.facts, 0]);
  rig.station.say([2, "b", "StartTransaction", START]);
  await settle();
  equal([feed.waiting, lost], [LEDGER_FEED_LIMITS.facts, ["bulkhead_ledger_facts_lost_total"]]);
});

Deno.test("ledger feed: at its limit samples are still put together, and cost the others no more room", () => {
  const { feed, rig, lost } = feedRig();
  for (let i = 0; i <= LEDGER_FEED_LIMITS.facts; i++) rig.station.say([2, `s${i}`, "MeterValues", sample(i, i)]);
  equal([feed.waiting, lost.length], [LEDGER_FEED_LIMITS.facts, 1]);
  for (let i = 1; i <= 20; i++) {
    const next = sample(LEDGER_FEED_LIMITS.facts + i, LEDGER_FEED_LIMITS.facts);
    rig.station.say([2, `n${i}`, "MeterValues", next]);
  }
  equal([feed.waiting, lost.length], [LEDGER_FEED_LIMITS.facts, 1]);
});

Deno.test("ledger feed: a fact that made room takes nothing in: what comes for it is told by another one", async () => {
  const { control, feed, rig, lost } = feedRig();
  const other = new RelayRig({
    observers: [{ name: "ledger", message: (relay, message) => feed.message(relay, message) }],
  });
  rig.station.say([2, "1", "MeterValues", sample(1, 1)]);
  for (let i = 0; i < LEDGER_FEED_LIMITS.facts; i++) {
    other.station.say([2, `s${i}`, "MeterValues", sample(i, 100 + i)]);
  }
  equal(lost.length, 1, "the oldest one, whose transaction goes on");
  rig.station.say([2, "2", "MeterValues", sample(2, 1)]);
  equal([feed.waiting, lost.length], [LEDGER_FEED_LIMITS.facts, 2]);
  while (feed.waiting > 0) await feed.flush();
  equal(control.facts.filter(({ transactionId }) => transactionId === "1").map(({ readings }) => readings?.[0]?.wh), [
    2,
  ]);
});

Deno.test("ledger feed: more samples than one call takes go one call after another, without waiting for the next sweep", async () => {
  const { control, feed, rig } = feedRig();
  const { factsPerCall } = LEDGER_FEED_LIMITS;
  for (let i = 0; i < 3 * factsPerCall + 5; i++) rig.station.say([2, `s${i}`, "MeterValues", sample(i, i)]);
  feed.tick();
  for (let i = 0; i < 50; i++) await settle();
  equal([control.facts.length, feed.waiting], [3 * factsPerCall, 5]);
});

Deno.test("ledger feed: answers are waited for up to the limit, the oldest is forgotten first", async () => {
  const { control, feed, rig } = feedRig();
  const see = (from: "station" | "csms", message: unknown[]) => {
    const text = JSON.stringify(message), kind = from === "station" ? "call" : "reply";
    const seen = {
      from,
      frame: parseFrame(text),
      action: "MeterValues",
      text,
      bytes: new Uint8Array(),
      kind,
      at: 0,
    } as const;
    feed.message(rig.relay, { ...seen, fate: "passed" });
  };
  for (let i = 0; i <= LEDGER_FEED_LIMITS.pending; i++) see("station", [2, `p${i}`, "MeterValues", sample(i)]);
  see("csms", [3, "p0", {}]);
  see("csms", [3, "p1", {}]);
  await feed.flush();
  ok(control.facts.length > 0);
  equal(control.facts.filter(({ kind }) => kind === "ack").length, 1);
});

Deno.test("ledger feed: an answer of the gateway itself, while the CSMS is away, is told as kept", async () => {
  let state = "away";
  const { control, feed, rig } = feedRig(() => state);
  rig.station.say([2, "1", "StartTransaction", START]);
  rig.csms.say([3, "1", { transactionId: 2_000_000_001, idTagInfo: { status: "Accepted" } }]);
  state = "replaying";
  rig.station.say([2, "2", "MeterValues", sample(10)]);
  rig.csms.say([3, "2", {}]);
  state = "through";
  rig.station.say([2, "3", "StopTransaction", { transactionId: 7, meterStop: 20, timestamp: T0 }]);
  rig.csms.say([3, "3", {}]);
  await feed.flush();
  equal(control.facts.flatMap(({ outcome }) => outcome ?? []), ["kept", "kept", "accepted"]);
});

Deno.test("ledger feed: many samples of a transaction and their answers are one fact each, until others come between", async () => {
  const { control, feed, rig } = feedRig();
  const talk = (id: string, wh: number) => {
    rig.station.say([2, id, "MeterValues", sample(wh)]);
    rig.csms.say([3, id, {}]);
  };
  for (let i = 0; i < 20; i++) talk(`a${i}`, i);
  rig.station.say([2, "e", "StopTransaction", { transactionId: 7, meterStop: 20, timestamp: T0 }]);
  talk("late", 19);
  await feed.flush();
  equal(control.facts.map(({ kind, of, messages }) => [kind, of, messages]), [
    ["sample", undefined, 20],
    ["ack", "sample", 20],
    ["end", undefined, undefined],
    ["sample", undefined, undefined],
    ["ack", "sample", undefined],
  ]);
  talk("after", 20);
  await feed.flush();
  equal(control.facts[0]!.messages, 20, "what was handed over takes nothing in any more");
});

Deno.test("ledger feed: transactions put together at one time up to the limit, one more closes the oldest", async () => {
  const { folds } = LEDGER_FEED_LIMITS;
  const seen = async (transactions: number) => {
    const { control, feed, rig } = feedRig();
    for (let i = 0; i < 2 * transactions; i++) {
      rig.station.say([2, `m${i}`, "MeterValues", sample(i, i % transactions)]);
    }
    await feed.flush();
    return control.facts.length;
  };
  equal([await seen(folds), await seen(folds + 1)], [folds, 2 * (folds + 1)]);
});

import { deepEqual, equal } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { Connector } from "./connector.ts";
import { dialectOf } from "./dialect.ts";
import { FaultList } from "./fault_list.ts";
import { DEMO_LIMITS } from "./limits.ts";
import type { OcppVersion } from "./model.ts";
import type { Queued } from "./outbox.ts";
import { seededRandom } from "./seeded_random.ts";
import { specOf } from "./testing/bench.ts";

function bench(protocol: OcppVersion) {
  const time = new ManualTime();
  const sent: Queued[] = [];
  const connector = new Connector(specOf("CP001", protocol, 1), dialectOf(protocol), {
    clock: time,
    timers: time,
    random: seededRandom(3),
    meterMs: 1_000,
    energySpeed: 60,
    queue: (message) => void sent.push(message),
    changed: () => {},
  });
  const payloads = () => sent.map(({ build }) => build().payload as Record<string, unknown>);
  return { time, sent, connector, payloads };
}

Deno.test("demo connector: energy is power times time, sixty times faster", () => {
  const { time, connector, sent } = bench("ocpp1.6");
  connector.begin("AB");
  time.advance(60_000);
  equal(Math.round(connector.deliveredWh), 11_000);
  equal(sent.filter(({ kind }) => kind === "meter").length, 60);
  connector.end("Local");
  const [session] = connector.sessions;
  equal(session!.stopWh - session!.startWh, 11_000);
  equal(time.armed, 0);
});

Deno.test("demo connector: the same seed gives the same messages", () => {
  const run = () => {
    const { time, connector, payloads } = bench("ocpp2.0.1");
    connector.begin("AB");
    time.advance(3_500);
    connector.end("Remote");
    return payloads();
  };
  deepEqual(run(), run());
});

Deno.test("demo connector: 1.6 messages take the transaction id that the CSMS gave in between", () => {
  const { time, connector, sent, payloads } = bench("ocpp1.6");
  connector.begin("AB");
  time.advance(1_000);
  sent[0]!.answered!({ transactionId: 42, idTagInfo: { status: "Accepted" } });
  connector.end("Local");
  deepEqual(payloads().map(({ transactionId }) => transactionId), [undefined, 42, 42]);
});

Deno.test("demo connector: 2.0.1 messages count their sequence from zero", () => {
  const { time, connector, payloads } = bench("ocpp2.0.1");
  connector.begin("AB");
  time.advance(2_000);
  connector.end("Reset");
  deepEqual(payloads().map(({ seqNo, eventType }) => [seqNo, eventType]), [
    [0, "Started"],
    [1, "Updated"],
    [2, "Updated"],
    [3, "Ended"],
  ]);
});

Deno.test("demo connector: a badge refused at the start ends the session with what flowed", () => {
  const { time, connector, sent, payloads } = bench("ocpp1.6");
  connector.begin("AB");
  time.advance(1_000);
  sent[0]!.answered!({ transactionId: 7, idTagInfo: { status: "Blocked" } });
  equal(connector.transaction, undefined);
  equal(payloads().at(-1)!.reason, "Remote");
});

Deno.test("demo connector: remembers as many sessions as its limit, then forgets the oldest", () => {
  const { connector } = bench("ocpp1.6");
  const session = () => {
    connector.begin(`badge-${connector.sessions.length}`);
    connector.end("Local");
  };
  for (let i = 0; i < DEMO_LIMITS.sessions; i++) session();
  equal(connector.sessions.length, DEMO_LIMITS.sessions);
  equal(connector.sessions[0]!.badge, "badge-0");
  session();
  equal(connector.sessions.length, DEMO_LIMITS.sessions);
  equal(connector.sessions[0]!.badge, "badge-1");
});

Deno.test("demo faults: keeps the first texts up to its limit and counts all", () => {
  const faults = new FaultList();
  for (let i = 0; i < DEMO_LIMITS.faults; i++) faults.add(`fault ${i}`);
  equal(faults.texts.length, DEMO_LIMITS.faults);
  faults.add("one more");
  deepEqual([faults.texts.length, faults.count, faults.texts.at(-1)], [
    DEMO_LIMITS.faults,
    DEMO_LIMITS.faults + 1,
    `fault ${DEMO_LIMITS.faults - 1}`,
  ]);
});

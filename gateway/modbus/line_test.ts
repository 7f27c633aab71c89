import { deepEqual, equal, ok } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import type { ModbusRequest } from "./codec.ts";
import { encodeRequest } from "./codec_request.ts";
import { MODBUS_LIMITS } from "./limits.ts";
import { Line, type LineState } from "./line.ts";
import type { LineJob } from "./session.ts";
import { FakeLines, lineConfig, serialConfig } from "./testing/fake_line.ts";
import type { LineConfig } from "./worker_config.ts";

const READ: ModbusRequest = { function: 3, address: 0, quantity: 1 };
const ANSWER = Uint8Array.of(3, 2, 0, 7);

/** A line over fake drivers, and what it told. */
function rig(config: LineConfig = lineConfig()) {
  const time = new ManualTime(), lines = new FakeLines();
  const answers: string[] = [], notes: string[] = [], states: LineState[] = [];
  const line = new Line(config, {
    ...{ clock: time, timers: time, open: lines.open, weightOf: () => 1 },
    events: {
      answered: (_, pdu, sentAt) =>
        answers.push(`${pdu?.join(" ") ?? "none"} ${sentAt === undefined ? "unsent" : "sent"}`),
      sent: () => {},
      noted: (kind) => void notes.push(kind),
      changed: (state) => void states.push(state),
    },
  });
  const ask = (change: Partial<LineJob> = {}) =>
    line.submit({
      ...{ client: "ems", serviceClass: "read", cost: 1, deadline: time.monotonic() + 2_000, device: 1 },
      ...{ request: READ, pdu: encodeRequest(READ), mayRetry: true, ...change },
    });
  return { time, lines, line, ask, answers, notes, states };
}

Deno.test("modbus line actor: opens with the first request, sends it, hands the answer on, leaves no timer behind", () => {
  const { lines, ask, answers, states, time, line } = rig();
  equal(lines.drivers.length, 0);
  ask();
  lines.last.events.opened();
  equal(lines.last.sent.length, 1);
  lines.answer(ANSWER);
  deepEqual([answers, states], [["3 2 0 7 sent"], [{ up: true }]]);
  time.advance(10_000);
  equal(time.armed, 0);
  equal(line.isDown, false);
});

Deno.test("modbus line actor: a device that cannot be reached is not dialled again at once, and ever more rarely", () => {
  const { lines, ask, answers, time, line } = rig();
  const fail = () => lines.last.events.lost("ECONNREFUSED");
  ask();
  fail();
  deepEqual(answers, ["131 10 unsent"]);
  ok(line.isDown);
  ask();
  equal(lines.drivers.length, 1, "within the pause");
  time.advance(999);
  ask();
  equal(lines.drivers.length, 1);
  time.advance(1);
  ask();
  equal(lines.drivers.length, 2, "the pause is over");
  fail();
  time.advance(1_999);
  ask();
  equal(lines.drivers.length, 2, "it has doubled");
  time.advance(1);
  ask();
  equal(lines.drivers.length, 3);
  for (let attempt = 0; attempt < 20; attempt++) {
    fail();
    time.advance(MODBUS_LIMITS.reconnectLongestMs);
    ask();
  }
  equal(lines.drivers.length, 23, "but never beyond a minute");
});

Deno.test("modbus line actor: a connection that the device closed while it rested costs nobody anything", () => {
  const { lines, ask, answers, states, line } = rig();
  ask();
  lines.last.events.opened();
  lines.answer(ANSWER);
  lines.last.events.lost("the device closed the connection");
  equal(line.isDown, false);
  deepEqual(states, [{ up: true }]);
  ask();
  equal(lines.drivers.length, 2, "opened again without a pause");
  lines.last.events.opened();
  lines.answer(ANSWER);
  deepEqual(answers, ["3 2 0 7 sent", "3 2 0 7 sent"]);
});

Deno.test("modbus line actor: a device that accepts and closes at once is not dialled in a loop", () => {
  const { lines, ask, time } = rig();
  for (let round = 0; round < 50; round++) {
    ask();
    const { events } = lines.last;
    events.opened();
    events.lost("closed");
    time.advance(10);
  }
  ok(lines.drivers.length <= 4, `${lines.drivers.length} connections in half a second`);
});

Deno.test("modbus line actor: a request that a slow device does not answer is 0B, and the line goes on", () => {
  const { lines, ask, answers, notes, time } = rig(lineConfig({ retries: 0 }));
  ask();
  lines.last.events.opened();
  time.advance(500);
  deepEqual([answers, notes], [["131 11 sent"], ["timeout"]]);
  ask();
  equal(lines.drivers.length, 1, "the same connection");
  lines.answer(ANSWER);
  equal(answers.at(-1), "3 2 0 7 sent");
});

Deno.test("modbus line actor: a request that waits too long is answered when its time is up, not when the line is free", () => {
  const { lines, ask, answers, time } = rig(lineConfig({ responseTimeoutMs: 10_000 }));
  ask({ deadline: 20_000 });
  lines.last.events.opened();
  ask({ deadline: 300 });
  time.advance(300 + MODBUS_LIMITS.queueSweepMs);
  deepEqual(answers, ["131 11 unsent"]);
});

Deno.test("modbus line actor: the time that requests were on the line is its utilisation", () => {
  const { lines, ask, time, line } = rig();
  ask();
  ask({ device: 2 });
  lines.last.events.opened();
  time.advance(30);
  lines.answer(ANSWER);
  time.advance(20);
  equal(Math.round(line.load.busyMs), 50);
  lines.answer(ANSWER);
  time.advance(1_000);
  equal(Math.round(line.load.busyMs), 50);
  equal(line.load.utilisation.toFixed(3), (50 / 1_050).toFixed(3));
  for (let minute = 0; minute < 2; minute++) {
    time.advance(MODBUS_LIMITS.utilisationMs);
    line.age();
  }
  equal(line.load.utilisation, 0, "what is longer ago counts no more");
});

Deno.test("modbus line actor: a serial line is opened before anybody asks, and again by itself when it was unplugged", () => {
  const { lines, time, states, line, answers, ask } = rig(serialConfig({ listenMs: 0 }));
  equal(lines.drivers.length, 1);
  lines.last.events.opened();
  lines.last.events.lost("it was unplugged");
  ok(line.isDown);
  ask();
  deepEqual(answers, ["131 10 unsent"]);
  for (let round = 0; round < 10; round++) {
    time.advance(MODBUS_LIMITS.serialReopenMs);
    lines.last.events.lost("not there");
  }
  ok(lines.drivers.length >= 10, "a person who plugs it in waits seconds at most");
  time.advance(MODBUS_LIMITS.serialReopenMs);
  lines.last.events.opened();
  deepEqual(states.at(-1), { up: true });
});

Deno.test("modbus line actor: words of a connection that was given up are nobody's", () => {
  const { lines, ask, answers, time } = rig(lineConfig({ idleMs: 100 }));
  ask();
  const { events, sent } = lines.last;
  events.opened();
  lines.answer(ANSWER);
  time.advance(MODBUS_LIMITS.lineSweepMs + 100);
  ok(lines.last.isClosed(), "it rested");
  ask();
  events.received({ transaction: sent[0]!.transaction, device: 1, pdu: ANSWER });
  events.lost("closed");
  events.noise(4);
  equal(answers.length, 1);
  equal(lines.drivers.length, 2);
});

Deno.test("modbus line actor: a drained line answers all, closes, and opens nothing any more", () => {
  const { lines, ask, answers, line, time } = rig();
  ask();
  lines.last.events.opened();
  ask({ device: 2 });
  line.drain();
  deepEqual(answers, ["131 10 sent", "131 10 unsent"]);
  ok(lines.last.isClosed());
  ask();
  equal(answers.at(-1), "131 10 unsent");
  equal(lines.drivers.length, 1);
  time.advance(100_000);
  equal(time.armed, 0);
});

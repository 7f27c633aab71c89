import assert from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { AwayAlarm } from "./away_alarm.ts";
import { DELIVERY_LIMITS } from "./limits.ts";

function rig() {
  const time = new ManualTime();
  const said: string[] = [];
  const away = new AwayAlarm("audit.sink.away", "siem", {
    raise: ({ kind, subject, detail }) => Promise.resolve(void said.push(`raise ${kind} ${subject}: ${detail}`)),
    clear: (kind, subject) => Promise.resolve(void said.push(`clear ${kind} ${subject}`)),
  }, time);
  return { time, said, away };
}

Deno.test("away alarm: raised after five minutes without a delivery, not a millisecond before", async () => {
  const { time, said, away } = rig();
  await away.failed(new Error("first"));
  time.advance(DELIVERY_LIMITS.sinkAwayMs - 1);
  await away.failed(new Error("second"));
  assert.deepEqual(said, []);
  time.advance(1);
  await away.failed(new Error("third"));
  assert.deepEqual(said, ["raise audit.sink.away siem: third"]);
});

Deno.test("away alarm: raised once, however often deliveries fail after it", async () => {
  const { time, said, away } = rig();
  for (let i = 0; i < 10; i++) {
    await away.failed(new Error("away"));
    time.advance(DELIVERY_LIMITS.sinkAwayMs);
  }
  assert.equal(said.length, 1);
});

Deno.test("away alarm: a delivery in between starts the five minutes anew", async () => {
  const { time, said, away } = rig();
  await away.failed(new Error("away"));
  time.advance(DELIVERY_LIMITS.sinkAwayMs - 1);
  await away.arrived();
  time.advance(1);
  await away.failed(new Error("away"));
  time.advance(DELIVERY_LIMITS.sinkAwayMs - 1);
  await away.failed(new Error("away"));
  assert.deepEqual(said.filter((line) => line.startsWith("raise")), []);
});

Deno.test("away alarm: counts time that passed, not what a corrected clock says", async () => {
  const { time, said, away } = rig();
  await away.failed(new Error("away"));
  time.jump(10 * DELIVERY_LIMITS.sinkAwayMs);
  await away.failed(new Error("away"));
  assert.deepEqual(said, []);
});

Deno.test("away alarm: the first delivery after a start clears what stood before it, later ones ask nobody", async () => {
  const { said, away } = rig();
  await away.arrived();
  await away.arrived();
  assert.deepEqual(said, ["clear audit.sink.away siem"]);
});

Deno.test("away alarm: raised anew when the receiver goes away again", async () => {
  const { time, said, away } = rig();
  for (let i = 0; i < 2; i++) {
    await away.failed(new Error("away"));
    time.advance(DELIVERY_LIMITS.sinkAwayMs);
    await away.failed(new Error("away"));
    await away.arrived();
  }
  assert.deepEqual(said.map((line) => line.split(" ")[0]), ["raise", "clear", "raise", "clear"]);
});

Deno.test("away alarm: says why while the receiver is away, and nothing after", async () => {
  const { away } = rig();
  assert.equal(away.why, undefined);
  await away.failed(new Error("one"));
  await away.failed(new Error("two"));
  assert.match(away.why!, /two/);
  await away.arrived();
  assert.equal(away.why, undefined);
});

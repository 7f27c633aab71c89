import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import type { WorkerSpec } from "./conduit.ts";
import { SUPERVISOR_LIMITS } from "./supervisor_limits.ts";
import type { FromWorker, ToWorker } from "./worker_protocol.ts";
import { type SpawnWorker, WorkerUnit } from "./worker_unit.ts";

const SPEC: WorkerSpec = { name: "ocpp-0", after: [], config: {}, permissions: {}, module: new URL("file:///o.ts") };

/** One unit whose thread is the test. */
function lab() {
  const time = new ManualTime();
  const told: string[] = [];
  const sent: ToWorker[] = [];
  const thread = { ended: 0, say: (_: FromWorker) => {}, crash: (_: string) => {} };
  const unit = new WorkerUnit(SPEC, "ocpp-0~2", time, {
    log: (line) => told.push(`log ${line}`),
    fault: ({ name }, text) => told.push(`fault ${name}: ${text}`),
    hung: ({ name }) => told.push(`hung ${name}`),
    missedBeat: () => told.push("missed"),
  });
  const spawn: SpawnWorker = (_, { message, fault }) => {
    Object.assign(thread, { say: message, crash: fault });
    return { post: (message) => void sent.push(message), terminate: () => void thread.ended++ };
  };
  const start = (how = spawn) => {
    unit.load(how);
    unit.start({ kind: "start", name: unit.name, config: {}, logLevel: "info" });
  };
  const last = (kind: ToWorker["kind"]) => sent.findLast((message) => message.kind === kind);
  return { time, told, sent, thread, unit, start, last };
}
function readyLab() {
  const rig = lab();
  rig.start();
  rig.thread.say({ kind: "ready", listening: { ocpp: "wss://127.0.0.1:8444" } });
  return rig;
}

Deno.test("worker unit: is degraded until it is ready, then says where it listens", async () => {
  const { unit, thread, start, sent } = lab();
  start();
  deepEqual([unit.state, unit.health], ["starting", { state: "degraded", why: "starting" }]);
  equal(sent[0]?.kind, "start");
  thread.say({ kind: "ready", listening: { ocpp: "wss://127.0.0.1:8444" } });
  await unit.ready;
  deepEqual([unit.state, unit.health, unit.listening], ["ready", { state: "ok" }, { ocpp: "wss://127.0.0.1:8444" }]);
});

Deno.test("worker unit: a thread that cannot be spawned fails the unit by name, and no timer stays", async () => {
  for (const thrown of [new Error("Can't escalate"), "Can't escalate"]) {
    const { unit, told, time, start } = lab();
    start(() => {
      throw thrown;
    });
    await rejects(unit.ready, { code: "SUP_START_FAILED", message: /"ocpp-0~2" did not start: Can't escalate/ });
    deepEqual([told, time.armed, unit.state], [["fault ocpp-0~2: Can't escalate"], 0, "gone"]);
  }
});

Deno.test("worker unit: may be ready at the last millisecond, and is a fault at the deadline", async () => {
  const early = lab();
  early.start();
  early.time.advance(SUPERVISOR_LIMITS.readyMs - 1);
  early.thread.say({ kind: "ready", listening: {} });
  early.time.advance(1);
  equal(early.unit.state, "ready");
  const late = lab();
  late.start();
  late.thread.say({ kind: "beat", sequence: 1, health: { state: "ok" } }); // it waits, it does not loop
  late.time.advance(SUPERVISOR_LIMITS.readyMs);
  await rejects(late.unit.ready, { message: new RegExp(`not ready after ${SUPERVISOR_LIMITS.readyMs} ms`) });
  equal(late.thread.ended, 1);
});

Deno.test("worker unit: a fault is told once, whatever else happens", () => {
  const { told, thread, unit } = readyLab();
  thread.crash("first");
  thread.crash("second");
  unit.fail("third");
  unit.end();
  deepEqual(told, ["fault ocpp-0~2: first"]);
  equal(thread.ended, 1);
});

Deno.test("worker unit: ended on purpose before it was ready, its start fails and no fault is told", async () => {
  const { unit, told, start, time } = lab();
  start();
  unit.end();
  await rejects(unit.ready, { code: "SUP_START_FAILED", message: /ended before it was ready/ });
  deepEqual([told, time.armed], [[], 0]);
});

Deno.test("worker unit: a late ready of a thread that drains or is gone changes nothing", async () => {
  const { unit, thread } = readyLab();
  const drained = unit.drain(100);
  thread.say({ kind: "ready", listening: { other: "x" } });
  deepEqual([unit.state, unit.listening], ["draining", { ocpp: "wss://127.0.0.1:8444" }]);
  thread.say({ kind: "drained" });
  await drained;
  thread.say({ kind: "ready", listening: {} });
  equal(unit.state, "gone");
});

Deno.test("worker unit: heartbeats are numbered, and the answer carries the health", () => {
  const { unit, time, thread, sent, told } = readyLab();
  for (let beat = 1; beat <= 3; beat++) {
    time.advance(SUPERVISOR_LIMITS.beatMs);
    thread.say({ kind: "beat", sequence: beat, health: { state: "degraded", why: "the CSMS is away" } });
  }
  deepEqual(sent.flatMap((message) => message.kind === "beat" ? [message.sequence] : []), [1, 2, 3]);
  deepEqual(unit.health, { state: "degraded", why: "the CSMS is away" });
  deepEqual(told, []);
});

Deno.test("worker unit: each unanswered heartbeat is counted, and one answer starts the count again", () => {
  const { time, thread, told } = readyLab();
  time.advance(SUPERVISOR_LIMITS.beatMs * SUPERVISOR_LIMITS.beatsMissed);
  equal(told.filter((line) => line === "missed").length, SUPERVISOR_LIMITS.beatsMissed - 1);
  thread.say({ kind: "beat", sequence: SUPERVISOR_LIMITS.beatsMissed, health: { state: "ok" } });
  time.advance(SUPERVISOR_LIMITS.beatMs * SUPERVISOR_LIMITS.beatsMissed);
  equal(told.includes("hung ocpp-0~2"), false);
  time.advance(SUPERVISOR_LIMITS.beatMs);
  equal(told.filter((line) => line === "hung ocpp-0~2").length, 1);
});

Deno.test("worker unit: takes an answer to reconfigure up to its deadline and refuses one past it", async () => {
  const { unit, time, thread } = readyLab();
  const inTime = unit.reconfigure("a");
  time.advance(SUPERVISOR_LIMITS.reconfigureMs - 1);
  thread.say({ kind: "reconfigured", id: 1 });
  await inTime;
  const late = unit.reconfigure("b");
  time.advance(SUPERVISOR_LIMITS.reconfigureMs);
  await rejects(late, { code: "SUP_RECONFIGURE_FAILED", message: /kept its old configuration: no answer in time/ });
  thread.say({ kind: "reconfigured", id: 2 });
  equal(unit.state, "ready");
});

Deno.test("worker unit: two reconfigures at once are answered each by its own number", async () => {
  const { unit, thread } = readyLab();
  const [first, second] = [unit.reconfigure("a"), unit.reconfigure("b")];
  thread.say({ kind: "reconfigured", id: 2 });
  await second;
  thread.say({ kind: "reconfigured", id: 1, fault: "bad port" });
  await rejects(first, { message: /bad port/ });
});

Deno.test("worker unit: a reconfigure whose Worker ends is refused at once", async () => {
  const { unit, thread, time } = readyLab();
  const wanted = unit.reconfigure("a");
  thread.crash("boom");
  await rejects(wanted, { message: /the Worker has ended/ });
  equal(time.armed, 0);
});

Deno.test("worker unit: drains until its thread says so, at most a heartbeat past the deadline", async () => {
  const willing = readyLab();
  const drained = willing.unit.drain(500);
  deepEqual(willing.last("drain"), { kind: "drain", deadlineMs: 500 });
  equal(willing.thread.ended, 0);
  willing.thread.say({ kind: "drained" });
  await drained;
  deepEqual([willing.thread.ended, willing.time.armed], [1, 0]);
  const stuck = readyLab();
  const ended = stuck.unit.drain(500);
  stuck.time.advance(500 + SUPERVISOR_LIMITS.beatMs - 1);
  await Promise.resolve();
  equal(stuck.unit.state, "draining");
  stuck.time.advance(1);
  await ended;
  equal(stuck.thread.ended, 1);
});

Deno.test("worker unit: draining what is gone is done at once and ends nothing twice", async () => {
  const { unit, thread, sent } = readyLab();
  thread.crash("boom");
  const before = sent.length;
  await unit.drain(500);
  deepEqual([sent.length, thread.ended], [before, 1]);
});

Deno.test("worker unit: a crash while draining ends the drain", async () => {
  const { unit, thread, told } = readyLab();
  const drained = unit.drain(60_000);
  thread.crash("boom");
  await drained;
  match(told.join(), /fault ocpp-0~2: boom/);
});

Deno.test("worker unit: log lines of its thread are passed on as they are", () => {
  const { told, thread } = readyLab();
  thread.say({ kind: "log", line: '{"event":"x"}' });
  deepEqual(told, ['log {"event":"x"}']);
});

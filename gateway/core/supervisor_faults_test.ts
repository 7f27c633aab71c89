import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { SUPERVISOR_LIMITS } from "./supervisor_limits.ts";
import { settle, spec, started, supervisorLab } from "./testing/supervisor_lab.ts";

Deno.test("supervisor: Workers that can start do, though another one fails the start", async () => {
  const { supervisor, thread } = supervisorLab();
  const start = supervisor.start([spec("control"), spec("ocpp-0", ["control"]), spec("console", ["control"])]);
  await settle();
  thread("control").ready();
  await settle();
  thread("ocpp-0").crash("address in use");
  thread("console").ready();
  await rejects(start, { code: "SUP_START_FAILED", message: /"ocpp-0" did not start: address in use/ });
  deepEqual([supervisor.report()["console"]!.state, supervisor.report()["ocpp-0"]!.state], ["ready", "backoff"]);
});

Deno.test("supervisor: what waits for a Worker that failed is not started at all, and its thread ends", async () => {
  const { supervisor, thread } = supervisorLab();
  const start = supervisor.start([spec("control"), spec("ocpp-0", ["control"])]);
  await settle();
  thread("control").crash("the key store is away");
  await rejects(start, { message: /the key store is away/ });
  deepEqual(thread("ocpp-0").received, []);
  equal(thread("ocpp-0").terminated, true);
});

Deno.test("supervisor: a name in `after` that the site has not is waited for by nobody", async () => {
  const { supervisor, thread } = supervisorLab();
  const start = supervisor.start([spec("control", ["absent"])]);
  await settle();
  thread("control").ready();
  await start;
});

Deno.test("supervisor: control is told of a Worker that comes and of one that goes, by its living name", async () => {
  const { supervisor, thread, time } = await started(spec("ocpp-0"));
  const peers = () =>
    thread("control").received.flatMap((message) =>
      message.kind === "peer" ? [`${message.port ? "+" : "-"}${message.name}`] : []
    );
  deepEqual(peers(), ["+main", "+ocpp-0"]);
  thread("ocpp-0").crash("boom");
  time.advance(SUPERVISOR_LIMITS.backoffFirstMs);
  deepEqual(peers().slice(2), ["-ocpp-0", "+ocpp-0"]);
  thread("ocpp-0").ready();
  await settle();
  equal(supervisor.report()["ocpp-0"]!.restarts, 1);
});

Deno.test("supervisor: starts again with the first pause only after a stable run, not one millisecond before", async () => {
  for (const [ran, lives] of [[SUPERVISOR_LIMITS.stableMs - 1, 2], [SUPERVISOR_LIMITS.stableMs, 3]] as const) {
    const { time, thread, threads, beatAll } = await started(spec("ocpp-0"));
    thread("ocpp-0").crash("first");
    time.advance(SUPERVISOR_LIMITS.backoffFirstMs);
    thread("ocpp-0").ready();
    await settle();
    beatAll(ran);
    thread("ocpp-0").crash("second");
    time.advance(SUPERVISOR_LIMITS.backoffFirstMs);
    equal(threads.filter(({ spec }) => spec.name === "ocpp-0").length, lives);
  }
});

Deno.test("supervisor: no pause is longer than its limit, however often a Worker falls", async () => {
  const { time, thread, threads } = await started(spec("ocpp-0"));
  const lives = () => threads.filter(({ spec }) => spec.name === "ocpp-0").length;
  for (let fall = 0; fall < 12; fall++) {
    const pause = Math.min(SUPERVISOR_LIMITS.backoffFirstMs * 2 ** fall, SUPERVISOR_LIMITS.backoffMaxMs);
    const before = lives();
    thread("ocpp-0").crash("again");
    time.advance(pause - 1);
    equal(lives(), before, `fall ${fall} waits ${pause} ms`);
    time.advance(1);
    equal(lives(), before + 1, `fall ${fall} waits no longer than ${pause} ms`);
    thread("ocpp-0").ready();
    await settle();
  }
});

Deno.test("supervisor: a Worker that falls while everything drains is not restarted", async () => {
  const { supervisor, thread, threads, time, faults } = await started(spec("ocpp-0"));
  const drained = supervisor.drain(500);
  thread("ocpp-0").crash("boom");
  await settle();
  thread("control").say({ kind: "drained" });
  await drained;
  time.advance(SUPERVISOR_LIMITS.backoffMaxMs);
  deepEqual([threads.length, faults], [2, []]);
});

Deno.test("supervisor: a restart that was due is cancelled by the drain", async () => {
  const { supervisor, thread, threads, time } = await started(spec("ocpp-0"));
  thread("ocpp-0").crash("boom");
  const drained = supervisor.drain(500);
  await settle();
  thread("control").say({ kind: "drained" });
  await drained;
  time.advance(SUPERVISOR_LIMITS.backoffMaxMs);
  equal(threads.length, 2);
  equal(supervisor.report()["ocpp-0"]!.state, "stopped");
});

Deno.test("reload: a Worker that waits for its restart starts again with the new configuration, without delay for others", async () => {
  const { supervisor, thread, time } = await started(spec("ocpp-0", [], "old"), spec("console", [], "old"));
  thread("ocpp-0").crash("the old configuration does not work");
  const applied = supervisor.apply([
    { action: "reconfigure", spec: spec("ocpp-0", [], "new") },
    { action: "reconfigure", spec: spec("console", [], "new") },
  ]);
  await settle();
  thread("console").say({ kind: "reconfigured", id: 1 });
  await applied;
  time.advance(SUPERVISOR_LIMITS.backoffFirstMs);
  equal(thread("ocpp-0").last("start").config, "new");
});

Deno.test("reload: a Worker that is still starting takes the new configuration once it is ready", async () => {
  const { supervisor, thread, time } = await started(spec("ocpp-0", [], "old"));
  thread("ocpp-0").crash("boom");
  time.advance(SUPERVISOR_LIMITS.backoffFirstMs);
  const applied = supervisor.apply([{ action: "reconfigure", spec: spec("ocpp-0", [], "new") }]);
  await settle();
  equal(thread("ocpp-0").last("reconfigure"), undefined);
  thread("ocpp-0").ready();
  await settle();
  equal(thread("ocpp-0").last("reconfigure").config, "new");
  thread("ocpp-0").say({ kind: "reconfigured", id: 1 });
  await applied;
});

Deno.test("reload: a Worker restarted after a reload gets the new configuration, after a refused one the old", async () => {
  for (const fault of [undefined, "bad certificate"]) {
    const { supervisor, thread, time } = await started(spec("ocpp-0", [], "old"));
    const applied = supervisor.apply([{ action: "reconfigure", spec: spec("ocpp-0", [], "new") }]);
    await settle();
    thread("ocpp-0").say({ kind: "reconfigured", id: 1, ...fault === undefined ? {} : { fault } });
    await applied.catch(() => {});
    thread("ocpp-0").crash("boom");
    time.advance(SUPERVISOR_LIMITS.backoffFirstMs);
    equal(thread("ocpp-0").last("start").config, fault === undefined ? "new" : "old");
  }
});

Deno.test("invariant 4: when giving back the old configuration fails too, the first fault is told and the rest gets it back", async () => {
  const { supervisor, thread } = await started(spec("a", [], "old"), spec("b", [], "old"), spec("c", [], "old"));
  const applied = supervisor.apply(
    ["a", "b", "c"].map((name) => ({ action: "reconfigure", spec: spec(name, [], "new") })),
  );
  const answers: [string, string | undefined][] = [["a", undefined], ["b", undefined], ["c", "first fault"], [
    "a",
    "second fault",
  ], ["b", undefined]];
  for (const [name, fault] of answers) {
    await settle();
    const { id } = thread(name).last("reconfigure");
    thread(name).say({ kind: "reconfigured", id, ...fault === undefined ? {} : { fault } });
  }
  await rejects(applied, { message: /first fault/ });
  equal(thread("b").last("reconfigure").config, "old");
});

Deno.test("reload: a Worker that the site no longer has drains and leaves the report", async () => {
  const { supervisor, thread } = await started(spec("ocpp-0"), spec("console"));
  const old = thread("ocpp-0");
  const applied = supervisor.apply([{ action: "stop", spec: spec("ocpp-0") }]);
  await settle();
  equal(old.last("drain").deadlineMs, SUPERVISOR_LIMITS.drainMs);
  old.say({ kind: "drained" });
  await applied;
  deepEqual(Object.keys(supervisor.report()), ["control", "console"]);
});

Deno.test("reload: a stopped Worker that waited for its restart never comes back", async () => {
  const { supervisor, thread, threads, time } = await started(spec("ocpp-0"));
  thread("ocpp-0").crash("boom");
  await supervisor.apply([{ action: "stop", spec: spec("ocpp-0") }]);
  time.advance(SUPERVISOR_LIMITS.backoffMaxMs);
  equal(threads.length, 2);
});

Deno.test("reload: a new Worker joins, and one that does not start leaves no trace", async () => {
  const { supervisor, thread } = await started();
  const good = supervisor.apply([{ action: "start", spec: spec("ocpp-0") }]);
  await settle();
  thread("ocpp-0").ready();
  await good;
  equal(supervisor.report()["ocpp-0"]!.state, "ready");
  const bad = supervisor.apply([{ action: "start", spec: spec("ocpp-1") }]);
  await settle();
  thread("ocpp-1").crash("address in use");
  await rejects(bad, { message: /address in use/ });
  deepEqual(Object.keys(supervisor.report()), ["control", "ocpp-0"]);
});

Deno.test("reload: a change that only keeps touches no Worker", async () => {
  const { supervisor, thread } = await started(spec("ocpp-0"));
  const before = thread("ocpp-0").received.length;
  await supervisor.apply([{ action: "keep", spec: spec("ocpp-0") }]);
  equal(thread("ocpp-0").received.length, before);
});

Deno.test("reload: a Worker that is not configured cannot be reconfigured or stopped", async () => {
  for (const action of ["reconfigure", "stop"] as const) {
    const { supervisor } = await started();
    await rejects(supervisor.apply([{ action, spec: spec("ghost") }]), { message: /No Worker "ghost"/ });
  }
});

Deno.test("supervisor: a fault of a replaced Worker that still drains is not the fault of its successor", async () => {
  const { supervisor, threads, faults } = await started(spec("ocpp-0"));
  const old = threads.find((thread) => thread.spec.name === "ocpp-0")!;
  const applied = supervisor.apply([{ action: "replace", spec: spec("ocpp-0") }]);
  await settle();
  threads.findLast((thread) => thread.spec.name === "ocpp-0")!.ready();
  await settle();
  old.crash("boom");
  await applied;
  deepEqual([faults, supervisor.report()["ocpp-0"]!.state], [[], "ready"]);
});

Deno.test("supervisor: metrics say which Worker is ready, was restarted and missed a heartbeat", async () => {
  const { thread, time, counted } = await started(spec("ocpp-0"));
  time.advance(2 * SUPERVISOR_LIMITS.beatMs);
  thread("ocpp-0").crash("boom");
  time.advance(SUPERVISOR_LIMITS.backoffFirstMs);
  thread("ocpp-0").ready();
  await settle();
  const own = counted.filter((line) => line.includes("ocpp-0"));
  deepEqual(own, [
    "bulkhead_worker_ready=1 ocpp-0",
    "bulkhead_worker_heartbeat_missed_total+1 ocpp-0",
    "bulkhead_worker_ready=0 ocpp-0",
    "bulkhead_worker_restarts_total+1 ocpp-0",
    "bulkhead_worker_ready=1 ocpp-0",
  ]);
});

Deno.test("supervisor: log lines of Workers are written as they are, at the level the process was given", async () => {
  const { thread, written } = await started(spec("ocpp-0"));
  thread("ocpp-0").say({ kind: "log", line: '{"event":"x"}' });
  deepEqual(written, ['{"event":"x"}']);
  match(JSON.stringify(thread("ocpp-0").last("start")), /"logLevel":"info"/);
});

Deno.test("supervisor: a timer for a stable run ends with its Worker", async () => {
  const { time, thread } = await started(spec("ocpp-0"));
  const armed = time.armed;
  for (let life = 0; life < 3; life++) {
    thread("ocpp-0").crash("boom");
    time.advance(SUPERVISOR_LIMITS.backoffFirstMs * 2 ** life);
    thread("ocpp-0").ready();
    await settle();
    equal(time.armed, armed);
  }
});

Deno.test("supervisor: a Worker is told the ports of the living ones, which it may open beside them", async () => {
  const { supervisor, time, thread } = await started(spec("courier"));
  deepEqual(thread("courier").last("start").sharedPorts, []);
  const listening = { tls: "wss://[::1]:8444", plain: "ws://127.0.0.1:8445", metrics: "http://127.0.0.1:9464/metrics" };
  const added = supervisor.apply([{ action: "start", spec: spec("ocpp-0") }]);
  await settle();
  thread("ocpp-0").say({ kind: "ready", listening });
  await added;
  const applied = supervisor.apply([{ action: "replace", spec: spec("ocpp-0", [], { port: 2 }) }]);
  await settle();
  deepEqual(thread("ocpp-0").last("start").sharedPorts, [8444, 8445, 9464]);
  thread("ocpp-0").ready();
  await settle();
  time.advance(SUPERVISOR_LIMITS.drainMs + SUPERVISOR_LIMITS.beatMs);
  await applied;
  thread("courier").crash("boom"); // the drained Worker is gone and with it what it listened on
  time.advance(SUPERVISOR_LIMITS.backoffFirstMs);
  deepEqual(thread("courier").last("start").sharedPorts, []);
});

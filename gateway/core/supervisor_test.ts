import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { backoff } from "./supervisor.ts";
import { SUPERVISOR_LIMITS } from "./supervisor_limits.ts";
import { settle, spec, started, supervisorLab } from "./testing/supervisor_lab.ts";

Deno.test("supervisor: loads all threads at once, starts each only when the ones before it are ready", async () => {
  const { supervisor, threads, thread } = supervisorLab();
  const start = supervisor.start([spec("control"), spec("ocpp-0", ["control"]), spec("console", ["control"])]);
  const begun = () => threads.filter((thread) => thread.last("start")).map(({ spec }) => spec.name);
  await settle();
  deepEqual(threads.map(({ spec }) => spec.name), ["control", "ocpp-0", "console"]);
  deepEqual(begun(), ["control"]);
  deepEqual(thread("ocpp-0").received, []);
  thread("control").ready();
  await settle();
  deepEqual(begun(), ["control", "ocpp-0", "console"]);
  thread("ocpp-0").ready();
  thread("console").ready();
  await start;
  equal(supervisor.report()["ocpp-0"]!.state, "ready");
});

Deno.test("supervisor: a Worker that ends before it is ready fails the start by name", async () => {
  const { supervisor, thread } = supervisorLab();
  const start = supervisor.start([spec("control")]);
  await settle();
  thread("control").crash("no such file");
  await rejects(start, { code: "SUP_START_FAILED", message: /"control" did not start: no such file/ });
});

Deno.test("supervisor: a Worker that cannot even load fails the start by name", async () => {
  const { supervisor, thread } = supervisorLab();
  const start = supervisor.start([spec("control"), spec("ocpp-0", ["control"])]);
  await settle();
  thread("ocpp-0").crash("no such package");
  thread("control").ready();
  await rejects(start, { code: "SUP_START_FAILED", message: /"ocpp-0" did not start: no such package/ });
});

Deno.test("supervisor: a Worker that never gets ready fails at its deadline", async () => {
  const { supervisor, time, thread } = supervisorLab();
  const start = supervisor.start([spec("control")]);
  await settle();
  thread("control").say({ kind: "beat", sequence: 1e9, health: { state: "ok" } });
  time.advance(SUPERVISOR_LIMITS.readyMs);
  await rejects(start, { message: /not ready after/ });
});

Deno.test("supervisor: a Worker that throws is restarted after a pause, others keep running", async () => {
  const { supervisor, time, thread, faults, threads } = await started(spec("ocpp-0"), spec("console"));
  const survivor = thread("console");
  thread("ocpp-0").crash("boom");
  deepEqual(faults, ["ocpp-0: boom"]);
  equal(supervisor.report()["ocpp-0"]!.state, "backoff");
  time.advance(SUPERVISOR_LIMITS.backoffFirstMs);
  equal(supervisor.report()["ocpp-0"]!.state, "starting");
  thread("ocpp-0").ready();
  await settle();
  deepEqual({ ...supervisor.report()["ocpp-0"], health: undefined, listening: undefined }, {
    state: "ready",
    restarts: 1,
    lastFault: "boom",
    health: undefined,
    listening: undefined,
  });
  equal(survivor.terminated, false);
  equal(threads.filter(({ spec }) => spec.name === "ocpp-0").length, 2);
});

Deno.test("supervisor: repeated faults wait longer, up to the limit; a stable run starts over", async () => {
  const { time, thread, threads, beatAll } = await started(spec("ocpp-0"));
  const lives = () => threads.filter(({ spec }) => spec.name === "ocpp-0").length;
  thread("ocpp-0").crash("first");
  time.advance(SUPERVISOR_LIMITS.backoffFirstMs);
  equal(lives(), 2);
  thread("ocpp-0").crash("second");
  time.advance(SUPERVISOR_LIMITS.backoffFirstMs);
  equal(lives(), 2);
  time.advance(SUPERVISOR_LIMITS.backoffFirstMs);
  equal(lives(), 3);
  thread("ocpp-0").ready();
  await settle();
  beatAll(SUPERVISOR_LIMITS.stableMs);
  thread("ocpp-0").crash("third");
  time.advance(SUPERVISOR_LIMITS.backoffFirstMs);
  equal(lives(), 4);
});

Deno.test("supervisor: the restart pause doubles, is bounded and has jitter", () => {
  equal(backoff(0, 1), SUPERVISOR_LIMITS.backoffFirstMs);
  equal(backoff(3, 1), SUPERVISOR_LIMITS.backoffFirstMs * 8);
  equal(backoff(30, 1), SUPERVISOR_LIMITS.backoffMaxMs);
  equal(backoff(0, 0), SUPERVISOR_LIMITS.backoffFirstMs / 2);
});

Deno.test("supervisor: a Worker that answers no heartbeat is reported as hung, not before its limit", async () => {
  const { time, hung, thread } = await started(spec("ocpp-0"));
  for (let beat = 0; beat < SUPERVISOR_LIMITS.beatsMissed; beat++) {
    time.advance(SUPERVISOR_LIMITS.beatMs);
    thread("control").say({ kind: "beat", sequence: thread("control").last("beat").sequence, health: { state: "ok" } });
  }
  deepEqual(hung, []);
  time.advance(SUPERVISOR_LIMITS.beatMs);
  deepEqual(hung, ["ocpp-0"]);
});

Deno.test("supervisor: a restarted control gets a new channel to every living Worker", async () => {
  const { time, thread } = await started(spec("ocpp-0"), spec("console"));
  thread("control").crash("boom");
  time.advance(SUPERVISOR_LIMITS.backoffFirstMs);
  const names = thread("control").received.flatMap((message) => message.kind === "peer" ? [message.name] : []);
  deepEqual(names, ["main", "ocpp-0", "console"]);
  equal(thread("ocpp-0").last("control").kind, "control");
});

Deno.test("supervisor: a replacement starts beside the old Worker, which drains only when the new one is ready", async () => {
  const { supervisor, threads } = await started(spec("ocpp-0"));
  const old = threads.find((thread) => thread.spec.name === "ocpp-0")!;
  const applied = supervisor.apply([{ action: "replace", spec: spec("ocpp-0", [], { port: 2 }) }]);
  await settle();
  const fresh = threads.findLast((thread) => thread.spec.name === "ocpp-0")!;
  equal(fresh.last("start").name, "ocpp-0~2");
  equal(old.last("drain"), undefined);
  fresh.ready();
  await settle();
  equal(old.last("drain").deadlineMs, SUPERVISOR_LIMITS.drainMs);
  old.say({ kind: "drained" });
  await applied;
  equal(old.terminated, true);
  equal(fresh.terminated, false);
});

Deno.test("invariant 4: a reload whose new Worker does not start keeps the old one and the old configuration", async () => {
  const { supervisor, threads, thread } = await started(spec("ocpp-0"), spec("console", [], { version: "old" }));
  const applied = supervisor.apply([
    { action: "reconfigure", spec: spec("console", [], { version: "new" }) },
    { action: "replace", spec: spec("ocpp-0") },
  ]);
  await settle();
  const fresh = threads.findLast(({ spec }) => spec.name === "ocpp-0")!;
  fresh.crash("address in use");
  await rejects(applied, { message: /address in use/ });
  equal(threads.find(({ spec }) => spec.name === "ocpp-0")!.terminated, false);
  equal(supervisor.report()["ocpp-0"]!.state, "ready");
  equal(thread("console").last("reconfigure"), undefined);
});

Deno.test("invariant 4: control has the new configuration before a new Worker asks it for any, and the old one when that fails", async () => {
  const { supervisor, threads, thread } = await started(spec("ocpp-0"));
  const answer = () => thread("control").say({ kind: "reconfigured", id: thread("control").last("reconfigure").id });
  const applied = supervisor.apply([
    { action: "start", spec: spec("ocpp-1") },
    { action: "reconfigure", spec: spec("control", [], "new") },
  ]);
  await settle();
  equal(thread("control").last("reconfigure").config, "new");
  equal(
    threads.some(({ spec }) => spec.name === "ocpp-1"),
    false,
    "it would ask for the trust of a listener nobody knows",
  );
  answer();
  await settle();
  threads.find(({ spec }) => spec.name === "ocpp-1")!.crash("address in use");
  await settle();
  equal(thread("control").last("reconfigure").config === "new", false);
  answer();
  await rejects(applied, { message: /address in use/ });
});

Deno.test("invariant 4: a refused reconfigure gives the others their old configuration back", async () => {
  const { supervisor, thread } = await started(spec("console", [], "old"), spec("ocpp-0"));
  const applied = supervisor.apply([
    { action: "reconfigure", spec: spec("console", [], "new") },
    { action: "reconfigure", spec: spec("ocpp-0", [], "new") },
  ]);
  const answer = (name: string, fault?: string) => {
    const { id } = thread(name).last("reconfigure");
    thread(name).say(fault === undefined ? { kind: "reconfigured", id } : { kind: "reconfigured", id, fault });
  };
  await settle();
  answer("console");
  await settle();
  answer("ocpp-0", "bad certificate");
  await settle();
  equal(thread("console").last("reconfigure").config, "old");
  answer("console");
  await rejects(applied, { code: "SUP_RECONFIGURE_FAILED", message: /bad certificate/ });
});

Deno.test("supervisor: drains every Worker and control last", async () => {
  const { supervisor, thread } = await started(spec("ocpp-0"));
  const drained = supervisor.drain(500);
  await settle();
  equal(thread("control").last("drain"), undefined);
  thread("ocpp-0").say({ kind: "drained" });
  await settle();
  equal(thread("control").last("drain").deadlineMs, 500);
  thread("control").say({ kind: "drained" });
  await drained;
  match(JSON.stringify(supervisor.report()), /"ocpp-0":\{"state":"stopped"/);
});

Deno.test("supervisor: a Worker that does not drain in time is ended", async () => {
  const { supervisor, thread, time } = await started(spec("ocpp-0"));
  const drained = supervisor.drain(500);
  await settle();
  time.advance(500 + SUPERVISOR_LIMITS.beatMs);
  await settle();
  equal(thread("ocpp-0").terminated, true);
  time.advance(500 + SUPERVISOR_LIMITS.beatMs);
  await drained;
});

Deno.test("supervisor: a Worker that ran well for a while after a fault is told stable, once", async () => {
  const { time, thread, threads, faults } = await started(spec("ocpp-0"));
  const run = (ms: number) => {
    for (let passed = 0; passed < ms; passed += SUPERVISOR_LIMITS.beatMs) {
      time.advance(SUPERVISOR_LIMITS.beatMs);
      for (const living of threads) {
        living.say({ kind: "beat", sequence: living.last("beat")?.sequence ?? 0, health: { state: "ok" } });
      }
    }
  };
  run(SUPERVISOR_LIMITS.stableMs);
  deepEqual(faults, []);
  thread("ocpp-0").crash("boom");
  time.advance(SUPERVISOR_LIMITS.backoffFirstMs);
  thread("ocpp-0").ready();
  await settle();
  run(SUPERVISOR_LIMITS.stableMs * 2);
  deepEqual(faults, ["ocpp-0: boom", "ocpp-0: stable"]);
});

Deno.test("supervisor: a slow start is no hang: unanswered heartbeats count once the Worker is ready", async () => {
  const { supervisor, time, hung, thread } = supervisorLab();
  const start = supervisor.start([spec("control")]);
  await settle();
  for (let beat = 0; beat < SUPERVISOR_LIMITS.beatsMissed + 2; beat++) time.advance(SUPERVISOR_LIMITS.beatMs);
  deepEqual(hung, []);
  thread("control").ready();
  await start;
});

Deno.test("supervisor: a Worker that loops while it starts is a hang at the deadline", async () => {
  const { supervisor, time, hung, thread } = supervisorLab();
  const start = supervisor.start([spec("control")]);
  await settle();
  time.advance(SUPERVISOR_LIMITS.readyMs);
  deepEqual(hung, ["control"]);
  thread("control").crash("the process ends here");
  await rejects(start, { code: "SUP_START_FAILED" });
});

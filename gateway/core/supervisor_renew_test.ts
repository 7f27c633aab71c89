import { deepEqual, equal } from "node:assert/strict";
import { settle, spec, started } from "./testing/supervisor_lab.ts";

Deno.test("supervisor: a Worker that is renewed ends in order before the next one starts, without a fault or a pause", async () => {
  const { supervisor, threads, thread, faults } = await started(spec("ocpp-0"));
  const first = thread("control"), before = threads.length;
  const renewed = supervisor.renew("control");
  await settle();
  equal(first.last("drain")?.kind, "drain");
  equal(threads.length, before, "the store has one owner at a time");
  first.say({ kind: "drained" });
  await settle();
  equal(first.terminated, true);
  equal(threads.length, before + 1);
  equal(supervisor.report()["control"]!.state, "starting");
  thread("control").ready();
  await renewed;
  deepEqual([supervisor.report()["control"]!.state, supervisor.report()["control"]!.restarts, faults], [
    "ready",
    0,
    [],
  ]);
  equal(thread("ocpp-0").last("control")?.kind, "control", "the others are connected with it");
});

Deno.test("supervisor: one that is not ready is not renewed, nor one while all are drained", async () => {
  const { supervisor, threads, thread } = await started(spec("ocpp-0"));
  thread("ocpp-0").crash("boom");
  const before = threads.length;
  await supervisor.renew("ocpp-0");
  equal(threads.length, before, "its restart comes after its pause");
  const drained = supervisor.drain();
  await settle();
  await supervisor.renew("control");
  thread("control").say({ kind: "drained" });
  await drained;
  equal(threads.length, before);
});

Deno.test("supervisor: one whose successor does not start is restarted like any other", async () => {
  const { supervisor, thread, faults, time, threads } = await started(spec("ocpp-0"));
  const first = thread("control"), renewed = supervisor.renew("control").catch((error) => String(error));
  await settle();
  first.say({ kind: "drained" });
  await settle();
  thread("control").crash("disk full");
  equal(/did not start: disk full/.test(String(await renewed)), true);
  deepEqual(faults, ["control: disk full"]);
  const count = threads.length;
  time.advance(60_000);
  equal(threads.length > count, true);
});

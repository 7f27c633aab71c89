import { deepEqual, equal, rejects } from "node:assert/strict";
import { StorageError } from "../core/errors.ts";
import type { AlarmRaise, AuditEvent } from "../core/control_api.ts";
import type { ControlContext } from "./contract.ts";
import { mainEvents } from "./main_events.ts";

function rig(broken?: Error) {
  const told: string[] = [];
  const audited: AuditEvent[] = [];
  const raised: AlarmRaise[] = [];
  const context = {
    audit: {
      record: (event: AuditEvent) => {
        if (broken) return Promise.reject(broken);
        told.push(`${event.event} ${event.outcome}`);
        return Promise.resolve({ sequence: audited.push(event) });
      },
    },
    alarms: {
      raise: (alarm: AlarmRaise) => {
        told.push(`raise ${alarm.kind} ${alarm.subject}`);
        return Promise.resolve(void raised.push(alarm));
      },
      clear: (kind: string, subject: string) => Promise.resolve(void told.push(`clear ${kind} ${subject}`)),
    },
  } as unknown as ControlContext;
  return { told, audited, raised, main: mainEvents(context) };
}

Deno.test("main events: a Worker's fault is audited, then alarmed under its name", async () => {
  const { told, audited, raised, main } = rig();
  await main["worker.faulted"]!({ worker: "ocpp-0", fault: "boom" });
  deepEqual(told, ["gateway.worker.faulted failed", "raise worker.restarting ocpp-0"]);
  deepEqual([audited[0]!.detail, raised[0]!.detail], [{ worker: "ocpp-0", fault: "boom" }, "boom"]);
});

Deno.test("main events: a fault text is kept up to 300 characters", async () => {
  for (const length of [300, 301]) {
    const { audited, raised, main } = rig();
    await main["worker.faulted"]!({ worker: "ocpp-0", fault: "x".repeat(length) });
    deepEqual([String(audited[0]!.detail!["fault"]).length, raised[0]!.detail!.length], [300, 300]);
  }
});

Deno.test("main events: an applied configuration is audited and ends the alarm of a refused one", async () => {
  const { told, main } = rig();
  await main["configuration.judged"]!({ applied: true, faults: [] });
  deepEqual(told, ["gateway.configuration.applied ok", "clear configuration.refused site.yaml"]);
});

Deno.test("main events: files that are what runs end the alarm of a refused one, and nothing was applied", async () => {
  const { told, main } = rig();
  await main["configuration.in-force"]!({});
  deepEqual(told, ["clear configuration.refused site.yaml"]);
});

Deno.test("main events: a refused configuration is audited with the number of its faults and the first five", async () => {
  const { told, audited, main } = rig();
  await main["configuration.judged"]!({ applied: false, faults: ["a", "b", "c", "d", "e", "f"] });
  deepEqual(told, ["gateway.configuration.refused failed", "raise configuration.refused site.yaml"]);
  deepEqual(audited[0]!.detail, { faults: 6, first: "a\nb\nc\nd\ne" });
});

Deno.test("main events: five huge faults do not make a huge record", async () => {
  const { audited, raised, main } = rig();
  await main["configuration.judged"]!({ applied: false, faults: Array(5).fill("x".repeat(900)) });
  deepEqual([String(audited[0]!.detail!["first"]).length, raised[0]!.detail!.length], [1_000, 1_000]);
});

Deno.test("main events: the end of the process is recorded with its reason", async () => {
  const { audited, main } = rig();
  await main["process.stopping"]!({ why: "SIGTERM" });
  deepEqual([audited[0]!.event, audited[0]!.detail], ["gateway.process.stopped", { why: "SIGTERM" }]);
});

Deno.test("main events: what cannot be recorded is told to main, and nothing is alarmed as recorded", async () => {
  const { told, main } = rig(new StorageError("STORE_FAILED", "disk full"));
  await rejects(Promise.resolve(main["process.stopping"]!({ why: "SIGTERM" })), { code: "STORE_FAILED" });
  await rejects(Promise.resolve(main["worker.faulted"]!({ worker: "a", fault: "b" })), { code: "STORE_FAILED" });
  equal(told.length, 0);
});

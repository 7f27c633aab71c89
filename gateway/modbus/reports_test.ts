import { deepEqual, equal } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import type { AuditEvent, ControlApi } from "../core/control_api.ts";
import { GatewayError } from "../core/errors.ts";
import { nullLogger } from "../core/log.ts";
import { nullMetrics } from "../core/metrics.ts";
import type { Rpc } from "../core/rpc.ts";
import { MODBUS_LIMITS } from "./limits.ts";
import { Recorder } from "./recorder.ts";
import { SilentDevices } from "./silent_devices.ts";
import { quantile, Traffic } from "./traffic.ts";

/** A control that notes what it is told. */
function rig() {
  const time = new ManualTime(), calls: [string, unknown][] = [];
  let isAway = false, isRestarting = false;
  const call = (method: string, args: unknown) => {
    if (isRestarting) return Promise.reject(new GatewayError("RPC_PEER_GONE", "control was restarted"));
    if (isAway) return Promise.reject(new Error("control is away"));
    calls.push([method, args]);
    return Promise.resolve();
  };
  const control = { call, notify: () => {}, close: () => {} } as unknown as Rpc<ControlApi>;
  const recorder = new Recorder({ control, log: nullLogger, clock: time });
  return {
    time,
    calls,
    recorder,
    away: (value: boolean) => isAway = value,
    restarting: (value: boolean) => isRestarting = value,
  };
}

const refusal = (change: Partial<AuditEvent> = {}): AuditEvent => ({
  ...{ event: "modbus.request.refused", class: "security", who: "ems", target: "unit 11", outcome: "refused" },
  ...{ rule: "modbus.default-deny", source: "10.0.0.1", detail: { points: "limit", function: 6 } },
  ...change,
});

Deno.test("modbus recorder: the first of equal refusals is recorded at once, the others as a number", () => {
  const { recorder, calls, time } = rig();
  for (let i = 0; i < 100; i++) recorder.audit(refusal());
  equal(calls.length, 1);
  time.advance(MODBUS_LIMITS.refusalPeriodMs);
  recorder.tick();
  equal((calls[1]![1] as AuditEvent).detail!["repeated"], 99);
  recorder.audit(refusal());
  equal(calls.length, 3, "a new period begins with a record");
});

Deno.test("modbus recorder: what control was not told while it restarts is told afterwards, in order and once", async () => {
  const { recorder, calls, restarting } = rig();
  restarting(true);
  recorder.audit(refusal());
  recorder.raise("modbus.line.down", "cp001", "no answer");
  recorder.clear("modbus.line.down", "cp001");
  await Promise.resolve();
  recorder.tick(); // still away
  await Promise.resolve();
  equal(calls.length, 0);
  restarting(false);
  recorder.tick();
  recorder.tick();
  deepEqual(calls.map(([method]) => method), ["audit.record", "alarm.raise", "alarm.clear"]);
});

Deno.test("modbus recorder: as many notices as allowed wait for control, and not one more", async () => {
  const { recorder, calls, restarting } = rig();
  restarting(true);
  for (let at = 0; at < MODBUS_LIMITS.untoldNotices + 1; at++) recorder.clear("modbus.line.down", `line ${at}`);
  await Promise.resolve();
  restarting(false);
  recorder.tick();
  equal(calls.length, MODBUS_LIMITS.untoldNotices);
  deepEqual((calls.at(-1)![1] as { subject: string }).subject, `line ${MODBUS_LIMITS.untoldNotices - 1}`);
});

Deno.test("modbus recorder: another point, client or rule is another record", () => {
  const { recorder, calls } = rig();
  recorder.audit(refusal());
  recorder.audit(refusal({ detail: { points: "badge", function: 6 } }));
  recorder.audit(refusal({ who: "scada" }));
  recorder.audit(refusal({ rule: "site.x" }));
  equal(calls.length, 4);
});

Deno.test("modbus recorder: with one kind more than allowed the rest share a record", () => {
  const { recorder, calls } = rig();
  for (let kind = 0; kind < MODBUS_LIMITS.refusalKinds; kind++) recorder.audit(refusal({ target: `unit ${kind}` }));
  equal(calls.length, MODBUS_LIMITS.refusalKinds);
  recorder.audit(refusal({ target: "one more" }));
  recorder.audit(refusal({ target: "and one" }));
  recorder.flush();
  deepEqual(calls.slice(MODBUS_LIMITS.refusalKinds).map(([, args]) => (args as AuditEvent).detail?.["repeated"]), [2]);
});

Deno.test("modbus recorder: an alarm is raised once until it is cleared, and again when control was away", async () => {
  const { recorder, calls, away } = rig();
  recorder.raise("modbus.line.down", "a", "why");
  recorder.raise("modbus.line.down", "a", "why");
  recorder.clear("modbus.line.down", "a");
  recorder.raise("modbus.line.down", "a", "why");
  deepEqual(calls.map(([method]) => method), ["alarm.raise", "alarm.clear", "alarm.raise"]);
  away(true);
  recorder.raise("modbus.line.down", "b", "why");
  await Promise.resolve();
  await Promise.resolve();
  away(false);
  recorder.raise("modbus.line.down", "b", "why");
  equal(calls.length, 4);
});

Deno.test("modbus silent devices: told at the limit, not before, and cleared by any answer", () => {
  const said: string[] = [];
  const silent = new SilentDevices({
    raise: (_, subject) => void said.push(`+${subject}`),
    clear: (_, subject) => void said.push(`-${subject}`),
  });
  const none = Uint8Array.of(0x83, 0x0b);
  for (let i = 1; i < MODBUS_LIMITS.silentAfter; i++) silent.answered("meters", 7, none);
  deepEqual(said, []);
  silent.answered("meters", 7, none);
  silent.answered("meters", 7, none);
  silent.answered("meters", 8, none);
  deepEqual([said, silent.list()], [["+meters 7"], ["meters 7"]]);
  silent.answered("meters", 7, undefined);
  silent.answered("meters", 7, Uint8Array.of(0x83, 2));
  deepEqual([said, silent.list()], [["+meters 7", "-meters 7"], []]);
});

Deno.test("modbus traffic: counts by line and client, and tells metrics sums", () => {
  const told: string[] = [];
  const traffic = new Traffic({
    ...nullMetrics,
    count: (_, labels, amount) => void told.push(`${Object.values(labels!).join(" ")}: ${amount}`),
    observe: (_, seconds) => void told.push(`${seconds} s`),
  }, 0);
  traffic.answered("a", "ems", "answered", 20);
  traffic.answered("a", "ems", "refused", 0);
  traffic.answered("a", "ems", "refused", 0);
  traffic.answered(undefined, "ems", "no-path", 0);
  traffic.noted("a", "timeout");
  traffic.flush();
  traffic.flush();
  deepEqual(told, ["0.02 s", "a timeout: 1", "a ems answered: 1", "a ems refused: 2", "(none) ems no-path: 1"]);
  deepEqual([traffic.line("a").outcomes.refused, traffic.line("a").notes.timeout], [2, 1]);
  traffic.answered("a", "ems", "refused", 0);
  traffic.keepLines(new Set());
  equal(told.at(-1), "a ems refused: 1", "what was counted of a line that goes is told before it is forgotten");
  equal(traffic.line("a").outcomes.refused, 0);
});

Deno.test("modbus traffic: clients beyond the limit are one, latencies kept are the newest", () => {
  const traffic = new Traffic(nullMetrics, 0);
  for (let client = 0; client <= MODBUS_LIMITS.clientsCounted; client++) {
    traffic.answered("a", `c${client}`, "answered", client);
  }
  traffic.answered("a", "c0", "answered", 0);
  const names = Object.keys(traffic.clients());
  deepEqual([names.length, names.at(-1)], [MODBUS_LIMITS.clientsCounted + 1, "(others)"]);
  equal(traffic.clients()["c0"]!.answered, 2);
  for (let i = 0; i <= MODBUS_LIMITS.latenciesKept; i++) traffic.answered("b", "x", "answered", i);
  const { latencies } = traffic.line("b");
  deepEqual([latencies.length, Math.min(...latencies)], [MODBUS_LIMITS.latenciesKept, 1]);
});

Deno.test("modbus traffic: requests per minute of each client look one to two minutes back", () => {
  const traffic = new Traffic(nullMetrics, 1_000_000);
  const ask = (client: string, times: number) => {
    for (let made = 0; made < times; made++) traffic.answered("a", client, made % 2 ? "refused" : "cached", 0);
  };
  deepEqual(traffic.rates(1_000_000), {});
  ask("ems", 60);
  deepEqual(traffic.rates(1_030_000), { ems: 120 }, "60 in half a minute");
  traffic.age(1_059_999); // too early for a mark
  traffic.age(1_060_000);
  ask("scada", 30);
  deepEqual(traffic.rates(1_090_000), { ems: 40, scada: 20 }, "since the start, a minute and a half ago");
  traffic.age(1_120_000);
  deepEqual(traffic.rates(1_120_000), { ems: 0, scada: 30 }, "since a minute ago: what ems asked is longer ago");
  traffic.age(1_180_000);
  deepEqual(traffic.rates(1_240_000), { ems: 0, scada: 0 });
});

Deno.test("modbus traffic: quantiles", () => {
  deepEqual([quantile([], 0.5), quantile([5], 0.99), quantile([3, 1, 2, 4], 0.5)], [0, 5, 3]);
});

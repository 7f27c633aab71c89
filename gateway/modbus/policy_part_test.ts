import assert from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import type { AuditEvent } from "../core/control_api.ts";
import { GatewayError } from "../core/errors.ts";
import type { KeptLease } from "../core/modbus_api.ts";
import { MODBUS_LIMITS } from "./limits.ts";
import type { Forward } from "./policy.ts";
import { PolicyPart } from "./policy_part.ts";
import type { Recorder } from "./recorder.ts";
import { EMS, policyConfig, rule } from "./testing/policy_rig.ts";
import { encodeRequest } from "./codec_request.ts";

const LEASE: KeptLease = { unit: 11, point: "current-limit", owner: "grid at ems", priority: 5, ttlMs: 60_000 };

/** A part whose control answers, fails or stays silent, as the test says. */
function rig() {
  const time = new ManualTime(), audited: AuditEvent[] = [], warned: string[] = [];
  const control = {
    kept: [] as readonly KeptLease[],
    stored: [] as KeptLease[],
    recorded: 0,
    isAway: false,
    call(method: string, args: { leases: KeptLease[]; clients: unknown[] }) {
      if (control.isAway) return Promise.reject(new GatewayError("RPC_PEER_GONE", "control is away"));
      if (method === "modbus.leased") control.stored.push(...args.leases);
      if (method === "modbus.recorded") control.recorded += args.clients.length;
      return Promise.resolve({ leases: control.kept });
    },
    notify: (_: string, { clients }: { clients: unknown[] }) => void (control.recorded += clients.length),
  };
  const config = {
    policy: policyConfig([
      rule({ id: "w", access: "write", points: ["current-limit", "safe-current"], clamp: { max: 16 } }),
    ]),
  };
  const log = { warn: (event: string) => void warned.push(event) };
  const recorder = { audit: (event: AuditEvent) => void audited.push(event) } as unknown as Recorder;
  const part = new PolicyPart({ config, control, log, clock: time } as never, recorder);
  const write = (value: number, address = 1000) => {
    const request = { function: 6, address, value } as const;
    const ask = { asker: EMS, unit: 11, request, pdu: encodeRequest(request) };
    const verdict = part.policy.judge(ask, { monotonic: time.monotonic(), wall: time.now() });
    if (verdict.do === "forward") part.forwarded(ask, verdict as Forward);
    return verdict.do;
  };
  return { part, control, time, audited, warned, write };
}
const settled = () => new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(resolve)));

Deno.test("modbus policy part: what was kept before a restart holds; without an answer of control all points are free", async () => {
  const { part, control, write } = rig();
  control.kept = [LEASE];
  await part.restore();
  assert.equal(write(6), "refuse");
  const alone = rig();
  alone.control.isAway = true;
  await alone.part.restore();
  assert.deepEqual([alone.write(6), alone.warned[0]], ["forward", "modbus.leases.unread"]);
});

Deno.test("failure of control: writes go on at once, and a change of command is stored as soon as it is back", async () => {
  const { part, control, audited, warned, write } = rig();
  control.isAway = true;
  assert.equal(write(6), "forward");
  await settled();
  assert.deepEqual([control.stored, warned], [[], ["modbus.leases.unstored"]]);
  assert.equal(write(10), "forward", "a renewal is no news");
  control.isAway = false;
  part.tick();
  await settled();
  assert.deepEqual(control.stored.map(({ point, owner }) => [point, owner]), [["current-limit", "ems-1 at ems"]]);
  assert.deepEqual(audited.map(({ event, who }) => [event, who]), [["modbus.lease.taken", "ems-1 at ems"]]);
});

Deno.test("modbus policy part: clamps and writes of failsafes are recorded with their rule and points, plain limits are not", () => {
  const { audited, write } = rig();
  write(6);
  write(32);
  write(6, 131);
  const told = audited.filter(({ event }) => event !== "modbus.lease.taken")
    .map(({ event, who, rule, detail }) => [event, who, rule, detail?.["points"], detail?.["forwarded"]]);
  assert.deepEqual(told, [
    ["modbus.write.clamped", "ems-1", "site.w", "current-limit", 16],
    ["modbus.write.passed", "ems-1", "site.w", "safe-current", undefined],
  ]);
});

Deno.test("modbus policy part: hands its recording over now and then, and all of it at the end", async () => {
  const { part, control, time, write } = rig();
  write(6);
  part.tick();
  assert.equal(control.recorded, 0);
  time.advance(MODBUS_LIMITS.recordPeriodMs);
  part.tick();
  assert.equal(control.recorded, 1);
  write(6);
  await part.flush();
  assert.equal(control.recorded, 2);
});

Deno.test("modbus policy part: says who commands what, which rules are in force and what it recorded", async () => {
  const { part, time, write } = rig();
  write(6);
  time.advance(10_000);
  const { leases } = await part.handlers["modbus.leases"]!({});
  assert.deepEqual(leases.map(({ point, owner, seconds }) => [point, owner, seconds]), [[
    "current-limit",
    "ems-1 at ems",
    50,
  ]]);
  assert.equal((await part.handlers["modbus.rules"]!({})).mode, "enforce");
  const { clients, more } = await part.handlers["modbus.recording"]!({});
  assert.deepEqual([(clients as unknown[]).length, more], [1, false]);
});

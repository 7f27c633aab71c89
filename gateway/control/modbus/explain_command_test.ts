import { match, rejects } from "node:assert/strict";
import type { ModbusRule } from "../../../policies/modbus_rule.ts";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { Site } from "../../config/schema.ts";
import type { CommandArgs, ControlContext } from "../contract.ts";
import { explainModbusCommand } from "./explain_command.ts";

const SITE = Site.parse({
  version: 1,
  site: { id: "g" },
  modbus: {
    listeners: [{ id: "ems", listen: "127.0.0.1:0", tls: {} }],
    lines: [{ id: "cp", tcp: "127.0.0.1:502" }],
    units: [{ unit: 11, line: "cp", device: 255, profile: "bender-cc" }, { unit: 9, line: "cp", device: 9 }],
  },
});
const RULES: readonly ModbusRule[] = [
  { id: "reads", effect: "allow", because: "Reads", roles: ["Reader"], access: "read" },
  { id: "hide", effect: "mask", because: "Nobody's business", classes: ["personal"] },
  {
    id: "fuse",
    effect: "allow",
    because: "The fuse",
    roles: ["Ems"],
    access: "write",
    points: ["current-limit"],
    clamp: { max: 16 },
  },
  { id: "night", effect: "deny", because: "It is late", access: "write", hours: { from: "22:00", to: "06:00" } },
  { id: "office", effect: "allow", because: "From the office", sources: ["10.0.0.0/8"], functions: [43] },
];

async function explain(direction: string, action: string, more: CommandArgs = {}, mode = "enforce"): Promise<string> {
  const time = new ManualTime(Date.parse("2026-07-06T12:00:00Z"));
  const call = () => Promise.resolve({ rules: RULES, mode, timeZone: "UTC" });
  const files = { text: () => "", bytes: () => new Uint8Array() };
  const context = {
    site: SITE,
    files,
    clock: time,
    workers: { of: () => ["modbus-lines"], get: () => ({ call }) },
  } as unknown as ControlContext;
  return (await explainModbusCommand(context, { station: "11", direction, action, ...more })).text;
}

const ASKED: readonly [string, string, CommandArgs, RegExp][] = [
  ["read", "power-total", { role: "Reader" }, /^FORWARDED by site\.reads$[^]*allow reads: holds \(Reads\)/m],
  ["read", "power-total", {}, /REFUSED by modbus\.default-deny[^]*allow reads: does not hold: roles/],
  ["read", "session-badge", { role: "Reader" }, /FORWARDED by site\.hide\n {2}shown as zeros: session-badge/],
  [
    "write",
    "current-limit",
    { payload: "32", role: "Ems" },
    /current-limit is forwarded as 16\n {2}it brings the right to command/,
  ],
  ["write", "current-limit", { payload: "33", role: "Ems", at: "mon 23:00" }, /REFUSED by site\.night: It is late/],
  [
    "write",
    "safe-current",
    { payload: "6", role: "Ems" },
    /write safe-current \(protected\) = 6\nREFUSED by modbus\.default-deny/,
  ],
  ["function", "43", { source: "10.1.2.3" }, /FORWARDED by site\.office/],
  ["function", "43", {}, /allow office: does not hold: sources/],
  ["function", "8/4", {}, /function code 8\nREFUSED by modbus\.default-deny/],
  ["read", "relay,model", { role: "Reader" }, /read relay[^]*unknown registers[^]*for all of them|for relay/],
];
for (const [direction, action, args, said] of ASKED) {
  Deno.test(`policy explain, modbus: ${direction} ${action} ${JSON.stringify(args)}`, async () => {
    match(await explain(direction, action, args), said);
  });
}

Deno.test("policy explain, modbus: while rules are tried out, a refusal is only noted", async () => {
  match(
    await explain("read", "power-total", {}, "observe"),
    /^FORWARDED, noted as would-refuse by modbus\.default-deny/m,
  );
});

const WRONG: readonly [string, string, CommandArgs, RegExp][] = [
  ["read", "powr", {}, /Such a request cannot be made: point "powr" is none of its profile/],
  ["write", "current-limit", {}, /A write of current-limit needs its value/],
  ["write", "current-limit", { payload: "70000" }, /current-limit cannot hold 70000/],
  ["function", "x", {}, /Function code "x" cannot be used/],
  ["function", "3", {}, /function code 3 has addresses/],
  ["read", "relay", { source: "far" }, /Source "far" is no IP address/],
  ["read", "relay", { at: "noon" }, /Time "noon" is unknown/],
  ["read", "relay", { station: "7" }, /No Modbus unit 7 is configured/],
  ["read", "relay", { station: "9" }, /wanted a unit with a profile/],
];
for (const [direction, action, args, error] of WRONG) {
  Deno.test(`policy explain, modbus: refuses ${direction} ${action} ${JSON.stringify(args)}`, () =>
    rejects(explain(direction, action, args), error));
}

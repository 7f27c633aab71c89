import { deepEqual, equal } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { nullMetrics } from "../core/metrics.ts";
import { Counter } from "./counter.ts";
import { Line } from "./line.ts";
import { MODBUS_LIMITS } from "./limits.ts";
import { type Ask, createModbusPolicy, type Refusal } from "./policy.ts";
import type { Profile } from "./profile.ts";
import { FakeLines, lineConfig } from "./testing/fake_line.ts";
import { Traffic } from "./traffic.ts";
import type { PolicyConfig } from "./worker_config.ts";

const point = (name: string, address: number, change: object = {}) => ({
  ...{ name, table: "holding", address, type: "u16", length: 1, class: "measured", access: "read", scale: 1 },
  ...{ wordSwap: false, absent: [], heartbeat: false, idempotent: true, maxAgeMs: 500 },
  ...change,
});
const PROFILE = {
  ...{ id: "device", name: "A device", unsupported: [4] },
  points: [
    point("power", 10),
    point("limit", 11, { class: "commanded", access: "read-write", maxAgeMs: 0, legal: [[0, 32]] }),
    point("badge", 12, { class: "personal", maxAgeMs: 0 }),
  ],
} as unknown as Profile;

const POLICY: PolicyConfig = {
  units: [{ unit: 11, line: "cp001", device: 255, profile: "device" }, { unit: 12, line: "cp001", device: 1 }],
  profiles: [PROFILE],
  rules: [
    { id: "reads", effect: "allow", because: "reads", access: "read", classes: ["measured", "commanded"] },
    { id: "hide", effect: "mask", because: "badges", classes: ["personal"] },
    { id: "writes", effect: "allow", because: "writes", access: "write", roles: ["Manager"], units: [11] },
    { id: "raw", effect: "allow", because: "raw", access: "read", unknown: true, units: [12, 99] },
  ],
  mode: "enforce",
  timeZone: "UTC",
};

/** A counter over one line without a network. */
function rig(policy: PolicyConfig = POLICY) {
  const time = new ManualTime(), lines = new FakeLines();
  const refusals: (Refusal & { readonly unit: number; readonly isTrial: boolean })[] = [];
  const traffic = new Traffic(nullMetrics, 0);
  const counter = new Counter({
    clock: time,
    policy: createModbusPolicy(policy),
    traffic,
    refused: ({ unit }: Ask, refusal, isTrial) => void refusals.push({ ...refusal, unit, isTrial }),
    forwarded: () => {},
  });
  const line: Line = new Line(lineConfig(), {
    ...{ clock: time, timers: time, open: lines.open, weightOf: () => 1 },
    events: {
      answered: (job, pdu) => counter.answered(line, job, pdu),
      sent: (job) => counter.sent(job),
      noted: () => {},
      changed: () => {},
    },
  });
  counter.configure(policy.units, new Map([["cp001", line]]));
  const here = new Set(["ems", "scada", "late"]);
  const ask = (client: string, unit: number, pdu: readonly number[], role = "Manager") => {
    const answers: string[] = [];
    counter.visit({
      asker: { client, role, source: "10.0.0.1", listener: "ems" },
      ...{ unit, pdu: Uint8Array.from(pdu), isWanted: () => here.has(client) },
      answer: (bytes) => void answers.push(bytes.join(" ")),
    });
    return answers;
  };
  const sent = () => lines.last.sent.map(({ pdu }) => pdu.join(" "));
  return { time, lines, line, counter, traffic, refusals, here, ask, sent, open: () => lines.last.events.opened() };
}

const READ_POWER = [3, 0, 10, 0, 1], POWER = Uint8Array.of(3, 2, 0, 7);

Deno.test("modbus counter: what is allowed goes to the line's device, its bytes come back", () => {
  const { ask, open, lines, sent } = rig();
  const answers = ask("ems", 11, READ_POWER);
  open();
  deepEqual(sent(), ["3 0 10 0 1"]);
  equal(lines.last.sent[0]!.device, 255);
  lines.answer(POWER);
  deepEqual(answers, ["3 2 0 7"]);
});

Deno.test("modbus counter: what is refused, malformed or without a unit never comes to a line", () => {
  const { ask, lines, refusals } = rig();
  deepEqual(ask("ems", 11, [6, 0, 11, 0, 99]), ["134 1"], "a value that the device must not get");
  deepEqual(ask("scada", 11, [6, 0, 11, 0, 16], "Reader"), ["134 1"]);
  deepEqual(ask("ems", 11, [0x41]), ["193 1"], "a function code that nobody knows");
  deepEqual(ask("ems", 11, [3, 0, 10, 0, 0]), ["131 3"]);
  deepEqual(ask("ems", 11, [3, 0xff, 0xff, 0, 2]), ["131 2"]);
  deepEqual(ask("ems", 11, [4, 0, 10, 0, 1]), ["132 1"], "a function code that the device does not know");
  deepEqual(ask("ems", 50, READ_POWER), ["131 1"], "a unit of which nothing is told");
  deepEqual(ask("ems", 99, READ_POWER), ["131 10"], "a unit that rules speak of and that is not there");
  equal(lines.drivers.length, 0);
  deepEqual(refusals.map(({ unit, points }) => [unit, ...points]), [[11, "limit"], [11, "limit"], [11], [50]]);
});

Deno.test("modbus counter: equal reads share one request, and a young answer is given again", () => {
  const { ask, open, lines, sent, time, traffic } = rig();
  const first = ask("ems", 11, READ_POWER), second = ask("scada", 11, READ_POWER);
  open();
  equal(sent().length, 1);
  lines.answer(POWER);
  deepEqual([first, second, ask("late", 11, READ_POWER)], [["3 2 0 7"], ["3 2 0 7"], ["3 2 0 7"]]);
  equal(sent().length, 1);
  time.advance(501);
  ask("late", 11, READ_POWER);
  equal(sent().length, 2, "it is too old");
  deepEqual([traffic.line("cp001").outcomes.answered, traffic.line("cp001").outcomes.cached], [2, 1]);
});

Deno.test("modbus counter: a set point is never answered from memory, and a write forgets what it overlaps", () => {
  const { ask, open, lines, sent } = rig();
  ask("ems", 11, READ_POWER);
  open();
  lines.answer(POWER);
  ask("ems", 11, [6, 0, 11, 0, 16]);
  lines.answer(Uint8Array.of(6, 0, 11, 0, 16));
  ask("ems", 11, READ_POWER);
  deepEqual(sent().length, 2, "power shares no register with the write");
  ask("ems", 11, [3, 0, 11, 0, 1]);
  ask("scada", 11, [3, 0, 11, 0, 1]);
  lines.answer(Uint8Array.of(3, 2, 0, 16));
  equal(sent().length, 4, "both asked the device");
});

Deno.test("modbus counter: a badge in a block is zeros for whom it is masked, and not for memory", () => {
  const { ask, open, lines } = rig();
  const answers = ask("ems", 11, [3, 0, 10, 0, 3]);
  open();
  lines.answer(Uint8Array.of(3, 6, 0, 7, 0, 16, 0xab, 0xcd));
  deepEqual(answers, ["3 6 0 7 0 16 0 0"]);
});

Deno.test("modbus counter: an exception of the device is handed on and never kept", () => {
  const { ask, open, lines, sent } = rig();
  const answers = ask("ems", 11, READ_POWER);
  open();
  lines.answer(Uint8Array.of(0x83, 4));
  ask("ems", 11, READ_POWER);
  deepEqual([answers, sent().length], [["131 4"], 2]);
});

Deno.test("modbus counter: a client that left is not asked for, unless somebody else waits for the same", () => {
  const { ask, open, lines, sent, here, counter } = rig();
  ask("ems", 12, [3, 0, 1, 0, 1]);
  open();
  const gone = ask("ems", 11, READ_POWER), other = ask("scada", 11, READ_POWER);
  const raw = ask("ems", 12, [3, 0, 2, 0, 1]);
  here.delete("ems");
  counter.withdraw();
  lines.answer(Uint8Array.of(3, 2, 0, 1));
  lines.answer(POWER);
  deepEqual(sent(), ["3 0 1 0 1", "3 0 10 0 1"], "the raw read was taken back");
  deepEqual([gone, other, raw], [["3 2 0 7"], ["3 2 0 7"], []]);
  const late = ask("late", 11, READ_POWER);
  deepEqual(late, ["3 2 0 7"]);
});

Deno.test("modbus counter: a read that was taken back is asked anew by the next client", () => {
  const { ask, open, lines, sent, here, counter } = rig();
  ask("scada", 12, [3, 0, 1, 0, 1]);
  open();
  ask("ems", 11, READ_POWER);
  here.delete("ems");
  counter.withdraw();
  const late = ask("late", 11, READ_POWER);
  lines.answer(Uint8Array.of(3, 2, 0, 1));
  equal(sent().length, 2);
  lines.answer(POWER);
  deepEqual(late, ["3 2 0 7"]);
});

Deno.test("modbus counter: tried out rules record what they would refuse, and relay it", () => {
  const { ask, open, sent, refusals } = rig({ ...POLICY, mode: "observe" });
  ask("scada", 11, [6, 0, 11, 0, 16], "Reader");
  open();
  deepEqual(sent(), ["6 0 11 0 16"]);
  deepEqual(refusals.map(({ isTrial, points }) => [isTrial, ...points]), [[true, "limit"]]);
});

Deno.test("modbus counter: a lost line forgets what it knew of its devices", () => {
  const { ask, open, lines, sent, counter, line } = rig();
  ask("ems", 11, READ_POWER);
  open();
  lines.answer(POWER);
  counter.forget(line);
  ask("ems", 11, READ_POWER);
  equal(sent().length, 2);
});

Deno.test("modbus counter: as many clients as allowed share one read, one more has its own", () => {
  const { ask, open, lines, sent, here } = rig();
  const all = Array.from({ length: MODBUS_LIMITS.joinedReads + 2 }, (_, at) => {
    here.add(`c${at}`);
    return ask(`c${at}`, 11, READ_POWER);
  });
  open();
  lines.answer(POWER);
  equal(sent().length, 2);
  lines.answer(POWER);
  deepEqual(new Set(all.map((answers) => answers.join())), new Set(["3 2 0 7"]));
});

Deno.test("modbus counter: reads of a set point that wait are one at the device; one that comes later is asked anew", () => {
  const { ask, open, lines, sent } = rig();
  const answer = (pdu: Uint8Array) => {
    const { transaction, device } = lines.last.sent.at(-1)!;
    lines.last.events.received({ transaction, device, pdu });
  };
  const limit = [3, 0, 11, 0, 1];
  const first = ask("ems", 11, limit), second = ask("scada", 11, limit), third = ask("late", 11, limit);
  open();
  equal(sent().length, 1, "the line was not open yet: all three waited");
  const fourth = ask("ems", 11, limit), fifth = ask("scada", 11, limit);
  answer(Uint8Array.of(3, 2, 0, 16));
  for (const answers of [first, second, third]) deepEqual(answers, ["3 2 0 16"]);
  deepEqual([fourth, fifth], [[], []], "asked after the first had left: its answer may be older");
  equal(sent().length, 2);
  answer(Uint8Array.of(3, 2, 0, 10));
  for (const answers of [fourth, fifth]) deepEqual(answers, ["3 2 0 10"]);
});

Deno.test("modbus counter: registers that nobody knows are read for each who asks: reading them may have an effect", () => {
  const { ask, open, lines, sent } = rig();
  const answers = [ask("ems", 12, [3, 0, 99, 0, 1]), ask("scada", 12, [3, 0, 99, 0, 1])];
  open();
  for (let turn = 0; turn < 2; turn++) {
    const { transaction, device } = lines.last.sent.at(-1)!;
    lines.last.events.received({ transaction, device, pdu: Uint8Array.of(3, 2, 0, turn) });
  }
  deepEqual([answers, sent().length], [[["3 2 0 0"], ["3 2 0 1"]], 2]);
});

Deno.test("modbus counter: a set point that is read after it was written, all at once, shows what was written", () => {
  const { ask, open, lines } = rig();
  const limit = [3, 0, 11, 0, 1];
  const before = ask("scada", 11, limit), write = ask("ems", 11, [6, 0, 11, 0, 16]), after = ask("ems", 11, limit);
  open();
  const registers = { limit: 10 };
  while (lines.last.sent.length < 4) {
    const { transaction, device, pdu } = lines.last.sent.at(-1)!, had = lines.last.sent.length;
    if (pdu[0] === 6) registers.limit = 16;
    lines.last.events.received({
      transaction,
      device,
      pdu: pdu[0] === 6 ? pdu : Uint8Array.of(3, 2, 0, registers.limit),
    });
    if (lines.last.sent.length === had) break;
  }
  deepEqual(write, ["6 0 11 0 16"]);
  deepEqual(after, ["3 2 0 16"]);
  equal(before.length, 1);
});

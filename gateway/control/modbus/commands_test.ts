import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { Site } from "../../config/schema.ts";
import type { ReadAnswer, ReadSpan } from "../../core/modbus_api.ts";
import { MODBUS_LIMITS } from "../../modbus/limits.ts";
import { ProfileFile, profileOf } from "../../modbus/profile_schema.ts";
import type { CommandArgs, ControlContext } from "../contract.ts";
import { discoverCommand } from "./discover_command.ts";
import { linesCommand } from "./lines_command.ts";
import { pointBlocks } from "./point_blocks.ts";
import { exceptionText, readCommand } from "./read_command.ts";
import { unitsCommand } from "./units_command.ts";

const SITE = Site.parse({
  version: 1,
  site: { id: "g" },
  modbus: {
    listeners: [{ id: "ems", listen: "127.0.0.1:0", tls: {} }],
    lines: [{ id: "cp", tcp: "127.0.0.1:502" }],
    units: [
      { unit: 11, line: "cp", device: 255, profile: "bender-cc" },
      { unit: 5, line: "cp", device: 5 },
      { unit: 1, line: "cp", device: 1, profile: "eastron-sdm630" },
    ],
  },
});

/** A gateway whose devices answer from registers; what is not there is refused. */
function rig(registers: ReadonlyMap<number, number> = new Map(), exception = 2) {
  const asked: { readonly unit: number; readonly who: string; readonly spans: readonly ReadSpan[] }[] = [];
  const call = (_: string, args: (typeof asked)[number]) => {
    asked.push(args);
    const answers = args.spans.map(({ address, quantity }): ReadAnswer => {
      const words = Array.from({ length: quantity }, (_, at) => registers.get(address + at));
      return words.every((word) => word !== undefined) ? { registers: words as number[] } : { exception };
    });
    return Promise.resolve({ answers });
  };
  const context = {
    site: SITE,
    workers: { get: () => ({ call }), of: () => ["modbus-lines"] },
  } as unknown as ControlContext;
  const files = { text: () => "", bytes: () => new Uint8Array() };
  return { context: { ...context, files }, asked };
}
const run = (args: CommandArgs, registers?: ReadonlyMap<number, number>, exception?: number) =>
  readCommand(rig(registers, exception).context, args, "eva");
const everywhere = new Map(Array.from({ length: 2000 }, (_, at) => [at, at % 2 === 0 ? 0x4366 : 0x199a] as const));

Deno.test("modbus read: named values with units, classes and how well they are known", async () => {
  const { text, data, ok: isGood } = await run({ unit: "1" }, everywhere);
  equal(isGood, true);
  match(text, /^Unit 1, Eastron SDM630$/m);
  match(text, /^voltage-l1 +230\.1 V +measured +third-party$/m);
  const [first] = (data as { points: Record<string, unknown>[] }).points;
  deepEqual(first, {
    name: "voltage-l1",
    value: 230.1,
    text: "230.1 V",
    unit: "V",
    class: "measured",
    rung: "third-party",
  });
});

Deno.test("modbus read: asks in the name of the person, block by block, and never for badges or write-only points", async () => {
  const { context, asked } = rig(everywhere);
  const { text } = await readCommand(context, { unit: "11" }, "eva");
  ok(asked.every(({ who, unit, spans }) => who === "person eva" && unit === 11 && spans.length === 1));
  const read = asked.flatMap(({ spans }) => spans).flatMap(({ address, quantity }) =>
    Array.from({ length: quantity }, (_, at) => address + at)
  );
  for (const hidden of [720, 729, 730, 740, 741, 1110]) ok(!read.includes(hidden), String(hidden));
  ok(read.includes(1000));
  match(text, /Badge and vehicle ids are not read \(5 points\)\.$/);
});

Deno.test("modbus read: what a device refuses is said point by point; nothing at all makes the exit code 1", async () => {
  const { text, ok: isGood } = await run({ unit: "1" }, new Map([[0x34, 0x4366], [0x35, 0]]));
  match(text, /^power-total +230 W/m);
  match(text, /^frequency +not read: the device has no such register \(exception 02\)/m);
  equal(isGood, true);
  const silent = await run({ unit: "1" }, new Map(), 0x0b);
  equal(silent.ok, false);
  match(silent.text, /not read: the device does not answer \(exception 0B\)/);
});

Deno.test("modbus read: exceptions in words", () => {
  deepEqual([1, 6, 10, 4].map((code) => exceptionText(code).split(": ")[1]), [
    "the device does not know the function (exception 01)",
    "too many requests wait for the line (exception 06)",
    "the line is down (exception 0A)",
    "exception 04",
  ]);
});

const WRONG: readonly [CommandArgs, RegExp][] = [
  [{}, /Unit "" cannot be used: wanted --unit with a number/],
  [{ unit: "x" }, /Unit "x" cannot be used/],
  [{ unit: "7" }, /No Modbus unit 7 is configured/],
  [{ unit: "5" }, /Unit 5 has no profile, so its values have no names/],
  [{ unit: "11", point: "power" }, /Point "power" is no point of its profile/],
  [{ unit: "11", point: "session-badge" }, /Point "session-badge" cannot be read, or is nobody's to read/],
];
for (const [args, error] of WRONG) {
  Deno.test(`modbus read: refuses ${JSON.stringify(args)}`, () => rejects(run(args), error));
}

Deno.test("modbus read: only the points that are named", async () => {
  const { data } = await run({ unit: "1", point: "frequency,power-total" }, everywhere);
  deepEqual((data as { points: { name: string }[] }).points.map(({ name }) => name), ["power-total", "frequency"]);
});

Deno.test("modbus units: every device with its line, profile and set points", async () => {
  const { text } = await unitsCommand(rig().context);
  match(text, /^11 +cp +255 +bender-cc +\d+ +current-limit, current-limit-fine, power-limit +Bender/m);
  match(text, /^5 +cp +5 +- +0 +- +no profile: only rules with `unknown: true` reach it$/m);
  const bare = { ...rig().context, site: Site.parse({ version: 1, site: { id: "g" } }) };
  match((await unitsCommand(bare)).text, /The site has no Modbus/);
});

const points = (...places: readonly (readonly [at: number, length: number])[]) =>
  profileOf(ProfileFile.parse({
    id: "t",
    name: "T",
    points: places.map(([at, length], index) => ({
      name: `p${index}`,
      at,
      type: "bits",
      length,
      source: "t",
      rung: "bench",
    })),
  })).points;
const spans = (...places: readonly (readonly [number, number])[]) =>
  pointBlocks(points(...places)).map(({ span, points }) => [span.address, span.quantity, points.length]);

Deno.test("modbus blocks: neighbours are read together, over a gap and past the limit of one read apart", () => {
  deepEqual(spans([10, 2], [12, 1], [14, 1]), [[10, 3, 2], [14, 1, 1]]);
  deepEqual(spans([14, 1], [10, 2]), [[10, 2, 1], [14, 1, 1]]);
  deepEqual(spans([10, 4], [11, 1]), [[10, 4, 2]]);
  const { readRegisters } = MODBUS_LIMITS;
  deepEqual(spans([0, readRegisters - 1], [readRegisters - 1, 1]), [[0, readRegisters, 2]]);
  deepEqual(spans([0, readRegisters], [readRegisters, 1]), [[0, readRegisters, 1], [readRegisters, 1, 1]]);
});

function sunSpec(): Map<number, number> {
  const registers = new Map([[40_000, 0x5375], [40_001, 0x6e53], [40_002, 103], [40_003, 50], [40_054, 0xffff], [
    40_055,
    0,
  ]]);
  for (let at = 0; at < 50; at++) registers.set(40_004 + at, 0);
  return registers;
}

Deno.test("modbus discover: the SunSpec models of a device as a profile file that can be read again", async () => {
  const { context, asked } = rig(sunSpec());
  const { text, data } = await discoverCommand(context, { unit: "5" }, "eva");
  match(text, /^# Found at 40000: models 103\n# Review it/);
  match(text, /^id: sunspec-unit-5$/m);
  const { profile } = data as { profile: unknown };
  ok(
    profileOf(ProfileFile.parse(profile)).points.some(({ name, address }) =>
      name === "inverter-power" && address === 40_016
    ),
  );
  ok(asked.every(({ who }) => who === "person eva"));
});

Deno.test("modbus discover: a device without SunSpec, one with unknown models only and a bad id are said", async () => {
  const discover = (args: CommandArgs, registers: Map<number, number>) =>
    discoverCommand(rig(registers).context, args, "eva");
  await rejects(discover({ unit: "5" }, new Map()), /Unit 5 cannot be read as SunSpec: There is no SunSpec mark/);
  await rejects(
    discover({ unit: "5" }, sunSpec().set(40_002, 64_000)),
    /no SunSpec model that is known here: it has 64000/,
  );
  await rejects(discover({ unit: "5", id: "My Roof" }, sunSpec()), /Id "My Roof" cannot be used/);
});

Deno.test("modbus lines: how lines stand, silent devices, and the last refusals with the names of points", async () => {
  const line = { id: "cp", place: "10.0.0.1:502", state: "resting", queued: 2, latencyMs: { p50: 3, p99: 40 } };
  const refusal = { at: 0, client: "scada", rule: "modbus.lease", unit: 11, points: "current-limit", isTrial: false };
  const state = {
    lines: [{ ...line, outcomes: { answered: 7, cached: 1, refused: 3 } }, {
      ...line,
      id: "m",
      down: "refused",
      outcomes: {},
    }],
    silent: ["m 1"],
    clients: { "ems-1": { answered: 7, cached: 2, exception: 1, malformed: 1, "no-path": 4 }, scada: { refused: 3 } },
    perMinute: { "ems-1": 12.5 },
    refusals: [refusal, { ...refusal, isTrial: true, points: "" }],
  };
  const workers = { of: () => ["modbus-lines"], get: () => ({ call: () => Promise.resolve(state) }) };
  const { text, data } = await linesCommand({ workers } as unknown as ControlContext);
  match(text, /^cp +10\.0\.0\.1:502 +resting +2 +3 \/ 40 ms +8 +3 +0$/m);
  match(text, /^m +10\.0\.0\.1:502 +DOWN: refused +2/m);
  match(text, /^ems-1 +12\.5 +10 +1 +4$/m);
  match(text, /^scada +0 +0 +3 +0$/m);
  match(text, /^SILENT \(line and address\): m 1$/m);
  match(text, /^1970-01-01T00:00:00Z +scada +11 +current-limit +modbus\.lease\n.* - +modbus\.lease \(tried out\)$/m);
  deepEqual(data, state);
  const none = { workers: { of: () => [] } } as unknown as ControlContext;
  match((await linesCommand(none)).text, /has no Modbus/);
});

import assert from "node:assert/strict";
import { SUNSPEC_MODELS } from "../../profiles/modbus/sunspec.ts";
import { MODBUS_LIMITS } from "./limits.ts";
import { sizeOf } from "./point.ts";
import { describePoint, readPoint } from "./point_value.ts";
import { lintProfile } from "./profile_lint.ts";
import { ProfileFile, profileOf } from "./profile_schema.ts";
import { type ChainStep, SunSpecChain } from "./sunspec_chain.ts";
import { type ReadModel, sunSpecProfile } from "./sunspec_profile.ts";

/** A device as registers by address; what is not there is refused. */
function walk(registers: ReadonlyMap<number, number>): { end: ChainStep; reads: number } {
  const chain = new SunSpecChain();
  let step = chain.start(), reads = 0;
  while ("read" in step) {
    const { address, quantity } = step.read;
    const read = Array.from({ length: quantity }, (_, at) => registers.get(address + at));
    step = chain.received(read.every((word) => word !== undefined) ? read as number[] : undefined);
    assert.ok(++reads <= MODBUS_LIMITS.sunSpecModels + 4, "it must end");
  }
  return { end: step, reads };
}

function device(base: number, models: readonly (readonly [id: number, length: number])[], end = [0xffff, 0]) {
  const registers = new Map([[base, 0x5375], [base + 1, 0x6e53]]);
  let at = base + 2;
  for (const [id, length] of models) {
    registers.set(at, id).set(at + 1, length);
    at += 2 + length;
  }
  end.forEach((word, index) => registers.set(at + index, word));
  return registers;
}

for (const base of [40_000, 50_000, 0]) {
  Deno.test(`sunspec: models are found behind the mark at ${base}`, () => {
    assert.deepEqual(walk(device(base, [[1, 66], [103, 50]])).end, {
      base,
      models: [{ id: 1, address: base + 4, length: 66 }, { id: 103, address: base + 72, length: 50 }],
    });
  });
}

const HOSTILE: readonly [string, ReadonlyMap<number, number>, RegExp][] = [
  ["no mark", new Map(), /no SunSpec mark at 40000, 50000, 0/],
  ["half a mark", new Map([[40_000, 0x5375], [40_001, 0]]), /no SunSpec mark/],
  ["a model without registers", device(40_000, [[1, 0]]), /Model 1 at 40002 has no registers/],
  ["a length past the last address", device(40_000, [[1, 0xffff]]), /Model 1 at 40002 ends past 65535/],
  ["a length that leaves no room for the end", device(0, [[1, 65531]]), /ends past 65535/],
  ["a chain that breaks off", device(40_000, [[1, 66]], []), /does not show what stands at 40070/],
];
for (const [name, registers, fault] of HOSTILE) {
  Deno.test(`sunspec: ${name} ends discovery with the reason`, () => {
    const { end } = walk(registers);
    assert.match("fault" in end ? end.fault : "", fault);
  });
}

Deno.test("sunspec: as many models as the limit, and one more", () => {
  const { sunSpecModels } = MODBUS_LIMITS;
  const found = (count: number) => walk(device(0, Array(count).fill([64_001, 1]))).end;
  assert.equal("models" in found(sunSpecModels) && sunSpecModels, sunSpecModels);
  assert.match((found(sunSpecModels + 1) as { fault: string }).fault, /More than 64 models/);
});

Deno.test("sunspec: an end mark with a length is an end all the same, and any bytes end somewhere", () => {
  assert.ok("models" in walk(device(0, [[1, 66]], [0xffff, 7])).end);
  let seed = 11;
  const random = () => (seed = (seed * 48271) % 2147483647) & 0xffff;
  for (let round = 0; round < 8; round++) {
    const registers = new Map([[0, 0x5375], [1, 0x6e53]]);
    for (let at = 2; at < 66_000; at++) registers.set(at, random() % (round + 2));
    walk(registers);
  }
});

Deno.test("sunspec models: points of a model do not overlap, and scale factors are no points", () => {
  for (const { ids, points } of SUNSPEC_MODELS) {
    const taken = new Map<number, string>();
    for (const { name, at, type, length } of points) {
      for (let register = at; register < at + sizeOf(type, length); register++) {
        assert.equal(taken.get(register), undefined, `${ids}: ${name} at ${register}`);
        taken.set(register, name);
      }
    }
    for (const { name, scale } of points) assert.ok(scale === undefined || !taken.has(scale), `${ids}: ${name}`);
  }
});

const words = (text: string, length: number) =>
  Array.from({ length }, (_, at) => (text.charCodeAt(at * 2) || 0) << 8 | (text.charCodeAt(at * 2 + 1) || 0));
const common: ReadModel = {
  id: 1,
  address: 40_004,
  length: 66,
  registers: [...words("Maker", 16), ...words("Roof 10", 16), ...Array(34).fill(0)],
};
function inverter(part: Readonly<Record<number, number>>, address = 40_072): ReadModel {
  const registers = Array.from({ length: 50 }, (_, at) => part[at] ?? 0xffff);
  return { id: 103, address, length: 50, registers };
}
/** Currents in tenths, power in tens of watts. */
const SCALED = { 0: 161, 4: 0xffff, 11: 0x8000, 12: 0xfc18, 13: 1, 22: 1, 23: 0, 24: 0, 36: 4 };

Deno.test("sunspec profile: names, units and scales are the device's, and the linter has nothing to say", () => {
  const { profile } = sunSpecProfile("roof", [common, inverter(SCALED)], "unit 5");
  const loaded = profileOf(ProfileFile.parse(profile));
  assert.deepEqual([loaded.name, lintProfile(loaded)], ["Maker Roof 10", []]);
  const said = (name: string, registers: number[]) => {
    const point = loaded.points.find((each) => each.name === name)!;
    return `${point.address} ${describePoint(point, readPoint(point, registers))}`;
  };
  assert.equal(said("inverter-current", [161]), "40072 16.1 A");
  assert.equal(said("inverter-power", [0xfc18]), "40084 -10000 W");
  assert.equal(said("inverter-energy", [1, 0]), "40094 65536 Wh");
  assert.equal(said("inverter-state", [4]), "40108 producing (4)");
  assert.equal(said("device-manufacturer", words("Maker", 16)), "40004 Maker");
  assert.equal(said("inverter-current", [0xffff]), "40072 none");
});

Deno.test("sunspec profile: what the device does not have, cannot scale or nobody knows is left out and said", () => {
  const unknown: ReadModel = { id: 64_010, address: 41_000, length: 3, registers: [1, 2, 3] };
  const far = { ...SCALED, 13: 11, 15: 0xfff5, 14: 5000 };
  const { profile, remarks } = sunSpecProfile("roof", [inverter(far), unknown], "unit 5");
  const names = profile.points.map(({ name }) => name);
  assert.ok(!names.includes("inverter-current-l1"), "it reads ffff");
  assert.ok(!names.includes("inverter-power") && !names.includes("inverter-frequency"));
  const text = remarks.join("\n");
  assert.match(text, /inverter-power is left out: its scale factor/);
  assert.match(text, /inverter-voltage-l1 is left out/);
  assert.match(text, /Model 64010 at 41000 \(3 registers\) is not known here/);
});

Deno.test("sunspec profile: a model that comes twice gets a number, a shorter one what fits", () => {
  const short: ReadModel = { ...inverter(SCALED, 40_200), length: 13 };
  const { profile } = sunSpecProfile("roof", [inverter(SCALED), short], "unit 5");
  const names = profile.points.map(({ name }) => name);
  assert.ok(names.includes("inverter-power") && names.includes("inverter-2-current"));
  assert.ok(!names.includes("inverter-2-state"));
});

Deno.test("sunspec profile: set points can be written within what the model allows, the grid switch is protected", () => {
  const control: ReadModel = { id: 123, address: 40_300, length: 24, registers: [...Array(21).fill(0), 0xffff, 0, 0] };
  const { points } = profileOf(ProfileFile.parse(sunSpecProfile("roof", [control], "unit 5").profile));
  const limit = points.find(({ name }) => name === "control-power-limit")!;
  assert.deepEqual([limit.class, limit.scale, limit.legal], ["commanded", 0.1, [[0, 100]]]);
  assert.equal(points.find(({ name }) => name === "control-connection")?.class, "protected");
});

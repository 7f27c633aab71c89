import assert from "node:assert/strict";
import { MODBUS_PROFILES } from "../../profiles/modbus/mod.ts";
import type { ModbusRequest } from "./codec.ts";
import type { Point } from "./point.ts";
import { describePoint, isLegal, readPoint, writePoint } from "./point_value.ts";
import { accessesOf, PointIndex, type Profile } from "./profile.ts";
import { lintProfile } from "./profile_lint.ts";
import { ProfileFile, profileOf } from "./profile_schema.ts";
import type { ProfileSource } from "../../profiles/modbus/source.ts";

const load = (source: ProfileSource): Profile => profileOf(ProfileFile.parse(source));
const shipped = (id: string) => load(MODBUS_PROFILES.find((profile) => profile.id === id)!);

type Entry = ProfileSource["points"][number];
const entry = (part: Partial<Entry>): Entry => ({ name: "p", at: 0, source: "test", rung: "bench", ...part });
const profile = (...points: Partial<Entry>[]) => load({ id: "t", name: "T", points: points.map(entry) });
const pointOf = (part: Partial<Entry>): Point => profile(part).points[0]!;

Deno.test("modbus profiles: every one that is shipped is read and has no fault", () => {
  for (const source of MODBUS_PROFILES) assert.deepEqual(lintProfile(load(source)), []);
  const ids = MODBUS_PROFILES.map(({ id }) => id);
  assert.deepEqual(ids, [...new Set(ids)].sort());
});

Deno.test("modbus profiles: everywhere a badge or vehicle id is personal, and presenting a badge is a credential", () => {
  for (const { id, points } of MODBUS_PROFILES.map(load)) {
    for (const { name, class: pointClass } of points) {
      if (/badge|vehicle-id/.test(name)) {
        assert.ok(pointClass === "personal" || pointClass === "credential", `${id} ${name} is ${pointClass}`);
      }
    }
  }
});

Deno.test("modbus profiles: frames of a charging EVlink Pro AC are read as its guide means them (evcc PR 9436)", () => {
  const { points } = shipped("evlink-pro-ac");
  const value = (name: string, ...registers: number[]) =>
    Number(readPoint(points.find((point) => point.name === name)!, registers)).toFixed(2);
  assert.deepEqual([value("current-l1", 0xbe77, 0x4157), value("power-total", 0xd35a, 0x4118)], ["13.48", "9.55"]);
});

Deno.test("modbus profiles: no meter can be written", () => {
  for (const id of ["abb-b23", "carlo-gavazzi-em340", "eastron-sdm630", "janitza-umg", "schneider-iem3000"]) {
    assert.ok(shipped(id).points.every(({ access }) => access === "read"), id);
  }
});

const LINT: readonly [string, Partial<Entry>[], RegExp][] = [
  ["a name twice", [{}, { at: 1 }], /^t: p: the name is used twice/],
  ["two points on a register", [{ name: "a", type: "u32" }, { name: "b", at: 1 }], /^t: b: 1 is already a part of a/],
  ["an end past the table", [{ at: 65535, type: "u32" }], /ends at 65536/],
  ["a number in a table of bits", [{ table: "coil" }], /type u16 in table coil/],
  ["a bit in a table of registers", [{ type: "bool" }], /type bool in table holding/],
  [
    "a write to an input",
    [{ table: "input", access: "read-write", class: "protected" }],
    /access read-write in table input/,
  ],
  ["legal values of what is only read", [{ legal: [1] }], /legal values of a point that cannot be written/],
  ["a set point without legal values", [{ access: "write", class: "commanded" }], /no legal values/],
  ["a measured value that is written", [{ access: "write", legal: [1] }], /class measured can be written/],
  [
    "restricted values alone",
    [{ access: "write", class: "protected", restricted: [9] }],
    /restricted values beside no/,
  ],
  [
    "a value that is legal and restricted",
    [{ access: "write", class: "commanded", legal: [[1, 9]], restricted: [9] }],
    /9 is legal and restricted/,
  ],
  ["a heartbeat that is only read", [{ heartbeat: true }], /a heartbeat that cannot be written/],
  ["an absent value of another size", [{ type: "u32", absent: ["ffff"] }], /absent ffff, wanted 8 hex digits/],
  ["a range of nothing", [{ access: "write", class: "commanded", legal: [[6, 5]] }], /the range 6 to 5 is empty/],
];

for (const [name, points, fault] of LINT) {
  Deno.test(`modbus profile linter: ${name} is found`, () => {
    const faults = lintProfile(profile(...points));
    assert.equal(faults.length, 1, faults.join("; "));
    assert.match(faults[0]!, fault);
  });
}

Deno.test("modbus profile linter: a read-only and a write-only point may share a register", () => {
  const shared = profile({ name: "state" }, { name: "command", access: "write", class: "commanded", legal: [1] });
  assert.deepEqual(lintProfile(shared), []);
});

Deno.test("modbus profile file: unknown keys, odd names and points without source are refused", () => {
  const bad = (source: unknown) => ProfileFile.safeParse(source).error?.issues.map(({ path }) => path.join("."));
  const good = { id: "t", name: "T", points: [entry({})] };
  assert.equal(bad(good), undefined);
  assert.deepEqual(bad({ ...good, id: "T t" }), ["id"]);
  assert.deepEqual(bad({ ...good, points: [{ ...entry({}), adress: 1 }] }), ["points.0"]);
  assert.deepEqual(bad({ ...good, points: [{ name: "p", at: 0 }] }), ["points.0.source", "points.0.rung"]);
  assert.deepEqual(bad({ ...good, points: [entry({ at: 65536 })] }), ["points.0.at"]);
  assert.deepEqual(bad({ ...good, points: [] }), ["points"]);
});

const VALUES: readonly [string, Partial<Entry>, number[], unknown][] = [
  ["u16", {}, [0xfffe], 65534],
  ["i16", { type: "i16" }, [0xfffe], -2],
  ["u32", { type: "u32" }, [1, 2], 65538],
  ["u32 with its words swapped", { type: "u32", wordOrder: "little" }, [2, 1], 65538],
  ["i32 in tenths", { type: "i32", scale: 0.1 }, [0xffff, 0xfff6], -1],
  ["tenths stay tenths", { scale: 0.1 }, [3], 0.3],
  ["f32", { type: "f32" }, [0x4366, 0x199a], 230.1],
  ["f64", { type: "f64" }, [0x4000, 0, 0, 0], 2],
  ["u64", { type: "u64" }, [0, 0, 1, 0], 65536],
  ["u64 beyond 2^53", { type: "u64" }, [0xffff, 0xffff, 0xffff, 0xfffe], 0xfffffffffffffffen],
  ["i64", { type: "i64" }, [0xffff, 0xffff, 0xffff, 0xffff], -1],
  ["ascii to its first zero", { type: "ascii", length: 3 }, [0x3532, 0x3800, 0x4141], "528"],
  ["ascii that is none", { type: "ascii", length: 1 }, [0x41ff], "A?"],
  ["bits", { type: "bits", length: 2 }, [0x8000, 1], "0x80000001"],
  ["bool", { table: "coil", type: "bool" }, [1], true],
  ["none", { type: "u32", absent: ["ffffffff"] }, [0xffff, 0xffff], undefined],
];

for (const [name, part, registers, value] of VALUES) {
  Deno.test(`modbus point: ${name} is read`, () => {
    assert.deepEqual(readPoint(pointOf(part), registers), value);
  });
}

const WRITTEN: readonly [string, Partial<Entry>, number, number[] | undefined][] = [
  ["u16", {}, 16, [16]],
  ["i16", { type: "i16" }, -2, [0xfffe]],
  ["u32", { type: "u32" }, 65538, [1, 2]],
  ["u32 with its words swapped", { type: "u32", wordOrder: "little" }, 65538, [2, 1]],
  ["i32 in tenths", { type: "i32", scale: 0.1 }, -1, [0xffff, 0xfff6]],
  ["tenths", { scale: 0.1 }, 16.1, [161]],
  ["between two tenths", { scale: 0.1 }, 16.19, [161]],
  ["milliamperes", { scale: 0.001 }, 16, [16000]],
  ["tens", { scale: 10 }, 119, [11]],
  ["f32", { type: "f32" }, 16, [0x4180, 0]],
  ["f32 with its words swapped", { type: "f32", wordOrder: "little" }, 16, [0, 0x4180]],
  ["f32, never above", { type: "f32" }, 16.1, [0x4180, 0xcccc]],
  ["f32, never above, below zero", { type: "f32" }, -16.1, [0xc180, 0xcccd]],
  ["f32 that is infinite", { type: "f32" }, Infinity, undefined],
  ["f64", { type: "f64" }, 2, [0x4000, 0, 0, 0]],
  ["u64", { type: "u64" }, 65536, [0, 0, 1, 0]],
  ["what is too high", {}, 65536, undefined],
  ["what is negative", {}, -1, undefined],
  ["what is no number", {}, Number.NaN, undefined],
  ["a text", { type: "ascii", length: 2 }, 1, undefined],
  ["bits", { type: "bits" }, 1, undefined],
];
for (const [name, part, value, registers] of WRITTEN) {
  Deno.test(`modbus point: ${name} is written`, () => {
    const point = pointOf(part);
    assert.deepEqual(writePoint(point, value), registers);
    if (registers) assert.ok(Math.abs(Number(readPoint(point, registers)) - value) < 10);
  });
}

Deno.test("modbus point: is said with its unit, or by its meaning", () => {
  assert.equal(describePoint(pointOf({ unit: "V" }), 230.1), "230.1 V");
  assert.equal(describePoint(pointOf({ meanings: { 3: "stop" } }), 3), "stop (3)");
  assert.equal(describePoint(pointOf({}), undefined), "none");
});

Deno.test("modbus point: legal values are single ones and ranges with both ends in", () => {
  const limit = pointOf({ class: "commanded", access: "write", legal: [0, [6, 32]] });
  const judged = [-1, 0, 1, 5.9, 6, 32, 32.1, 65535, Number.NaN, undefined].map((value) => isLegal(limit, value));
  assert.deepEqual(judged, [false, true, false, false, true, true, false, false, false, false]);
  assert.equal(isLegal(pointOf({}), 7), true);
});

const INDEX = new PointIndex(profile(
  { name: "a", at: 10, type: "u32" },
  { name: "b", at: 12 },
  { name: "in", at: 10, table: "input" },
));
const touched = (request: ModbusRequest) =>
  accessesOf(request).map((access) => {
    const { points, unknown } = INDEX.touched(access);
    const names = points.map(({ point, isPartial, registers }) =>
      `${point.name}${isPartial ? "?" : ""}${registers ? `=${registers}` : ""}`
    );
    return `${access.values ? "write" : "read"} ${names.join(" ")} +${unknown}`;
  });

Deno.test("modbus points: a request touches every point that shares a register with it, and says how many nobody knows", () => {
  assert.deepEqual(touched({ function: 3, address: 10, quantity: 3 }), ["read a b +0"]);
  assert.deepEqual(touched({ function: 3, address: 11, quantity: 3 }), ["read a? b +1"]);
  assert.deepEqual(touched({ function: 4, address: 9, quantity: 2 }), ["read in +1"]);
  assert.deepEqual(touched({ function: 1, address: 10, quantity: 3 }), ["read  +3"]);
  assert.deepEqual(touched({ function: 6, address: 12, value: 7 }), ["write b=7 +0"]);
  assert.deepEqual(touched({ function: 6, address: 10, value: 7 }), ["write a? +0"]);
  assert.deepEqual(touched({ function: 16, address: 10, registers: [1, 2, 3, 4] }), ["write a=1,2 b=3 +1"]);
  assert.deepEqual(touched({ function: 43, code: 1, object: 0 }), []);
});

Deno.test("modbus points: where a read-only and a write-only point share a register, the access says which is meant", () => {
  const index = new PointIndex(profile(
    { name: "state", at: 5, type: "u32" },
    { name: "command", at: 5, access: "write", class: "commanded", legal: [1] },
    { name: "order", at: 9, access: "write", class: "commanded", legal: [1] },
    { name: "meter", at: 10 },
  ));
  const names = (request: ModbusRequest) =>
    accessesOf(request).flatMap((access) => index.touched(access).points.map(({ point }) => point.name));
  assert.deepEqual(names({ function: 3, address: 5, quantity: 2 }), ["state"]);
  assert.deepEqual(names({ function: 3, address: 9, quantity: 2 }), ["order", "meter"]);
  assert.deepEqual(names({ function: 6, address: 10, value: 1 }), ["meter"]);
  // the second register of `state` is hidden by no command: a write of it is a write of `state`
  assert.deepEqual(names({ function: 16, address: 5, registers: [1, 2] }), ["state", "command"]);
  assert.equal(index.named("command")?.address, 5);
});

Deno.test("modbus points: a mask is a whole value only where it replaces every bit", () => {
  assert.deepEqual(touched({ function: 22, address: 12, and: 0, or: 7 }), ["write b=7 +0"]);
  assert.deepEqual(touched({ function: 22, address: 12, and: 0xfff0, or: 7 }), ["write b? +0"]);
});

Deno.test("modbus points: read and write of function code 23 are both judged", () => {
  const request: ModbusRequest = {
    function: 23,
    read: { address: 10, quantity: 2 },
    write: { address: 12, registers: [9] },
  };
  assert.deepEqual(touched(request), ["read a +0", "write b=9 +0"]);
  assert.deepEqual(touched({ function: 5, address: 3, on: true }), ["write  +1"]);
  assert.deepEqual(touched({ function: 15, address: 3, bits: [true, false] }), ["write  +2"]);
});

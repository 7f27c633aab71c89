import { strict as assert } from "node:assert";
import type { ModbusClamp, ModbusPointLimits } from "./modbus_rule.ts";
import { clampValue, isAmong, isLegalValue } from "./modbus_values.ts";

const AMPERES: ModbusPointLimits = { isWritable: true, legal: [0, [6, 32]], step: 1 };
const TENTHS: ModbusPointLimits = { isWritable: true, legal: [0, [6, 32]], step: 0.1 };
const FLOAT: ModbusPointLimits = { isWritable: true, legal: [0, [6, 32]], step: 0 };
const WATTS: ModbusPointLimits = { isWritable: true, legal: [0, [1380, 22080], 65535], step: 1 };

Deno.test("modbus values: single ones and ranges with both ends in", () => {
  const judged = [-1, 0, 1, 5.9, 6, 32, 32.1, Number.NaN].map((value) => isAmong([0, [6, 32]], value));
  assert.deepEqual(judged, [false, true, false, false, true, true, false, false]);
});

Deno.test("modbus values: legal is what the profile says, restricted values too; what is no number is not", () => {
  const restricted = { ...AMPERES, restricted: [99] };
  const judged = [0, 6, 33, 99, undefined, Number.NaN].map((value) => isLegalValue({ limits: restricted, value }));
  assert.deepEqual(judged, [true, true, false, true, false, false]);
  assert.equal(isLegalValue({ limits: { isWritable: true, step: 1 }, value: undefined }), true);
  assert.equal(isLegalValue({ limits: undefined, value: 7 }), true);
});

const CLAMPS: readonly [string, number, ModbusPointLimits, ModbusClamp, number | undefined][] = [
  ["what is low enough stays", 16, AMPERES, { max: 16 }, 16],
  ["what is too high becomes the highest", 16.1, AMPERES, { max: 16 }, 16],
  ["a value that the device must not be given stays, to be refused", 3, AMPERES, { max: 16 }, 3],
  ["between two steps the lower is taken", 32, AMPERES, { max: 15.9 }, 15],
  ["tenths stay tenths", 32, TENTHS, { max: 16.1 }, 16.1],
  ["floats have no steps", 32, FLOAT, { max: 15.95 }, 15.95],
  ["in a gap the next legal value below is taken", 32, AMPERES, { max: 5 }, 0],
  ["a value that means no limit is not above the clamp", 65535, WATTS, { max: 11_000 }, 11_000],
  ["below everything legal there is nothing", 32, { ...AMPERES, legal: [[6, 32]] }, { max: 5 }, undefined],
  ["without known values the clamp itself is taken", 500, { isWritable: true, step: 1 }, { max: 100 }, 100],
  ["what is no number is not raised", Number.NaN, AMPERES, { max: 16 }, Number.NaN],
  ["infinity is too high", Infinity, FLOAT, { max: 16 }, 16],
];
for (const [name, value, limits, clamp, wanted] of CLAMPS) {
  Deno.test(`modbus clamp: ${name}`, () => assert.equal(clampValue({ value, limits }, clamp), wanted));
}

const RISES: readonly [string, number, number, number, number][] = [
  ["a rise is held to its rate", 16, 6, 0.5, 7],
  ["lowering is not held up", 0, 16, 0, 0],
  ["what was reached stays reached", 16, 16, 0, 16],
  ["over a gap the lower end is kept until the upper is reached", 16, 0, 2.9, 0],
  ["and then taken", 16, 0, 3, 6],
  ["the highest value stands whatever the time", 32, 6, 600, 16],
];
for (const [name, value, last, minutesAgo, wanted] of RISES) {
  Deno.test(`modbus clamp: ${name}`, () => {
    const clamp = { max: 16, risePerMinute: 2 };
    assert.equal(clampValue({ value, limits: AMPERES, last: { value: last, minutesAgo } }, clamp), wanted);
  });
}

Deno.test("modbus clamp: without a value forwarded before there is nothing to rise from", () => {
  assert.equal(clampValue({ value: 16, limits: AMPERES }, { risePerMinute: 1 }), 16);
  assert.equal(clampValue({ value: undefined, limits: AMPERES }, { max: 1 }), undefined);
});

Deno.test("modbus clamp: never forwards more than was asked for, and never what the device must not be given", () => {
  let seed = 7;
  const random = (most: number) => (seed = (seed * 16807) % 2147483647) % most;
  for (let count = 0; count < 20_000; count++) {
    const value = random(700) / 10 - 5, max = random(500) / 10, risePerMinute = random(50) / 10;
    const last = { value: random(330) / 10, minutesAgo: random(100) / 10 };
    for (const limits of [AMPERES, TENTHS, FLOAT, WATTS]) {
      const clamped = clampValue({ value, limits, last }, { max, risePerMinute });
      if (clamped === undefined) continue;
      assert.ok(clamped <= value, `${clamped} for ${value}`);
      assert.ok(clamped === value || isLegalValue({ limits, value: clamped }), `${clamped} for ${value}`);
    }
  }
});

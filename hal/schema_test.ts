import assert from "node:assert/strict";
import { ProtocolError } from "../gateway/core/errors.ts";
import {
  base64Bytes,
  check,
  either,
  flag,
  integer,
  list,
  literal,
  number,
  object,
  oneOf,
  optional,
  record,
  text,
} from "./schema.ts";
import type { Schema } from "./schema.ts";

const Thing = object({ id: integer(1, 10), name: optional(text({ max: 3 })) });

const cases: readonly { name: string; schema: Schema<unknown>; good: readonly unknown[]; bad: readonly unknown[] }[] = [
  {
    name: "object",
    schema: Thing,
    good: [{ id: 1 }, { id: 10, name: "abc" }],
    bad: [{}, { id: 1, x: 1 }, [], null, "a", { id: 1, name: undefined }],
  },
  { name: "integer", schema: integer(1, 10), good: [1, 10], bad: [0, 11, 1.5, "1", null, NaN, Infinity] },
  { name: "number", schema: number, good: [0, -1.5], bad: [NaN, Infinity, "1", null] },
  { name: "text", schema: text({ min: 1, max: 3, form: /^[a-z]+$/ }), good: ["a", "abc"], bad: ["", "abcd", "A", 1] },
  { name: "flag", schema: flag, good: [true, false], bad: [0, "true", null] },
  { name: "literal", schema: literal("x"), good: ["x"], bad: ["y", null] },
  { name: "one of", schema: oneOf(["a", "b"]), good: ["a", "b"], bad: ["c", "", 0, "toString"] },
  { name: "either", schema: either(literal(1), flag), good: [1, true], bad: [2, "x"] },
  { name: "list", schema: list(flag, 2), good: [[], [true, false]], bad: [[true, true, true], [1], {}, "ab"] },
  {
    name: "record",
    schema: record(/^[A-Z]+$/, flag, 2),
    good: [{}, { A: true, B: false }],
    bad: [{ a: true }, { A: 1 }, [], { A: true, B: true, C: true }],
  },
  {
    name: "base64",
    schema: base64Bytes(1, 3),
    good: ["AA==", "AAA=", "AAAA"],
    bad: ["", "A", "AA", "AAAAAAAA", "A A=", "____", 5, "AAAAAA=="],
  },
];

for (const { name, schema, good, bad } of cases) {
  Deno.test(`hal schema: ${name} takes what fits and refuses the rest`, () => {
    for (const value of good) assert.deepEqual(check(schema, value), value);
    for (const value of bad) {
      assert.throws(
        () => check(schema, value),
        (error) => error instanceof ProtocolError && error.code === "HAL_BAD_VALUE",
        JSON.stringify(value),
      );
    }
  });
}

Deno.test("hal schema: the message names the place, what was wanted and what was found", () => {
  assert.throws(() => check(object({ a: list(Thing, 2) }), { a: [{ id: 1 }, { id: "7" }] }), {
    message: 'Cannot use value.a[1].id: wanted a whole number from 1 to 10, found "7"',
  });
});

Deno.test("hal schema: a key in the wrong form is never quoted", () => {
  assert.throws(() => check(base64Bytes(32, 32), "c2VjcmV0"), (error: unknown) => !String(error).includes("c2VjcmV0"));
});

Deno.test("hal schema: names from the prototype are not keys", () => {
  assert.throws(() => check(Thing, JSON.parse('{"id":1,"__proto__":{}}')), ProtocolError);
  assert.throws(() => check(Thing, { id: 1, constructor: 1 }), ProtocolError);
});

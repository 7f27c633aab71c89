import { deepEqual } from "node:assert/strict";
import { z } from "zod";
import { readForm } from "./form_input.ts";

const SCHEMA = z.object({
  name: z.string(),
  note: z.string().optional(),
  count: z.number().optional(),
  isOpen: z.boolean().optional(),
  days: z.array(z.string()).optional(),
  level: z.enum(["1", "2"]).default("2"),
});

Deno.test("form input: texts become what the schema wants", () => {
  const cases: readonly [Record<string, string[]>, Record<string, unknown>][] = [
    [{ name: ["a"] }, { name: "a", isOpen: false }],
    [{ name: ["a"], note: [""] }, { name: "a", isOpen: false }],
    [{ count: ["12"], isOpen: ["yes"] }, { count: 12, isOpen: true }],
    [{ count: ["-1.5"] }, { count: -1.5, isOpen: false }],
    [{ count: ["1e9"] }, { count: "1e9", isOpen: false }],
    [{ count: ["0x10"] }, { count: "0x10", isOpen: false }],
    [{ days: ["mon", "tue"] }, { days: ["mon", "tue"], isOpen: false }],
    [{ days: ["mon, tue  wed"] }, { days: ["mon", "tue", "wed"], isOpen: false }],
    [{ days: [""] }, { isOpen: false }],
    [{ level: ["1"], __proto__: ["x"], other: ["y"] }, { level: "1", isOpen: false }],
    [{ name: ["first", "last"] }, { name: "last", isOpen: false }],
  ];
  for (const [form, wanted] of cases) deepEqual(readForm(SCHEMA, form), wanted);
});

Deno.test("form input: the schema still judges what was read", () => {
  const parsed = SCHEMA.safeParse(readForm(SCHEMA, { name: ["a"], count: ["many"], level: ["3"] }));
  deepEqual(parsed.error?.issues.map(({ path }) => path[0]).sort(), ["count", "level"]);
});

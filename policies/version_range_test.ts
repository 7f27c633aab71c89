import { deepEqual, equal } from "node:assert/strict";
import { isWithin, parseRange } from "./version_range.ts";

/** Text of an advisory, versions that it means, versions that it does not. */
const RANGES: readonly (readonly [text: string, inside: readonly string[], outside: readonly string[]])[] = [
  ["<5.33.11-21500", ["5.33.11-21499", "5.22.1-13295", "5.9"], ["5.33.11-21500", "5.33.12", "6"]],
  ["< 1.6.3", ["1.6.2", "0.9"], ["1.6.3", "1.10"]],
  ["<=3.4.0.1", ["3.4.0.1", "3.3"], ["3.4.0.2"]],
  [">=1.0.0|<1.6.3", ["1.0.0", "1.6.2"], ["0.9.9", "1.6.3", "2.0"]],
  [">= 1.0, < 1.6.3", ["1.0", "1.5"], ["0.9", "1.6.3"]],
  [">1.0 and <2.0", ["1.5"], ["1.0", "2.0"]],
  ["vers:generic/<1.6.3", ["1.6.2"], ["1.6.3"]],
  ["vers:intdot/>=1.0|<2.0|>=3.0|<3.5", ["1.0", "1.9", "3.4"], ["0.9", "2.0", "2.5", "3.5"]],
  ["vers:intdot/1.2.3|1.2.5", ["1.2.3", "1.2.5"], ["1.2.4"]],
  ["vers:intdot/>=1.0|!=1.5|<2.0", ["1.4", "1.6"], ["1.5", "2.0"]],
  ["vers:intdot/!=1.5", ["1.4", "9"], ["1.5"]],
  ["vers:generic/%3C1.6.3", ["1.6.2"], ["1.6.3"]],
  ["vers:intdot/>=2.0", ["2.0", "9.9"], ["1.9"]],
  ["vers:all/*", ["0", "9"], []],
  ["vers:intdot/*", ["0", "9"], []],
  ["all versions", ["0", "9.9-rc1"], []],
  ["alle Versionen", ["1"], []],
  ["prior to 1.6.3", ["1.6.2"], ["1.6.3"]],
  ["before version 2.0", ["1.9"], ["2.0"]],
  ["up to and including 3.4", ["3.4", "1"], ["3.5"]],
  ["until 3.4", ["3.4"], ["3.5"]],
  ["3.4 and earlier", ["3.4", "3.3"], ["3.5"]],
  ["1.6.3 and prior versions", ["1.6.3"], ["1.6.4"]],
  ["2.0 and later", ["2.0", "3"], ["1.9"]],
  ["from 2.0", ["2.0", "3"], ["1.9"]],
  ["1.6.3", ["1.6.3", "1.6.03"], ["1.6.2", "1.6.4"]],
  ["version 1.6.3", ["1.6.3"], ["1.6.4"]],
  ["v1.6.3", ["1.6.3"], ["1.6.4"]],
  ["R8 V3.4.0.1", ["R8 V3.4.0.1"], ["R8 V3.4.0.2"]],
  ["< R8 V3.4.0.1", ["R7 V3.9", "R8 V3.3"], ["R8 V3.4.0.1"]],
  ["≤ 2.1", ["2.1"], ["2.2"]],
  ["== 2.1", ["2.1"], ["2.2"]],
];
for (const [text, inside, outside] of RANGES) {
  Deno.test(`version range: "${text}" means ${inside.join(", ")} and not ${outside.join(", ") || "nothing"}`, () => {
    const range = parseRange(text)!;
    deepEqual(inside.filter((version) => !isWithin(version, range)), []);
    deepEqual(outside.filter((version) => isWithin(version, range)), []);
  });
}

const UNREADABLE = [
  ...[
    "",
    "   ",
    "some firmware versions",
    "see the table below",
    "vers:",
    "vers:intdot/",
    "vers:x/%E0%A4%A",
    "<",
    "< all",
  ],
  ...[
    "1.0 | see notes",
    "<1.0,",
    "x".repeat(501),
    Array.from({ length: 33 }, () => "1").join("|"),
    "<<1.0",
    "1.0 to be fixed in 2",
  ],
];
for (const text of UNREADABLE) {
  Deno.test(`version range: nobody knows what "${text.slice(0, 40)}" means`, () => equal(parseRange(text), undefined));
}

Deno.test("version range: as many bounds and characters as the limit are read", () => {
  equal((parseRange(Array.from({ length: 32 }, () => "1").join("|")) as unknown[]).length, 32);
  equal(parseRange(`<1${"0".repeat(498)}`), undefined, "a version of 499 digits is none");
  equal(Array.isArray(parseRange(`<1.0${" ".repeat(496)}`)), true);
});

Deno.test("version range: none of its bounds holds for a version that is no version", () => {
  equal(isWithin("", [{ op: "<", version: "1" }]), true, "what ends is before what goes on with a number");
  equal(isWithin("unknown", [{ op: "=", version: "1.0" }]), false);
  equal(isWithin("1", []), false);
});

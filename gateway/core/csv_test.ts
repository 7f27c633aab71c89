import { equal } from "node:assert/strict";
import { toCsv } from "./csv.ts";

Deno.test("csv: a head and rows, every line ended", () => {
  equal(toCsv(["a", "b"], [["x", 1], [null, true]]), "a,b\r\nx,1\r\n,true\r\n");
  equal(toCsv(["a"], []), "a\r\n");
});

for (
  const [cell, written] of [
    ['say "hi"', '"say ""hi"""'],
    ["a,b", '"a,b"'],
    ["a\nb", '"a\nb"'],
    ["=SUM(A1)", "'=SUM(A1)"],
    ["+1", "'+1"],
    ["-1", "'-1"],
    ["@x", "'@x"],
    ["\tx", "'\tx"],
    ["=a,b", '"\'=a,b"'],
    ["a;=1+1", '"a;\'=1+1"'],
    ["a\r\n=1", '"a\r\n\'=1"'],
    ["\n=1", "\"'\n'=1\""],
    ["\uff1d1", "'\uff1d1"],
    ["a=1;b", '"a=1;b"'],
    ["", ""],
  ] as const
) {
  Deno.test(`csv: ${JSON.stringify(cell)} is harmless in a spreadsheet`, () => {
    equal(toCsv([], [[cell]]), `\r\n${written}\r\n`);
  });
}

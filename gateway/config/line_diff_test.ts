import { deepEqual, equal, ok } from "node:assert/strict";
import { seededRandom } from "../demo/seeded_random.ts";
import { DIFF_LINES, diffLines } from "./line_diff.ts";

Deno.test("line diff: shows what went and came with two lines around, and nothing for equal texts", () => {
  deepEqual(diffLines("a\nb", "a\nb"), []);
  deepEqual(diffLines("1\n2\n3\n4\n5\n6\n7", "1\n2\n3\nfour\n5\n6\n7"), [
    "@@",
    " 2",
    " 3",
    "-4",
    "+four",
    " 5",
    " 6",
    "@@",
  ]);
  deepEqual(diffLines("a\nb", "a\nx\nb"), [" a", "+x", " b"]);
  deepEqual(diffLines("a\nx\nb", "a\nb"), [" a", "-x", " b"]);
  deepEqual(diffLines("", "a"), ["-", "+a"]);
});

Deno.test("line diff: the new text can be made of the old one and the diff, whatever changed", () => {
  const random = seededRandom(7);
  for (let round = 0; round < 200; round++) {
    const make = () =>
      Array.from({ length: Math.floor(random.fraction() * 12) }, () => "abcd"[Math.floor(random.fraction() * 4)]);
    const [before, after] = [make().join("\n"), make().join("\n")];
    const diff = diffLines(before, after).filter((line) => line !== "@@");
    const changed = (sign: string) => diff.filter((line) => line.startsWith(sign)).map((line) => line.slice(1));
    const left = [...before.split("\n")];
    for (const line of changed("-")) left.splice(left.indexOf(line), 1);
    deepEqual([...left, ...changed("+")].sort(), after.split("\n").sort());
  }
});

Deno.test("line diff: a text of the limit is compared, a longer one is only said to differ", () => {
  const lines = (count: number) => Array.from({ length: count }, (_, at) => String(at)).join("\n");
  ok(diffLines(lines(DIFF_LINES), `${lines(DIFF_LINES - 1)}\nnew`).includes("+new"));
  equal(diffLines(lines(DIFF_LINES + 1), "new").length, 1);
});

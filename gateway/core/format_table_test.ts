import { equal } from "node:assert/strict";
import { formatTable } from "./format_table.ts";

const CASES: readonly { name: string; head: string[]; rows: string[][]; text: string }[] = [
  { name: "only a head", head: ["id", "state"], rows: [], text: "id  state" },
  {
    name: "a cell wider than its head",
    head: ["id", "state"],
    rows: [["CP001", "up"]],
    text: "id     state\nCP001  up",
  },
  { name: "a head wider than its cells", head: ["worker", "n"], rows: [["a", "1"]], text: "worker  n\na       1" },
  { name: "empty cells at the end", head: ["a", "b", "c"], rows: [["1", "", ""]], text: "a  b  c\n1" },
  { name: "a row that is shorter than the head", head: ["a", "b"], rows: [["1"], ["2", "x"]], text: "a  b\n1\n2  x" },
];
for (const { name, head, rows, text } of CASES) {
  Deno.test(`table: ${name} is aligned and has no trailing spaces`, () => equal(formatTable(head, rows), text));
}

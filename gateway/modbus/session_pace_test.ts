import { deepEqual } from "node:assert/strict";
import { LinePace } from "./session_pace.ts";

/** What happens to requests, one letter each: a sent, e early answer, r right answer, t time-out, o opened anew. Answers: which e were believed. */
function believed(story: string): boolean[] {
  const pace = new LinePace(), out: boolean[] = [];
  for (const event of story.replaceAll(" ", "")) {
    if (event === "a") pace.asked();
    if (event === "e") out.push(pace.early());
    if (event === "r") pace.answered();
    if (event === "t") pace.timedOut();
    if (event === "o") pace.opened();
  }
  return out;
}

const STORIES: readonly [string, string, boolean[]][] = [
  ["the first early answer is another request's", "ae", [false]],
  ["an early answer before the right one says nothing of the line", "aer aer aer", [false, false, false]],
  ["many early answers to one request are one", "aeee", [false, false, false]],
  ["a second request in a row with nothing but an early answer: the line ignores its speed", "aet ae", [false, true]],
  ["from then on the first one is believed", "aet ae ae ae", [false, true, true, true]],
  ["also after a time-out without any answer", "aet ae at ae", [false, true, true]],
  ["a time-out without an early answer says nothing", "at ae", [false]],
  ["a time-out without one between two is no row", "aet at ae", [false, false]],
  ["a right answer in between ends the row", "aet ar ae", [false, false]],
  ["another adapter is another line", "aet ae o ae", [false, true, false]],
  ["what came early before the line was opened anew does not count", "aet o ae", [false, false]],
];

for (const [name, story, wanted] of STORIES) {
  Deno.test(`modbus line pace: ${name}`, () => deepEqual(believed(story), wanted, story));
}

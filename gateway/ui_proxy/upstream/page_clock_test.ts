import { deepStrictEqual as equal } from "node:assert/strict";
import { PageClock, pageClockOffset } from "./page_clock.ts";

const NOW = Date.UTC(2026, 10, 21, 17, 0, 0);
const headers = (...fields: (readonly [string, ...string[]])[]) =>
  new Map(fields.map(([name, ...values]) => [name, values]));

const CASES: readonly (readonly [string, ReadonlyMap<string, readonly string[]>, number | undefined])[] = [
  ["nothing", headers(), undefined],
  ["the time it is", headers(["date", "Sat, 21 Nov 2026 17:00:00 GMT"]), 0],
  ["a minute ahead", headers(["date", "Sat, 21 Nov 2026 17:01:00 GMT"]), 60],
  ["a day behind", headers(["date", "Fri, 20 Nov 2026 17:00:00 GMT"]), -86_400],
  ["the year in which it was born", headers(["date", "Thu, 01 Jan 1970 00:00:00 GMT"]), -NOW / 1_000],
  ["a time zone of its own", headers(["date", "Sat, 21 Nov 2026 17:00:00 +0100"]), undefined],
  ["an old form", headers(["date", "Saturday, 21-Nov-26 17:00:00 GMT"]), undefined],
  ["words", headers(["date", "now"]), undefined],
  ["a day that is none", headers(["date", "Sat, 99 Nov 2026 17:00:00 GMT"]), undefined],
  ["two times", headers(["date", "Sat, 21 Nov 2026 17:00:00 GMT", "Sat, 21 Nov 2026 17:00:01 GMT"]), undefined],
  ["a time of when it was kept", headers(["date", "Sat, 21 Nov 2026 16:00:00 GMT"], ["age", "3600"]), undefined],
];
for (const [name, given, wanted] of CASES) {
  Deno.test(`page clock: an answer with ${name} gives ${wanted ?? "nothing"}`, () => {
    equal(pageClockOffset(given, NOW), wanted);
  });
}

Deno.test("page clock: it is told when it is new and when it moved, not with every answer", () => {
  const told: number[] = [];
  const clock = new PageClock((offset) => void told.push(offset));
  const date = headers(["date", "Sat, 21 Nov 2026 17:00:00 GMT"]);
  for (const ms of [0, 1_000, 4_000, 5_000, 6_000, 0]) clock.note(date, NOW + ms);
  clock.note(headers(), NOW);
  equal(told, [0, -5, 0]);
});

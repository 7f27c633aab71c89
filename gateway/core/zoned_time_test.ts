import { equal } from "node:assert/strict";
import { momentOfWallTime } from "./zoned_time.ts";

const CASES: readonly [text: string, zone: string, wanted: string][] = [
  ["2026-11-21T09:30", "Europe/Berlin", "2026-11-21T08:30:00.000Z"],
  ["2026-07-21T09:30", "Europe/Berlin", "2026-07-21T07:30:00.000Z"],
  ["2026-07-21T09:30:15", "Europe/Berlin", "2026-07-21T07:30:15.000Z"],
  ["2026-11-21T00:00", "UTC", "2026-11-21T00:00:00.000Z"],
  ["2026-11-21T23:45", "Asia/Kathmandu", "2026-11-21T18:00:00.000Z"],
  ["2026-11-21T20:00", "America/Los_Angeles", "2026-11-22T04:00:00.000Z"],
  ["2026-03-29T01:59", "Europe/Berlin", "2026-03-29T00:59:00.000Z"],
  ["2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:30:00.000Z"], // no clock shows it: read with the offset before
  ["2026-03-29T03:00", "Europe/Berlin", "2026-03-29T01:00:00.000Z"],
  ["2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30:00.000Z"], // shown twice: the first
  ["2026-10-25T03:00", "Europe/Berlin", "2026-10-25T02:00:00.000Z"],
];
for (const [text, zone, wanted] of CASES) {
  Deno.test(`zoned time: ${text} in ${zone} is ${wanted}`, () => {
    equal(new Date(momentOfWallTime(text, zone)!).toISOString(), wanted);
  });
}

Deno.test("zoned time: what is no wall time is none", () => {
  for (
    const text of ["", "soon", "2026-11-21", "2026-11-21T09:30Z", "2026-13-01T00:00", "2026-11-21T25:00", "26-1-1T1:1"]
  ) {
    equal(momentOfWallTime(text, "Europe/Berlin"), undefined, text);
  }
});

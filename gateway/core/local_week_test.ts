import { deepEqual } from "node:assert/strict";
import { createLocalWeek } from "./local_week.ts";

const at = (zone: string, utc: string) => createLocalWeek(zone)(Date.parse(utc));
const minute = (day: number, hour: number, minutes = 0) => (day * 24 + hour) * 60 + minutes;

Deno.test("local week: minutes since Monday 00:00 in the site's zone", () => {
  deepEqual(
    [
      at("UTC", "2026-07-06T00:00:00Z"), // a Monday
      at("UTC", "2026-07-12T23:59:59Z"),
      at("Europe/Berlin", "2026-07-05T22:00:00Z"),
      at("America/New_York", "2026-07-06T03:30:00Z"),
      at("Asia/Kolkata", "2026-07-06T18:30:00Z"),
    ],
    [minute(0, 0), minute(6, 23, 59), minute(0, 0), minute(6, 23, 30), minute(1, 0)],
  );
});

Deno.test("local week: daylight saving moves the hour, in both directions", () => {
  deepEqual([at("Europe/Berlin", "2026-03-29T00:59:00Z"), at("Europe/Berlin", "2026-03-29T01:00:00Z")], [
    minute(6, 1, 59),
    minute(6, 3),
  ]);
  deepEqual([at("Europe/Berlin", "2026-10-25T00:30:00Z"), at("Europe/Berlin", "2026-10-25T01:30:00Z")], [
    minute(6, 2, 30),
    minute(6, 2, 30),
  ]);
});

Deno.test("local week: one that is asked again and again, also backwards, answers as a new one does", () => {
  const week = createLocalWeek("Europe/Berlin");
  const start = Date.parse("2026-10-25T00:00:00Z");
  for (const seconds of [0, 59, 60, 61, 3_600, 3_599, 7_200, 0]) {
    const now = start + seconds * 1_000;
    deepEqual(week(now), createLocalWeek("Europe/Berlin")(now));
  }
});

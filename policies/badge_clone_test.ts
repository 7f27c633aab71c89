import { deepEqual, equal } from "node:assert/strict";
import { type BadgeUse, CLONE_TIMES, happenedAt, isCarried, suspectClone } from "./badge_clone.ts";

const NOON = Date.UTC(2026, 10, 21, 12), MINUTE = 60_000, HOUR = 60 * MINUTE;
const iso = (at: number) => new Date(at).toISOString();

const TIMES: readonly (readonly [what: string, time: string | undefined, at: number, isLate: boolean])[] = [
  ["none", undefined, NOON, false],
  ["no time", "soon", NOON, false],
  ["now", iso(NOON), NOON, false],
  ["as late as a live message may be", iso(NOON - CLONE_TIMES.lateMs), NOON, false],
  ["a millisecond later", iso(NOON - CLONE_TIMES.lateMs - 1), NOON - CLONE_TIMES.lateMs - 1, true],
  ["hours later", iso(NOON - 5 * HOUR), NOON - 5 * HOUR, true],
  ["as old as is believed", iso(NOON - CLONE_TIMES.oldestMs), NOON - CLONE_TIMES.oldestMs, true],
  ["older: its clock started anew", iso(NOON - CLONE_TIMES.oldestMs - 1), NOON, false],
  ["1970", "1970-01-01T00:00:10Z", NOON, false],
  ["a little ahead", iso(NOON + CLONE_TIMES.aheadMs), NOON, false],
  ["years ahead", "2099-01-01T00:00:00Z", NOON, false],
  ["with an offset", "2026-11-21T08:00:00+01:00", NOON - 5 * HOUR, true],
];
for (const [what, time, at, isLate] of TIMES) {
  Deno.test(`badge clone: a station that writes ${what} (${time}) means ${iso(at)}`, () =>
    deepEqual(happenedAt(NOON, Date.parse(time ?? "")), { at, isLate }));
}

const live = (stationId: string, from: number, to?: number, place = stationId): BadgeUse => ({
  ...{ stationId, place, from, isLate: false, seenAt: from },
  ...to === undefined ? {} : { to },
});
const late = (stationId: string, from: number, to: number | undefined, seenAt = NOON): BadgeUse => ({
  ...{ stationId, place: stationId, from, isLate: true, seenAt },
  ...to === undefined ? {} : { to },
});

const SUSPECTED: readonly (readonly [what: string, use: BadgeUse, other: BadgeUse, kind: string | undefined])[] = [
  ["both charge", live("B", NOON), live("A", NOON - HOUR), "two-places"],
  ["both began this second", live("B", NOON), live("A", NOON), "two-places"],
  ["the first has ended", live("B", NOON), live("A", NOON - HOUR, NOON - 1), undefined],
  ["one station, two connectors", live("A", NOON), live("A", NOON - HOUR), undefined],
  ["two parts of one unit", live("A2", NOON, undefined, "bay"), live("A1", NOON - HOUR, undefined, "bay"), undefined],
  [
    "a use that was told hours later, in the middle of another",
    late("B", NOON - 3 * HOUR, NOON - 2 * HOUR),
    live("A", NOON - 4 * HOUR, NOON - HOUR),
    "impossible-order",
  ],
  [
    "a use that was told hours later, before the one that runs",
    late("B", NOON - 3 * HOUR, NOON - 2 * HOUR),
    live("A", NOON - HOUR),
    undefined,
  ],
  [
    "a use that was told later and reached into the one that runs",
    late("B", NOON - 3 * HOUR, NOON - MINUTE / 2),
    live("A", NOON - HOUR),
    "impossible-order",
  ],
  [
    "an overlap as long as clocks may differ",
    late("B", NOON - 3 * HOUR, NOON - 2 * HOUR + CLONE_TIMES.overlapMs),
    live("A", NOON - 2 * HOUR, NOON - HOUR),
    undefined,
  ],
  [
    "a millisecond more",
    late("B", NOON - 3 * HOUR, NOON - 2 * HOUR + CLONE_TIMES.overlapMs + 1),
    live("A", NOON - 2 * HOUR, NOON - HOUR),
    "impossible-order",
  ],
  ["a late begin whose end may come yet", late("B", NOON - 3 * HOUR, undefined), live("A", NOON - HOUR), undefined],
  [
    "a late begin whose end had time to come",
    late("B", NOON - 3 * HOUR, undefined, NOON - CLONE_TIMES.patienceMs),
    live("A", NOON - HOUR),
    "two-places",
  ],
  [
    "the other is a late begin whose end may come yet",
    live("A", NOON - HOUR, NOON),
    late("B", NOON - 3 * HOUR, undefined),
    undefined,
  ],
  [
    "two that were both told later",
    late("B", NOON - 3 * HOUR, NOON - 2 * HOUR),
    late("A", NOON - 4 * HOUR, NOON - 2 * HOUR),
    "impossible-order",
  ],
];
for (const [what, use, other, kind] of SUSPECTED) {
  Deno.test(`EV-24 badge clone: ${what}: ${kind ?? "no suspicion"}`, () =>
    deepEqual(suspectClone(use, [other], NOON), kind && { kind, elsewhere: other.stationId }));
}

Deno.test("badge clone: nobody else, nothing to suspect; of several the first that cannot be is named", () => {
  equal(suspectClone(live("B", NOON), [], NOON), undefined);
  const others = [live("A", NOON - HOUR, NOON - MINUTE), live("C", NOON - HOUR), live("D", NOON - HOUR)];
  deepEqual(suspectClone(live("B", NOON), others, NOON), { kind: "two-places", elsewhere: "C" });
});

Deno.test("badge clone: what somebody carries counts, codes and tokens of apps do not; 1.6 has no types", () => {
  for (const type of ["ISO14443", "ISO15693", "eMAID", "MacAddress", "VIN", "EVCCID", undefined]) {
    equal(isCarried(type), true);
  }
  for (const type of ["Central", "Local", "KeyCode", "NoAuthorization", "DirectPayment", ""]) {
    equal(isCarried(type), false);
  }
});

import { deepStrictEqual as equal, match } from "node:assert/strict";
import type { BoxClockState } from "./box_clock.ts";
import type { StationClock } from "./station_clocks.ts";
import { describeBoxClock, timeCommands } from "./time_commands.ts";

const REPORT: NonNullable<BoxClockState["report"]> = {
  ageSeconds: 10,
  tracking: { stratum: 3, offsetSeconds: 0.001_5, leap: "Normal" },
  sources: [
    {
      ...{ host: "time.example", state: "selected", isReachable: true, offsetSeconds: -0.002 },
      nts: { cookies: 8, attempts: 0 },
    },
    { host: "10.99.0.5", state: "not-combined", isReachable: true, offsetSeconds: 0.5 },
  ],
};
const FOLLOWING: BoxClockState = { state: "following", why: "it follows time.example", report: REPORT };
const RIGHT: StationClock = { station: "CP001", offsetSeconds: 1, verdict: { state: "right" } };
const OFF: StationClock = {
  station: "CP002",
  offsetSeconds: 95,
  verdict: { state: "off", detail: "its clock is off" },
};

const LINES: readonly (readonly [string, BoxClockState | undefined, RegExp])[] = [
  ["left alone", undefined, /left alone \(no time: in site\.yaml\)/],
  ["following", FOLLOWING, /^The box's clock: it follows time\.example, 1\.500 ms off\.$/],
  [
    "following without figures",
    { ...FOLLOWING, report: { ...REPORT, tracking: undefined } as never },
    /time\.example\.$/,
  ],
  ["following by a report of two minutes", { ...FOLLOWING, report: { ...REPORT, ageSeconds: 120 } }, /off\.$/],
  [
    "following by an older report",
    { ...FOLLOWING, report: { ...REPORT, ageSeconds: 121 } },
    /as of 12\d seconds ago|as of 2 minutes ago/,
  ],
  ["its own", { state: "own", why: "no server is configured" }, /is its own: no server is configured\.$/],
  ["lost", { state: "lost", why: "a is unreachable" }, /^THE BOX'S CLOCK FOLLOWS NOBODY: a is unreachable\.$/],
  ["unknown", { state: "unknown", why: "hald is away" }, /^Nothing is known of the box's clock: hald is away\.$/],
];
for (const [name, box, line] of LINES) {
  Deno.test(`time status: a clock that is ${name} in one line`, () => match(describeBoxClock(box), line));
}

async function status(box: BoxClockState | undefined, stations: readonly StationClock[]) {
  let looks = 0;
  const commands = timeCommands({ box: () => box, stations: () => stations }, () => Promise.resolve(void looks++));
  return { ...await commands["time status"]!({}, "eva"), looks };
}

Deno.test("time status: servers with their proof, stations with their clocks, after a fresh look", async () => {
  const { text, looks, data } = await status(FOLLOWING, [OFF, RIGHT]);
  equal(looks, 1);
  match(text, /time\.example +selected +-2\.000 ms +NTS, 8 cookies/);
  match(text, /10\.99\.0\.5 +not-combined +500\.000 ms +not proven/);
  match(text, /CP002 +95 s +its clock is off/);
  match(text, /CP001 +1 s +right/);
  equal((data as { stations: unknown[] }).stations.length, 2);
});

const GOOD: readonly (readonly [string, BoxClockState | undefined, readonly StationClock[], boolean])[] = [
  ["all is right", FOLLOWING, [RIGHT], true],
  ["nothing is known of stations", FOLLOWING, [], true],
  ["the clock is left alone", undefined, [RIGHT], true],
  ["the clock is its own, as configured", { state: "own", why: "" }, [], true],
  ["a station is off", FOLLOWING, [OFF, RIGHT], false],
  ["the servers are lost", { state: "lost", why: "" }, [], false],
  ["nothing is known of the clock", { state: "unknown", why: "" }, [], false],
];
for (const [name, box, stations, ok] of GOOD) {
  Deno.test(`time status: ends ${ok ? "well" : "badly"} when ${name}`, async () =>
    equal((await status(box, stations)).ok, ok));
}

Deno.test("time status: says so when no station has shown its clock", async () => {
  match((await status(undefined, [])).text, /No station has shown its clock yet/);
  equal((await status(undefined, [])).data, { box: null, stations: [] });
});

import { deepEqual, equal, throws } from "node:assert/strict";
import { list, readHours, readMinutes, readPlan, readRings } from "./plan_input.ts";

const INVALID = (error: { code?: string; hint?: string; message: string }, text: string) =>
  error.code === "FIRMWARE_CAMPAIGN_INVALID" && (error.hint ?? "") !== "" && error.message.includes(text);

Deno.test("campaign plan: absent options get defaults that suit a garage, and end with all units", () => {
  const plan = readPlan({}, "5.33.11");
  deepEqual(plan, {
    version: "5.33.11",
    rings: [
      { name: "canary", size: { ofEachModel: 1 }, soakMinutes: 1_440 },
      { name: "early", size: { upToPercent: 25 }, soakMinutes: 240 },
      { name: "rest", size: { upToPercent: 100 }, soakMinutes: 0 },
    ],
    maxParallelUnits: 4,
    maxConnectorsOutPercent: 25,
    stopAfter: { failures: 3, percent: 20 },
    attempts: 2,
    retryMinutes: 15,
    downloadMinutes: 120,
    confirmMinutes: 45,
    healthyMinutes: 15,
    exclude: [],
    pins: {},
  });
});

Deno.test("campaign plan: every option is read", () => {
  const plan = readPlan({
    ...{ rings: "one:2:90s:hold; all:100%", parallel: "7", "out-percent": "100", "stop-failures": "1" },
    ...{ "stop-percent": "50", attempts: "3", retry: "1m", load: "1d", confirm: "20m", healthy: "0s", from: "5.20" },
    ...{ "download-hours": "08:00-20:00", "install-hours": "sat,sun 22:00-06:00", reports: "R8 V3.4.0.2" },
    ...{ exclude: "bay-1, bay-2,bay-1", pin: "bay-3=5.22.1,bay-4=5.20.2" },
  }, "5.33.11");
  equal(plan.version, "R8 V3.4.0.2");
  deepEqual(plan.rings[0], { name: "one", size: { ofEachModel: 2 }, soakMinutes: 1.5, hold: true });
  deepEqual(plan.downloadHours, { from: "08:00", to: "20:00" });
  deepEqual(plan.installHours, { from: "22:00", to: "06:00", days: ["sat", "sun"] });
  deepEqual([plan.floor, plan.healthyMinutes, plan.downloadMinutes], ["5.20", 0, 1_440]);
  deepEqual(plan.exclude, ["bay-1", "bay-2"]);
  deepEqual(plan.pins, { "bay-3": "5.22.1", "bay-4": "5.20.2" });
});

const NUMBERS: readonly [option: string, good: readonly string[], bad: readonly string[]][] = [
  ["parallel", ["1", "1000"], ["0", "1001", "-1", "1.5", "", "many", "1e3"]],
  ["out-percent", ["1", "100"], ["0", "101", "25%"]],
  ["stop-failures", ["1", "5000"], ["0", "5001"]],
  ["stop-percent", ["1", "100"], ["0", "101"]],
  ["attempts", ["1", "10"], ["0", "11"]],
];
for (const [option, good, bad] of NUMBERS) {
  Deno.test(`campaign plan: --${option} at its limits and one past them`, () => {
    for (const text of good) readPlan({ [option]: text }, "1");
    for (const text of bad) {
      throws(() => readPlan({ [option]: text }, "1"), (error: never) => INVALID(error, `"${text}"`));
    }
  });
}

Deno.test("campaign plan: times are a number and a unit, up to 60 days", () => {
  deepEqual(["30s", "15m", "4h", "2d", "0m", "60d"].map((text) => readMinutes("x", text)), [
    0.5,
    15,
    240,
    2_880,
    0,
    86_400,
  ]);
  for (const text of ["", "15", "m", "-1m", "1.5h", "61d", "1w", "15 m", "9999999s"]) {
    throws(() => readMinutes("--confirm", text), (error: never) => INVALID(error, `--confirm "${text}"`));
  }
});

Deno.test("campaign plan: rings that are not understood are named", () => {
  const bad: readonly [text: string, named: string][] = [
    ["", '--rings ""'],
    ["a:1", "leaves units out"],
    ["a:50%", "leaves units out"],
    ["a:0;b:100%", 'Ring "a:0"'],
    ["a:101%", 'Ring "a:101%"'],
    ["a:x;b:100%", 'Ring "a:x"'],
    ["A:1;b:100%", 'Ring "A:1"'],
    ["a:1:10;b:100%", "soak of ring a"],
    ["a:1:10m:wait;b:100%", 'Ring "a:1:10m:wait"'],
    ["a:1:10m:hold:more;b:100%", "Ring"],
    ["a:1;a:100%", "names a ring twice"],
    [Array.from({ length: 11 }, (_, at) => `r${at}:100%`).join(";"), "names 11 rings"],
  ];
  for (const [text, named] of bad) throws(() => readRings(text), (error: never) => INVALID(error, named), text);
  equal(readRings(Array.from({ length: 10 }, (_, at) => `r${at}:100%`).join(";")).length, 10);
});

Deno.test("campaign plan: hours that are not understood are named", () => {
  equal(readHours("x", undefined), undefined);
  deepEqual(readHours("x", "00:00-24:00"), { from: "00:00", to: "24:00" });
  for (
    const text of [
      "",
      "22-6",
      "22:00",
      "25:00-06:00",
      "22:60-06:00",
      "06:00-06:00",
      "monday 1:00-2:00",
      "xyz 01:00-02:00",
    ]
  ) {
    throws(() => readHours("--install-hours", text), (error: never) => INVALID(error, `--install-hours "${text}"`));
  }
});

Deno.test("campaign plan: pins that are not understood are named", () => {
  for (const text of ["bay", "bay=", "=1", "bay=1=2"]) {
    throws(() => readPlan({ pin: text }, "1"), (error: never) => INVALID(error, `--pin "${text}"`));
  }
});

Deno.test("campaign plan: lists have no doubles and no empty names", () => {
  deepEqual(list(undefined), []);
  deepEqual(list(" a,, b ,a"), ["a", "b"]);
});

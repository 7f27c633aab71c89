import { deepStrictEqual as equal } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import type { TimeReport, TimeSettings } from "../../hal/time_service.ts";
import { nullLogger } from "../core/log.ts";
import { nullMetrics } from "../core/metrics.ts";
import { BoxClock, type BoxClockContext } from "./box_clock.ts";
import { TIME_LIMITS } from "./limits.ts";

const SETTINGS: TimeSettings = {
  servers: [{ host: "time.example", nts: true }],
  serve: ["10.20.0.0/24"],
  realTimeClock: true,
};
const NTS = { cookies: 8, attempts: 0 };
const SERVER: TimeReport["sources"][number] = {
  host: "time.example",
  state: "selected",
  isReachable: true,
  offsetSeconds: 0.001,
  nts: NTS,
};
const GOOD: TimeReport = {
  ageSeconds: 10,
  tracking: { stratum: 3, offsetSeconds: 0.002, leap: "Normal" },
  sources: [SERVER],
};
const LONG_MS = TIME_LIMITS.reportSeconds * 1_000;

/** The watch over a hald that says what the test says. */
function rig(settings = SETTINGS) {
  const time = new ManualTime();
  const alarms = new Map<string, string>();
  const audited: unknown[] = [];
  const hald = { applied: [] as TimeSettings[], isChanged: true, report: GOOD as TimeReport | Error };
  const context = {
    clock: time,
    log: nullLogger,
    metrics: nullMetrics,
    audit: { record: (event: unknown) => Promise.resolve(audited.push(event)) },
    alarms: {
      raise: ({ kind, subject, detail = "" }: { kind: string; subject: string; detail?: string }) =>
        Promise.resolve(void alarms.set(`${kind} ${subject}`, detail)),
      clear: (kind: string, subject: string) => Promise.resolve(void alarms.delete(`${kind} ${subject}`)),
    },
  } as unknown as BoxClockContext;
  const clock = new BoxClock(context, {
    apply: (wanted) => {
      hald.applied.push(wanted);
      return Promise.resolve({ isChanged: hald.isChanged });
    },
    report: () => hald.report instanceof Error ? Promise.reject(hald.report) : Promise.resolve(hald.report),
  }, settings);
  return { time, alarms, audited, hald, clock, context };
}

Deno.test("box clock: chrony is told once, and again after a change; only a change is audited", async () => {
  const { clock, hald, audited } = rig();
  await clock.look();
  await clock.look();
  equal([hald.applied, audited.length], [[SETTINGS], 1]);
  hald.isChanged = false;
  const next = { ...SETTINGS, serve: [] };
  clock.configure(next);
  await clock.look();
  equal([hald.applied.at(-1), audited.length], [next, 1]);
});

Deno.test("box clock: two who look at the same time tell chrony once, and one record is made", async () => {
  const { clock, hald, audited, alarms, context } = rig();
  await Promise.all([clock.look(), clock.look(), clock.look()]);
  equal([hald.applied.length, audited.length, clock.current.state, alarms.size], [1, 1, "following", 0]);
  const clear = context.alarms.clear;
  context.alarms.clear = () => Promise.reject(new Error("the disk is full"));
  equal((await Promise.allSettled([clock.look()])).map(({ status }) => status), ["rejected"]);
  context.alarms.clear = clear;
  await clock.look(); // a look that failed is no reason not to look again
});

Deno.test("box clock: following, and whom", async () => {
  const { clock, alarms } = rig();
  await clock.look();
  equal([clock.current.state, clock.current.why, alarms.size], ["following", "it follows time.example", 0]);
});

Deno.test("box clock: a lost server is an alarm after a while and no longer than it lasts", async () => {
  const { clock, alarms, hald, time } = rig();
  hald.report = { ...GOOD, sources: [{ ...SERVER, state: "unreachable" }] };
  await clock.look();
  time.advance(LONG_MS - 1);
  await clock.look();
  equal([clock.current.state, alarms.size], ["lost", 0]);
  time.advance(1);
  await clock.look();
  equal([...alarms], [["time.servers.lost gateway", "time.example is unreachable"]]);
  hald.report = GOOD;
  await clock.look();
  equal(alarms.size, 0);
});

const SILENT: readonly [what: string, report: TimeReport | Error, why: RegExp][] = [
  ["hald is away", new Error("hald does not answer"), /hald does not answer/],
  ["the report is old", { ...GOOD, ageSeconds: TIME_LIMITS.reportSeconds + 1 }, /181 seconds old/],
  ["the report is empty", { ageSeconds: 1, sources: [] }, /says nothing/],
];

for (const [what, report, why] of SILENT) {
  Deno.test(`box clock: nothing is known while ${what}; an alarm after a while`, async () => {
    const { clock, alarms, hald, time } = rig();
    hald.report = report;
    await clock.look();
    equal([clock.current.state, why.test(clock.current.why), alarms.size], ["unknown", true, 0]);
    time.advance(LONG_MS);
    await clock.look();
    equal([...alarms.keys()], ["time.service.silent gateway"]);
  });
}

Deno.test("box clock: a report at the limit of its age still counts", async () => {
  const { clock, hald } = rig();
  hald.report = { ...GOOD, ageSeconds: TIME_LIMITS.reportSeconds };
  await clock.look();
  equal(clock.current.state, "following");
});

Deno.test("box clock: a server that cannot be proven is an alarm of its own, per server", async () => {
  const { clock, alarms, hald } = rig();
  const other = { ...SERVER, host: "other.example", state: "combined" as const };
  const with_ = (first: typeof NTS, second: typeof NTS) => {
    hald.report = { ...GOOD, sources: [{ ...SERVER, nts: first }, { ...other, nts: second }] };
    return clock.look();
  };
  await with_({ cookies: 0, attempts: 1 }, NTS);
  equal([...alarms], [["time.server.unproven time.example", "1 key exchanges in vain, 0 cookies left"]]);
  await with_({ cookies: 0, attempts: 2 }, { cookies: 8, attempts: 3 });
  equal([...alarms.keys()], ["time.server.unproven time.example", "time.server.unproven other.example"]);
  await with_(NTS, { cookies: 8, attempts: 3 });
  equal([...alarms.keys()], ["time.server.unproven other.example"]);
  await with_(NTS, { cookies: 8, attempts: 2 });
  equal(alarms.size, 0);
});

Deno.test("box clock: without servers it is its own, without hald nothing is known, and neither is an alarm", async () => {
  const own = rig({ ...SETTINGS, servers: [] });
  own.time.advance(LONG_MS);
  await own.clock.look();
  equal([own.clock.current.state, own.alarms.size], ["own", 0]);
  const { context, alarms, time } = rig();
  const alone = new BoxClock(context, undefined, SETTINGS);
  await alone.look();
  time.advance(LONG_MS);
  await alone.look();
  equal([alone.current.state, alarms.size], ["unknown", 0]);
});

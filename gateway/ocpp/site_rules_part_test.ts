import { deepEqual, equal } from "node:assert/strict";
import type { RecordedStation } from "../../policies/recorded_message.ts";
import { FakeControl, workerContext } from "../../tests/support/ocpp_rig.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { parseFrame } from "./codec.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { Reporter } from "./reporter.ts";
import { siteRulesPart } from "./site_rules_part.ts";

const RULES = [{ id: "all", effect: "allow", because: "x" }] as const;

/** Control that keeps what it is handed; one that is gone refuses. */
class RecordingControl extends FakeControl {
  readonly recorded: RecordedStation[] = [];

  constructor() {
    super(() => ({ admit: false, rule: "x", status: 404 }));
    const { call, notify } = this;
    // deno-lint-ignore no-explicit-any
    this.notify = ((method: any, args: any) => {
      if (method === "policy.recorded") this.recorded.push(...args.stations);
      else notify(method, args);
    }) as typeof notify;
    // deno-lint-ignore no-explicit-any
    this.call = (async (method: any, args: any) => {
      if (method !== "policy.recorded" || this.isGone) return await call(method, args);
      this.recorded.push(...args.stations);
    }) as typeof call;
  }
}

function rig() {
  const time = new ManualTime();
  const control = new RecordingControl();
  const context = { ...workerContext(control, []), clock: time };
  const { rules, part } = siteRulesPart({ context, reporter: new Reporter(context) });
  const heartbeat = (id: string) =>
    rules.judgeOf({ station: { id }, csms: "main" }, "ocpp1.6").judge("station", parseFrame(`[2,"1","Heartbeat",{}]`));
  // deno-lint-ignore no-explicit-any
  const ask = (method: "policy.recording" | "policy.rules") => part.handlers![method]!({}) as any;
  return { time, control, part, heartbeat, ask, config: context.config };
}

Deno.test("site rules part: hands over each station after its period, a few at a time", () => {
  const { time, control, part, heartbeat } = rig();
  for (let i = 0; i <= OCPP_LIMITS.recordedPerSweep; i++) heartbeat(`S${i}`);
  part.tick!();
  equal(control.recorded.length, 0);
  time.advance(OCPP_LIMITS.recordPeriodMs);
  part.tick!();
  equal(control.recorded.length, OCPP_LIMITS.recordedPerSweep);
  part.tick!();
  equal(control.recorded.length, OCPP_LIMITS.recordedPerSweep + 1);
});

Deno.test("site rules part: control may ask for all at once, page by page", () => {
  const { heartbeat, ask } = rig();
  for (let i = 0; i <= OCPP_LIMITS.recordedPerSweep; i++) heartbeat(`S${i}`);
  deepEqual([ask("policy.recording").more, ask("policy.recording").more], [true, false]);
  deepEqual(ask("policy.recording"), { stations: [], more: false });
});

Deno.test("site rules part: says which rules are in force, also after a change", () => {
  const { part, ask, config } = rig();
  deepEqual(ask("policy.rules"), { rules: null, mode: "enforce" });
  part.reconfigure!({ ...config, siteRules: { rules: RULES, mode: "observe", timeZone: "UTC" } });
  deepEqual(ask("policy.rules"), { rules: RULES, mode: "observe", timeZone: "UTC" });
});

Deno.test("site rules part: draining hands over the rest, and a control that is gone holds nothing up", async () => {
  const { control, part, heartbeat } = rig();
  heartbeat("CP001");
  await part.drain!(1_000);
  equal(control.recorded.length, 1);
  heartbeat("CP001");
  control.isGone = true;
  await part.drain!(1_000);
  equal(control.recorded.length, 1);
});

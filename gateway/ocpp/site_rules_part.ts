import type { RecordedStation } from "../../policies/recorded_message.ts";
import type { Json } from "../core/control_api.ts";
import { describeError } from "../core/errors.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { MessageRecorder } from "./message_recorder.ts";
import type { RelayPart, RelayPartTools } from "./relay_parts.ts";
import { RulesAlarm } from "./rules_alarm.ts";
import { SiteRules } from "./site_rules.ts";

/** The site's rules of a Worker, and the part that keeps them current and hands the recording over to control. */
export function siteRulesPart(
  { context, reporter }: Pick<RelayPartTools, "context" | "reporter">,
): { rules: SiteRules; part: RelayPart } {
  const recorder = new MessageRecorder(context.clock);
  const rules = new SiteRules(context.clock, recorder, context.config.siteRules);
  const { recordPeriodMs, recordedPerSweep } = OCPP_LIMITS;
  const alarm = new RulesAlarm(reporter, context.clock);
  let inForce = context.config.siteRules;
  const part: RelayPart = {
    observer: alarm.observer,
    handlers: {
      "policy.rules": () => ({
        rules: (inForce?.rules ?? null) as unknown as Json,
        mode: inForce?.mode ?? "enforce",
        ...inForce && { timeZone: inForce.timeZone },
      }),
      "policy.recording": () => ({ stations: asJson(recorder.take(0, recordedPerSweep)), more: recorder.size > 0 }),
    },
    reconfigure: ({ siteRules }) => {
      rules.configure(siteRules);
      inForce = siteRules;
    },
    tick: () => {
      alarm.tick();
      const stations = recorder.take(recordPeriodMs, recordedPerSweep);
      if (stations.length > 0) context.control.notify("policy.recorded", { stations: asJson(stations) });
    },
    drain: async () => {
      alarm.drain();
      try {
        while (recorder.size > 0) {
          const stations = asJson(recorder.take(0, recordedPerSweep));
          await context.control.call("policy.recorded", { stations });
        }
      } catch (error) {
        context.log.warn("ocpp.recording.lost", { msg: describeError(error) }); // a convenience, no reason to hang
      }
    },
  };
  return { rules, part };
}

function asJson(stations: readonly RecordedStation[]): Json {
  return stations as unknown as Json;
}

import { decideQuarantined, QUARANTINE_RULES } from "../../policies/ocpp_quarantine.ts";
import { OCPP_LIMITS } from "./limits.ts";
import type { RelayPart, RelayPartTools } from "./relay_parts.ts";
import type { CallVerdict, Judge } from "./session.ts";

/**
 * Stations that proved only the password of their factory (A00.FR.806, facts O-21): the gateway answers their boot with
 * Pending, lets nothing but their security through, and tells control, which gives them a password of their own.
 */
export function quarantinePart({ context }: Pick<RelayPartTools, "context">): RelayPart {
  return {
    judging: (judge, _version, _stationId, admission) => admission?.quarantine ? quarantined(judge) : judge,
    takers: {
      [QUARANTINE_RULES.boot]: async ({ options: { stationId } }) => {
        const { control, clock } = context;
        await control.call("stations.quarantined", { stationId });
        // A station takes its time from this answer: none is better than a wrong one. Its password is renewed either way.
        if (!(await control.call("outage.clock", {})).isTrusted) {
          return { code: "GenericError", description: "The gateway does not know the time yet" };
        }
        const currentTime = new Date(clock.now()).toISOString();
        return { payload: { currentTime, interval: OCPP_LIMITS.quarantineBootSeconds, status: "Pending" } };
      },
    },
  };
}

/** A judge that decides by quarantine first; what passes there is judged as ever. */
export function quarantined(judge: Judge): Judge {
  return {
    call: (from, frame, state): CallVerdict => {
      const decision = decideQuarantined(from, frame.action);
      switch (decision.effect) {
        case "allow":
          return judge.call(from, frame, state);
        case "take":
          return { pass: false, take: true, rule: decision.rule };
        case "deny":
          return { pass: false, rule: decision.rule, code: "SecurityError", reason: decision.reason };
      }
    },
    result: (action, frame) => judge.result(action, frame),
  };
}

import type { OcppFrame } from "./codec.ts";
import type { Side } from "./effects.ts";
import type { RelayPart, RelayPartTools } from "./relay_parts.ts";
import type { Judge } from "./session.ts";

/** Rule of a CALL that the gateway answers for a station that it would freeze (Q21). */
export const CANNED_RULE = "ocpp.quirk";

const REJECTED = Object.freeze({ payload: Object.freeze({ status: "Rejected" }) });

/** A judge that keeps CALLs from a station whose quirks say that they freeze it. What the judge itself refuses stays refused. */
export function withCannedAnswers(judge: Judge, quirks: readonly string[]): Judge {
  if (!NAMES.some((name) => quirks.includes(name))) return judge;
  const watch = new TransactionWatch();
  return {
    call(from, frame, state) {
      const verdict = judge.call(from, frame, state);
      if (verdict.pass || verdict.take) watch.see(from, frame);
      const isCanned = verdict.pass && from === "csms" && freezes(quirks, frame, watch.isCharging);
      return isCanned ? { pass: false, take: true, rule: CANNED_RULE } : verdict;
    },
    result: (action, frame) => judge.result(action, frame),
  };
}

const NAMES = ["keep-availability", "keep-ping-interval", "no-profile-before-start"];

/** Whether a CALL of the CSMS is one that must not reach the station. */
export function freezes(quirks: readonly string[], { action, payload }: OcppFrame, isCharging: boolean): boolean {
  switch (action) {
    case "ChangeAvailability":
      return quirks.includes("keep-availability");
    case "ChangeConfiguration":
      return quirks.includes("keep-ping-interval") && isPingInterval(field(payload, "key"));
    case "SetVariables": {
      const names = variables(payload).map((item) => field(field(item, "variable"), "name"));
      // With another variable beside it the CALL passes: half an answer would be a lie.
      return quirks.includes("keep-ping-interval") && names.length > 0 && names.every(isPingInterval);
    }
    case "SetChargingProfile": {
      const profile = field(payload, "csChargingProfiles") ?? field(payload, "chargingProfile");
      const isTx = field(profile, "chargingProfilePurpose") === "TxProfile";
      return quirks.includes("no-profile-before-start") && isTx && !isCharging;
    }
    default:
      return false;
  }
}

/** The answer in the station's place, in the words of its version. */
export function cannedAnswer({ action, payload }: OcppFrame): { readonly payload: unknown } {
  if (action !== "SetVariables") return REJECTED;
  const setVariableResult = variables(payload).map((item) => ({
    attributeStatus: "Rejected",
    component: field(item, "component"),
    variable: field(item, "variable"),
  }));
  return { payload: { setVariableResult } };
}

/** Answers the CALLs that `withCannedAnswers` takes, and records each. */
export function cannedAnswersPart({ reporter }: Pick<RelayPartTools, "reporter">): RelayPart {
  return {
    takers: {
      [CANNED_RULE]: (relay, _from, frame) => {
        const { stationId, csms } = relay.options;
        reporter.auditRepeating({
          event: "ocpp.message.answered",
          class: "operation",
          who: csms,
          target: stationId,
          outcome: "ok",
          rule: CANNED_RULE,
          detail: { action: frame.action.slice(0, 64), why: "a quirk of the station: this message freezes it" },
        });
        return Promise.resolve(cannedAnswer(frame));
      },
    },
  };
}

/** Whether a transaction was seen running; a message of any of them is enough. */
class TransactionWatch {
  #running = 0;

  get isCharging(): boolean {
    return this.#running > 0;
  }

  see(from: Side, { action, payload }: OcppFrame): void {
    if (from !== "station") return;
    if (action === "StartTransaction" || field(payload, "eventType") === "Started") this.#running++;
    else if (action === "StopTransaction" || field(payload, "eventType") === "Ended") {
      this.#running = Math.max(0, this.#running - 1);
    } else if (isAboutTransaction(action, payload)) this.#running = Math.max(1, this.#running);
  }
}

function isAboutTransaction(action: string, payload: unknown): boolean {
  if (action === "TransactionEvent") return true;
  return action === "MeterValues" && typeof field(payload, "transactionId") === "number";
}

function variables(payload: unknown): readonly unknown[] {
  const data = field(payload, "setVariableData");
  return Array.isArray(data) ? data : [];
}

/** Keys of 1.6 are case-insensitive. */
function isPingInterval(name: unknown): boolean {
  return typeof name === "string" && name.trim().toLowerCase() === "websocketpinginterval";
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

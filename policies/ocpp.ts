import type { Decision } from "./decision.ts";

/** How strictly a station's messages are held to their schema. */
export type ValidationMode = "observe" | "enforce" | "enforce-known-actions";

/** What is known of one CALL or SEND when it is judged. Plain data: any decision can be replayed. */
export interface OcppCallFacts {
  /** Who sent it. */
  readonly from: "station" | "csms";
  readonly version: "ocpp1.6" | "ocpp2.0.1" | "ocpp2.1";
  /** Action as sent; a signed message ("X-Signed") is judged as X (LC8). */
  readonly action: string;
  readonly validation: ValidationMode;
  /** "ok", "unknown-action" when the version has no such action, "invalid" with the reason in `fault`. */
  readonly schema: "ok" | "unknown-action" | "invalid";
  /** Where and how the payload breaks its schema; never a value from the payload. */
  readonly fault?: string;
  /** Odd things of the frame itself: duplicate keys, over-long message id. */
  readonly frameFaults: readonly string[];
  /** The same side used this message id before on this connection. */
  readonly repeated: boolean;
  /** The side sends more messages than its rate allows. */
  readonly overRate: boolean;
  /** The side has as many unanswered CALLs as may wait. */
  readonly overPending: boolean;
  /** The CALL would set the station's security profile below the one it proved now (O-02). */
  readonly lowersProfile?: boolean;
}

/** Rules built into the relay. Each is an audit fact: names are API. */
export const OCPP_RULES = {
  forward: "ocpp.forward",
  transaction: "ocpp.transaction-passes",
  rate: "ocpp.rate",
  pending: "ocpp.pending",
  frame: "ocpp.frame",
  profileDowngrade: "ocpp.profile-downgrade",
  schema: "ocpp.schema",
  unknownAction: "ocpp.unknown-action",
  replay: "ocpp.replay",
} as const;

/** Messages of a station that carry or frame a kWh, in all versions. */
const TRANSACTION_ACTIONS: ReadonlySet<string> = new Set([
  "StartTransaction",
  "StopTransaction",
  "MeterValues",
  "TransactionEvent",
]);

/** The action that policy judges: "TransactionEvent-Signed" is TransactionEvent (OCPP 2.0.1 Part 4 section 7). */
export function plainAction(action: string): string {
  return action.endsWith("-Signed") ? action.slice(0, -"-Signed".length) : action;
}

/** Whether this message must pass whatever else holds (invariant 15). */
export function isTransactionMessage(from: "station" | "csms", action: string): boolean {
  return from === "station" && TRANSACTION_ACTIONS.has(plainAction(action));
}

/**
 * Decides on one CALL or SEND. Transaction messages always pass: their faults are recorded, never answered with an
 * error. Limits hold in every mode; schema, frame and replay faults only refuse where the station is set to enforce.
 */
export function decideOcppCall(facts: OcppCallFacts): Decision {
  const refusal = limitRefusal(facts) ?? profileRefusal(facts) ?? schemaRefusal(facts);
  if (!refusal) return { effect: "allow", rule: OCPP_RULES.forward };
  if (isTransactionMessage(facts.from, facts.action)) {
    return { effect: "allow", rule: OCPP_RULES.transaction, wouldRefuse: refusal };
  }
  if (facts.validation === "observe" && !refusal.always) {
    return { effect: "allow", rule: OCPP_RULES.forward, wouldRefuse: refusal };
  }
  return { effect: "deny", rule: refusal.rule, reason: refusal.reason };
}

interface Refusal {
  readonly rule: string;
  readonly reason: string;
  /** Protects the gateway itself, so observing alone is no choice. */
  readonly always?: true;
}

function limitRefusal(facts: OcppCallFacts): Refusal | undefined {
  if (facts.overRate) return { rule: OCPP_RULES.rate, reason: "Too many messages per second", always: true };
  if (facts.overPending) return { rule: OCPP_RULES.pending, reason: "Too many calls wait for an answer", always: true };
  return undefined;
}

function profileRefusal({ from, lowersProfile }: OcppCallFacts): Refusal | undefined {
  if (from !== "csms" || !lowersProfile) return undefined;
  const reason = "The security profile of a station cannot be lowered over OCPP";
  return { rule: OCPP_RULES.profileDowngrade, reason, always: true };
}

function schemaRefusal(facts: OcppCallFacts): Refusal | undefined {
  if (facts.schema === "unknown-action" && facts.validation !== "enforce-known-actions") {
    return { rule: OCPP_RULES.unknownAction, reason: "This version of OCPP has no such action" };
  }
  if (facts.schema === "invalid") {
    return { rule: OCPP_RULES.schema, reason: facts.fault ?? "The payload breaks its schema" };
  }
  if (facts.frameFaults.length > 0) {
    return { rule: OCPP_RULES.frame, reason: `The message is malformed: ${facts.frameFaults.join(", ")}` };
  }
  // A station that repeats an id lost its answer and wants it again; a CSMS has no such need (Q13).
  if (facts.repeated && facts.from === "csms") {
    return { rule: OCPP_RULES.replay, reason: "This message id was already used on this connection" };
  }
  return undefined;
}

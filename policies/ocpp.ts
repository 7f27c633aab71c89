import { type Decision, SITE_RULE_PREFIX } from "./decision.ts";
import type { RuleVerdict } from "./ocpp_rule.ts";
import { plainAction } from "./plain_action.ts";

export { plainAction, SITE_RULE_PREFIX };

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
  readonly fault?: string | undefined;
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
  /** The CALL would write a setting of the controller that nobody may write; the reason. */
  readonly refusedSetting?: string | undefined;
  /** What the site's rules say; absent where the site has none: then everything else is relayed. */
  readonly site?: RuleVerdict | undefined;
  /** `ocpp.mode: observe`: the site's rules are tried out and refuse nothing. */
  readonly siteObserves?: boolean | undefined;
}

/** Rules built into the relay. Each is an audit fact: names are API. */
export const OCPP_RULES = {
  forward: "ocpp.forward",
  transaction: "ocpp.transaction-passes",
  rate: "ocpp.rate",
  pending: "ocpp.pending",
  frame: "ocpp.frame",
  profileDowngrade: "ocpp.profile-downgrade",
  setting: "ocpp.setting",
  schema: "ocpp.schema",
  unknownAction: "ocpp.unknown-action",
  replay: "ocpp.replay",
  noRule: "ocpp.no-rule",
} as const;

/** Messages of a station that carry or frame a kWh, in all versions. */
const TRANSACTION_ACTIONS: ReadonlySet<string> = new Set([
  "StartTransaction",
  "StopTransaction",
  "MeterValues",
  "TransactionEvent",
]);

/** Whether this message must pass whatever else holds (invariant 15). */
export function isTransactionMessage(from: "station" | "csms", action: string): boolean {
  return from === "station" && TRANSACTION_ACTIONS.has(plainAction(action));
}

/**
 * Decides on one CALL or SEND. Transaction messages always pass: their faults are recorded, never answered with an
 * error. Limits hold in every mode; the site's rules unless they are tried out; schema, frame and replay faults only
 * refuse where the station is set to enforce.
 */
export function decideOcppCall(facts: OcppCallFacts): Decision {
  const builtIn = limitRefusal(facts) ?? profileRefusal(facts) ?? settingRefusal(facts);
  const site = siteRefusal(facts);
  const schema = schemaRefusal(facts);
  const refusal = builtIn ?? site ?? schema;
  if (!refusal) return FORWARD;
  if (isTransactionMessage(facts.from, facts.action)) {
    return { effect: "allow", rule: OCPP_RULES.transaction, wouldRefuse: refusal };
  }
  const inForce = builtIn ?? (facts.siteObserves ? undefined : site) ??
    (facts.validation === "observe" ? undefined : schema);
  if (!inForce) return { effect: "allow", rule: OCPP_RULES.forward, wouldRefuse: refusal };
  return { effect: "deny", rule: inForce.rule, reason: inForce.reason };
}

const FORWARD: Decision = Object.freeze({ effect: "allow", rule: OCPP_RULES.forward });

interface Refusal {
  readonly rule: string;
  readonly reason: string;
}

function limitRefusal(facts: OcppCallFacts): Refusal | undefined {
  if (facts.overRate) return { rule: OCPP_RULES.rate, reason: "Too many messages per second" };
  if (facts.overPending) return { rule: OCPP_RULES.pending, reason: "Too many calls wait for an answer" };
  return undefined;
}

function profileRefusal({ from, lowersProfile }: OcppCallFacts): Refusal | undefined {
  if (from !== "csms" || !lowersProfile) return undefined;
  const reason = "The security profile of a station cannot be lowered over OCPP";
  return { rule: OCPP_RULES.profileDowngrade, reason };
}

function settingRefusal({ from, refusedSetting }: OcppCallFacts): Refusal | undefined {
  if (from !== "csms" || refusedSetting === undefined) return undefined;
  return { rule: OCPP_RULES.setting, reason: refusedSetting };
}

function siteRefusal({ site }: OcppCallFacts): Refusal | undefined {
  if (site?.effect !== "deny") return undefined;
  const rule = site.rule === undefined ? OCPP_RULES.noRule : `${SITE_RULE_PREFIX}${site.rule}`;
  return { rule, reason: site.because };
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

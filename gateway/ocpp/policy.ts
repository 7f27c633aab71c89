import {
  decideOcppCall,
  OCPP_RULES,
  type OcppCallFacts,
  plainAction,
  SITE_RULE_PREFIX,
  type ValidationMode,
} from "../../policies/ocpp.ts";
import type { KeyTable } from "../../policies/device_key.ts";
import { refuseOcppSetting } from "../../policies/device_setting.ts";
import { isPlugAndCharge } from "../../policies/ocpp_plug_and_charge.ts";
import { decideRehoming, isRehomingAction, type RehomingFacts } from "../../policies/ocpp_rehoming.ts";
import { MESSAGE_TYPE, type OcppFrame, type OcppVersion } from "./codec.ts";
import { askedProfile } from "./profile_request.ts";
import type { CallVerdict, Judge, Side } from "./session.ts";
import { innerPayload, plainPayload } from "./signed_payload.ts";
import type { SiteJudge } from "./site_rules.ts";
import type { SchemaCheck } from "./validation.ts";
import { violationCode } from "./violation_code.ts";

/** What of one station's settings the judge needs. */
export interface JudgeSettings {
  readonly version: OcppVersion;
  readonly validation: ValidationMode;
  readonly check: SchemaCheck;
  /** Profile in force on the CSMS leg; a CSMS may not set a lower one. */
  readonly securityProfile: number;
  /** The site's own rules for this station; absent: none. */
  readonly site?: SiteJudge;
  /** The settings of its controller, where its maker's are known. */
  readonly keys?: KeyTable;
  /** What decides whom a message about credentials and certificates is for; absent: for the station. */
  readonly rehoming?: Pick<RehomingFacts, "stationTls" | "upstreamTls" | "stationCertificates">;
}

/** Error code of a refusal, exact for the version; `fault` is what the schema check found. */
export function refusalCode(version: OcppVersion, rule: string, fault?: string): string {
  switch (rule) {
    case OCPP_RULES.schema:
      return violationCode(version, fault);
    case OCPP_RULES.frame:
      return violationCode(version, undefined);
    case OCPP_RULES.unknownAction:
      return "NotImplemented";
    case OCPP_RULES.profileDowngrade:
    case OCPP_RULES.replay:
    case OCPP_RULES.noRule:
    case OCPP_RULES.setting:
      return "SecurityError";
    default:
      return rule.startsWith(SITE_RULE_PREFIX) ? "SecurityError" : "GenericError";
  }
}

/** Error code for a message that is no OCPP-J message; undefined where the version wants silence (LC11). */
export function malformedCode(version: OcppVersion, what: "malformed" | "unknown-type"): string | undefined {
  if (version === "ocpp1.6") return undefined;
  return what === "malformed" ? "RpcFrameworkError" : "MessageTypeNotSupported";
}

/** Message to facts, decision to the version's own refusal. */
export function createJudge(settings: JudgeSettings): Judge {
  return {
    call: (from, frame, state) => judgeCall(settings, from, frame, state),
    result: (action, frame) => settings.check.result(plainAction(action), frame.payload) ?? faultOf(frame),
  };
}

function judgeCall(
  settings: JudgeSettings,
  from: Side,
  frame: OcppFrame,
  state: { readonly repeated: boolean; readonly overRate: boolean; readonly overPending: boolean },
): CallVerdict {
  const { version, validation, check, securityProfile, site } = settings;
  const { schema, fault } = schemaOf(check, frame);
  // Named one by one: spreads cost more than the decision.
  const facts: OcppCallFacts = {
    from,
    version,
    action: frame.action,
    validation,
    schema,
    fault,
    frameFaults: schema !== "unknown-action" && isOfOtherType(version, frame) ? WRONG_TYPE : frame.faults,
    repeated: state.repeated,
    overRate: state.overRate,
    overPending: state.overPending,
    site: site?.judge(from, frame),
    siteObserves: site?.observes,
    refusedSetting: settings.keys && from === "csms" ? refusedSettingOf(frame, settings.keys) : undefined,
    lowersProfile: from === "csms" && (askedProfile(frame) ?? 3) < securityProfile,
  };
  const decision = decideOcppCall(facts);
  if (decision.effect === "allow") {
    const rehomed = rehome(settings, from, frame);
    if (rehomed) return rehomed;
    if (!decision.wouldRefuse) return PASSED;
    return { pass: true, rule: decision.rule, would: decision.wouldRefuse.rule, reason: decision.wouldRefuse.reason };
  }
  return {
    pass: false,
    rule: decision.rule,
    code: refusalCode(version, decision.rule, fault),
    reason: decision.reason,
  };
}

/** OCPP 2.1 sends one action without wanting an answer, and only so: as a SEND. */
const UNANSWERED = "NotifyPeriodicEventStream";
const WRONG_TYPE: readonly string[] = Object.freeze(["message-type-of-another-action"]);

/** A CALL that travels as a SEND would go round the queue towards a station, and nobody would hear of its refusal. */
function isOfOtherType(version: OcppVersion, { type, action }: OcppFrame): boolean {
  if (version !== "ocpp2.1") return false;
  return (type === MESSAGE_TYPE.send) !== (plainAction(action) === UNANSWERED);
}

/** Why nobody may write what this message of a CSMS writes. */
export function refusedSettingOf(frame: OcppFrame, keys: KeyTable): string | undefined {
  const action = plainAction(frame.action);
  if (!SETTING_ACTIONS.has(action)) return undefined;
  if (frame.faults.includes("duplicate-keys")) return "The message names a setting twice: which one counts is open";
  const decision = refuseOcppSetting(
    action,
    action === frame.action ? frame.payload : plainPayload(frame),
    keys,
  );
  return decision?.effect === "deny" ? decision.reason : undefined;
}

const SETTING_ACTIONS: ReadonlySet<string> = new Set(["ChangeConfiguration", "SetVariables"]);

/** A message that is for the gateway, or for nobody; undefined: it is the station's, as nearly all are. */
function rehome({ version, rehoming }: JudgeSettings, from: Side, frame: OcppFrame): CallVerdict | undefined {
  if (!rehoming || !isRehomingAction(from, frame.action)) return undefined;
  const isSigned = frame.action !== plainAction(frame.action);
  const payload = isSigned ? plainPayload(frame) : frame.payload;
  const decision = decideRehoming({
    ...rehoming,
    from,
    version,
    action: frame.action,
    payload,
    ...isPlugAndCharge(payload) ? { inner: innerPayload(payload) } : {},
    isAmbiguous: frame.faults.includes("duplicate-keys"),
  });
  if (!decision || decision.handling === "relay") return undefined;
  const { rule, reason } = decision;
  if (decision.handling === "take") return { pass: false, take: true, rule };
  return { pass: false, rule, code: "SecurityError", reason };
}

const PASSED: CallVerdict = Object.freeze({ pass: true, rule: OCPP_RULES.forward });
const VALID: Pick<OcppCallFacts, "schema" | "fault"> = Object.freeze({ schema: "ok", fault: undefined });

/** A signed message is judged as the one that it wraps (LC8): a wrapping that cannot be read is no way past the schema. */
function schemaOf(check: SchemaCheck, frame: OcppFrame): Pick<OcppCallFacts, "schema" | "fault"> {
  const action = plainAction(frame.action), isSigned = action !== frame.action;
  const payload = isSigned ? plainPayload(frame) : frame.payload;
  const found = check.call(action, payload);
  const isUnread = isSigned && payload === undefined && found !== "unknown-action";
  const fault = isUnread ? "/payload cannot be read as what was signed" : found;
  if (fault === undefined) return VALID;
  return fault === "unknown-action" ? { schema: fault, fault: undefined } : { schema: "invalid", fault };
}

function faultOf(frame: OcppFrame): string | undefined {
  return frame.faults.length > 0 ? frame.faults.join(", ") : undefined;
}

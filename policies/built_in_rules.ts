import { OCPP_RULES } from "./ocpp.ts";

/** One rule that holds on every site, in the words of an admin. */
export interface BuiltInRule {
  readonly rule: string;
  readonly who: string;
  readonly what: string;
  /** What the sender sees. */
  readonly answer: string;
  /** When it is in force. */
  readonly when: string;
}

type RuleName = typeof OCPP_RULES[keyof typeof OCPP_RULES];

const DECIDED: Readonly<Record<RuleName, Omit<BuiltInRule, "rule">>> = {
  "ocpp.transaction-passes": {
    who: "station",
    what: "StartTransaction, StopTransaction, MeterValues, TransactionEvent, also signed",
    answer: "relayed, whatever else holds; what would have refused it is recorded",
    when: "always",
  },
  "ocpp.rate": {
    who: "both",
    what: "more messages or bytes per second than a side may send",
    answer: "GenericError; for too many bytes the connection is closed with 1008, unread",
    when: "always",
  },
  "ocpp.pending": {
    who: "station",
    what: "more unanswered CALLs than may wait",
    answer: "GenericError",
    when: "always",
  },
  "ocpp.profile-downgrade": {
    who: "CSMS",
    what: "a security profile below the one that the station proved",
    answer: "SecurityError",
    when: "always",
  },
  "ocpp.setting": {
    who: "CSMS",
    what: "a setting of the maker's laboratory, or one that would shut the gateway out of the controller's pages",
    answer: "SecurityError",
    when: "for controllers whose settings are known (Bender)",
  },
  "ocpp.no-rule": {
    who: "both",
    what: "what no allow rule of the site covers",
    answer: "SecurityError",
    when: "with `ocpp.rules`, mode enforce",
  },
  "ocpp.schema": {
    who: "both",
    what: "a payload against its schema",
    answer: "FormationViolation (1.6), FormatViolation (2.x)",
    when: "validation: enforce",
  },
  "ocpp.unknown-action": {
    who: "both",
    what: "an action that the version does not know",
    answer: "NotImplemented",
    when: "validation: enforce",
  },
  "ocpp.frame": {
    who: "both",
    what: "equal keys twice, an over-long message id, a payload that is no object",
    answer: "FormationViolation (1.6), FormatViolation (2.x)",
    when: "validation: enforce",
  },
  "ocpp.replay": {
    who: "CSMS",
    what: "a message id that was used on this connection",
    answer: "SecurityError",
    when: "validation: enforce",
  },
  "ocpp.forward": { who: "both", what: "everything else", answer: "relayed byte for byte", when: "always" },
};

/** The rules of the relay in the order in which they are asked. */
export const BUILT_IN_RULES: readonly BuiltInRule[] = Object.entries(DECIDED).map(([rule, of]) => ({ rule, ...of }));

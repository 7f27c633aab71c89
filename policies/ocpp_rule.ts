/** The two peers of a relay. */
export type OcppSide = "station" | "csms";
/** Relayed versions, as named in Sec-WebSocket-Protocol. */
export type OcppProtocol = "ocpp1.6" | "ocpp2.0.1" | "ocpp2.1";

/** Fields of a CALL of the CSMS that a rule may compare, each with where it stands in the payload. */
export const RULE_FIELDS = {
  certificateType: [["certificateType"]],
  chargingProfilePurpose: [
    ["csChargingProfiles", "chargingProfilePurpose"],
    ["chargingProfile", "chargingProfilePurpose"],
    ["chargingProfileCriteria", "chargingProfilePurpose"],
    ["chargingProfilePurpose"],
  ],
  connectorId: [["connectorId"], ["evse", "connectorId"]],
  evseId: [["evseId"], ["evse", "id"], ["chargingProfileCriteria", "evseId"]],
  logType: [["logType"]],
  operationalStatus: [["operationalStatus"]],
  requestedMessage: [["requestedMessage"]],
  type: [["type"]],
  updateType: [["updateType"]],
} as const satisfies Readonly<Record<string, readonly (readonly string[])[]>>;
/** Name of one such field. */
export type RuleField = keyof typeof RULE_FIELDS;

/** Days of the week by the names that rules use; Monday is day 0. */
export const RULE_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
/** One day. */
export type RuleDay = typeof RULE_DAYS[number];

/**
 * One rule of a site, as it stands in the rules file (DESIGN section 5). All conditions that are present must hold; in a
 * list, one entry suffices. Names of stations, vendors, models, units and CSMS are compared exactly (invariant 11).
 */
export interface OcppRule {
  readonly id: string;
  readonly effect: "allow" | "deny";
  /** A sentence for the refusal and the audit trail. */
  readonly because: string;
  readonly stations?: readonly string[] | undefined;
  readonly vendors?: readonly string[] | undefined;
  readonly models?: readonly string[] | undefined;
  readonly units?: readonly string[] | undefined;
  readonly csms?: readonly string[] | undefined;
  readonly versions?: readonly OcppProtocol[] | undefined;
  /** Who sends the message. */
  readonly from?: OcppSide | undefined;
  readonly actions?: readonly string[] | undefined;
  /** Hosts of URLs in the message, in canonical form. */
  readonly hosts?: readonly string[] | undefined;
  readonly hostsOutside?: readonly string[] | undefined;
  /** Schemes of these URLs, in lower case. */
  readonly schemes?: readonly string[] | undefined;
  readonly schemesOutside?: readonly string[] | undefined;
  /** Configuration keys (1.6), variables or "Component.Variable" (2.x) that are written. */
  readonly keys?: readonly string[] | undefined;
  readonly keysOutside?: readonly string[] | undefined;
  /** Of DataTransfer. */
  readonly vendorIds?: readonly string[] | undefined;
  readonly vendorIdsOutside?: readonly string[] | undefined;
  readonly messageIds?: readonly string[] | undefined;
  readonly messageIdsOutside?: readonly string[] | undefined;
  readonly fields?:
    | Readonly<Partial<Record<RuleField, readonly (string | number | boolean)[] | undefined>>>
    | undefined;
  /** In the site's time zone; `to` before `from` ends on the next day. */
  readonly hours?: {
    readonly days?: readonly RuleDay[] | undefined;
    readonly from: string;
    readonly to: string;
  } | undefined;
  /** Holds for what goes beyond `over` messages in `seconds`, counted per station. */
  readonly rate?: { readonly over: number; readonly seconds: number } | undefined;
}

/** What the inventory says of the station that a message comes from or goes to; never what the station claims. */
export interface StationResource {
  readonly id: string;
  readonly vendor?: string | undefined;
  readonly model?: string | undefined;
  readonly unit?: string | undefined;
}

/** What a message says in the fields that rules look at. null: it cannot be read in one way only. */
export interface FieldFacts {
  readonly hosts: readonly (string | null)[];
  readonly schemes: readonly (string | null)[];
  /** Per setting all its names: "securityctrlr.basicauthpassword" and "basicauthpassword". */
  readonly keys: readonly (readonly string[] | null)[];
  readonly vendorIds: readonly (string | null)[];
  readonly messageIds: readonly (string | null)[];
  readonly fields: Readonly<Partial<Record<RuleField, string | null>>>;
}

/** One message as rules see it, shaped principal, action, resource, context. Plain data: any decision can be replayed. */
export interface OcppRuleFacts {
  readonly principal: OcppSide;
  /** As sent; a signed one ("X-Signed") is judged as X (LC8). */
  readonly action: string;
  readonly resource: { readonly station: StationResource; readonly csms: string };
  readonly context: {
    readonly version: OcppProtocol;
    readonly fields: FieldFacts;
    /** Minutes since Monday 00:00 in the site's time zone. */
    readonly minuteOfWeek: number;
    /** Milliseconds that never go backwards, for rates. */
    readonly at: number;
  };
}

/** What the site's rules say. `rule` is undefined when none applies: then it is a deny. */
export interface RuleVerdict {
  readonly effect: "allow" | "deny";
  readonly rule: string | undefined;
  readonly because: string;
}

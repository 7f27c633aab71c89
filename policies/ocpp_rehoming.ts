import { plainAction } from "./ocpp.ts";
import { isMisspelt } from "./misspelt.ts";
import { OCPP_ACTIONS } from "./ocpp_actions.ts";
import { fold } from "./ocpp_fields.ts";
import { readInside } from "./ocpp_plug_and_charge.ts";
import { type Condition, type Handling, REHOMING_TABLE, type RehomingRow } from "./ocpp_rehoming_table.ts";
import {
  KEYS_16,
  NETWORK_COMPONENT_2,
  NETWORK_PASSWORD_2,
  type UpstreamSetting,
  VARIABLES_2,
} from "./ocpp_rehoming_keys.ts";

/** What is known of a CALL when its class is decided. */
export interface RehomingFacts {
  readonly from: "station" | "csms";
  readonly version: "ocpp1.6" | "ocpp2.0.1" | "ocpp2.1";
  /** As sent: "X-Signed" is judged as X (LC8). */
  readonly action: string;
  /** The plain payload; of a signed message the one inside its JWS, undefined when it cannot be read. */
  readonly payload: unknown;
  /** What stands in `data` of a Plug & Charge message of 1.6; undefined when it cannot be read in one way. */
  readonly inner?: unknown;
  /** Equal keys in one object: two readers could see two messages. */
  readonly isAmbiguous: boolean;
  readonly stationTls: boolean;
  readonly upstreamTls: boolean;
  /** Who signs the certificates of stations on this listener. */
  readonly stationCertificates: "site-ca" | "elsewhere";
}

/** The class of one CALL. `rule` is a row of the table, or one of GUARDS. */
export interface RehomingDecision {
  readonly handling: Handling;
  readonly rule: string;
  readonly reason: string;
}

/** Reasons that no row gives: they hold for all rows. */
export const GUARDS = {
  "ocpp.rehome.ambiguous": "This message could mean one thing to the gateway and another to the station",
  "ocpp.rehome.plaintext": "Certificates are not managed over a connection without TLS (LC15)",
  "ocpp.rehome.signed": "A signed message cannot be answered by anyone but its receiver",
} as const satisfies Record<string, string>;

/** Messages that change which certificates count (LC15). */
const CERTIFICATE_ACTIONS: ReadonlySet<string> = new Set([
  "CertificateSigned",
  "DeleteCertificate",
  "InstallCertificate",
  "SignCertificate",
]);

/** Rows by direction and action, so that all other messages cost one look-up. */
const ROWS: Readonly<Record<"station" | "csms", ReadonlyMap<string, readonly RehomingRow[]>>> = {
  station: index("station"),
  csms: index("csms"),
};

/** Names that are nobody's but OCPP's. */
const KNOWN_ACTIONS: ReadonlySet<string> = new Set(OCPP_ACTIONS);

/** Whether the table has a row for this action at all: nearly all messages cost no more than this. */
export function isRehomingAction(from: "station" | "csms", action: string): boolean {
  const plain = plainAction(action);
  return ROWS[from].has(plain) || meantAction(from, plain) !== undefined;
}

/** The action of the table that another spelling of its name would be to a receiver that forgives it. */
function meantAction(from: "station" | "csms", action: string): string | undefined {
  if (KNOWN_ACTIONS.has(action)) return undefined;
  const name = plainName(action).replace(/-signed$/, "");
  for (const known of ROWS[from].keys()) if (known.toLowerCase() === name) return known;
  return undefined;
}

/**
 * The class of one CALL by the table; undefined when the table has nothing to say, which is the case for nearly all.
 * What could be read in two ways, or is signed and not for the station, is refused (LC8).
 */
export function decideRehoming(facts: RehomingFacts): RehomingDecision | undefined {
  const action = plainAction(facts.action), meant = meantAction(facts.from, action);
  const rows = ROWS[facts.from].get(meant ?? action)?.filter(({ versions }) => isOf(versions, facts.version));
  if (!rows || rows.length === 0) return undefined;
  if ((meant ?? action) === CARRIER) return decideInside(facts, meant !== undefined, rows);
  const mayTake = rows.some(({ handling }) => handling === "take");
  if (meant !== undefined) return mayTake ? guard("ocpp.rehome.ambiguous") : undefined;
  if (mayTake && (facts.isAmbiguous || facts.payload === undefined || isOddlyNamed(action, facts.payload))) {
    return guard("ocpp.rehome.ambiguous");
  }
  const found = rows.find(({ when }) => !when || !("inside" in when) && holds(when, action, facts.payload));
  if (!found) return undefined;
  const { rule, because } = found;
  // The owner of these certificates signs them itself: the gateway is no party to it.
  const isForeign = rule === "ocpp.rehome.station-request" && facts.stationCertificates === "elsewhere";
  const handling = isForeign ? "relay" : found.handling;
  const isUnsafe = rule === "ocpp.rehome.sign" ? !facts.upstreamTls : isOverPlaintext(facts, action, handling);
  if (isUnsafe) return guard("ocpp.rehome.plaintext");
  if (handling === "take" && action !== facts.action && action !== "DeleteCertificate") {
    return guard("ocpp.rehome.signed");
  }
  return { handling, rule, reason: because };
}

/** What carries other messages inside it. */
const CARRIER = "DataTransfer";

/** Plug & Charge of 1.6: judged by the message of 2.0.1 inside, which must hide nothing that this table takes. */
function decideInside(
  facts: RehomingFacts,
  isMisspelt: boolean,
  rows: readonly RehomingRow[],
): RehomingDecision | undefined {
  const { from, payload, inner } = facts;
  const inside = readInside(from, payload, facts.isAmbiguous, (action) => mayBeTaken(from, action));
  if (inside === "ambiguous") return guard("ocpp.rehome.ambiguous");
  const judged = inside === "nothing" ? undefined : judgeInside({ ...facts, action: inside.action, payload: inner });
  if (judged?.handling === "refuse") return judged;
  if (judged?.handling === "take") {
    if (isMisspelt) return guard("ocpp.rehome.ambiguous");
    if (plainAction(facts.action) !== facts.action) return guard("ocpp.rehome.signed");
  }
  const found = rows.find(({ when }) =>
    when && ("inside" in when ? judged?.handling === "take" : holds(when, CARRIER, payload))
  );
  return found && !isMisspelt ? { handling: found.handling, rule: found.rule, reason: found.because } : undefined;
}

/** A message inside another; one of OCPP 1.6 is none of Plug & Charge, and a station may do it all the same. */
function judgeInside(facts: RehomingFacts): RehomingDecision | undefined {
  const { from, action } = facts;
  if (!mayBeTaken(from, plainAction(action))) return undefined;
  if (plainAction(action) !== action) return guard("ocpp.rehome.signed");
  if (isCarrier(action)) return { handling: "take", rule: "", reason: "" };
  return decideRehoming({ ...facts, version: "ocpp2.0.1" }) ?? decideRehoming({ ...facts, version: "ocpp1.6" });
}

/** Whether a message of this name, however it is spelled, is taken in any version, or carries another. */
function mayBeTaken(from: "station" | "csms", action: string): boolean {
  const rows = ROWS[from].get(meantAction(from, action) ?? action);
  return isCarrier(action) || rows?.some(({ handling }) => handling === "take") === true;
}

const isCarrier = (action: string): boolean => plainName(action) === plainName(CARRIER);

/** What of the CSMS leg a key of OCPP 1.6 stands for; undefined: it is the station's own. */
export function settingOfKey(key: unknown): UpstreamSetting | undefined {
  return KEYS_16.get(plainName(key));
}

/** What of the CSMS leg a variable of OCPP 2.x stands for; undefined: it is the station's own. */
export function settingOfVariable(item: unknown): UpstreamSetting | undefined {
  const component = plainName(fieldOf(fieldOf(item, "component"), "name"));
  const variable = plainName(fieldOf(fieldOf(item, "variable"), "name"));
  if (component === NETWORK_COMPONENT_2) return variable === NETWORK_PASSWORD_2 ? "password" : "network";
  return VARIABLES_2.get(`${component}.${variable}`);
}

/** The items of a request about variables or keys: undefined when it has no list. */
export function itemsOf(action: string, payload: unknown): readonly unknown[] | undefined {
  const list = fieldOf(payload, LISTS[plainAction(action)] ?? "");
  return Array.isArray(list) ? list : undefined;
}

/** The field that holds the list of a request. */
const LISTS: Readonly<Record<string, string>> = {
  GetConfiguration: "key",
  GetVariables: "getVariableData",
  SetVariables: "setVariableData",
};

function index(from: "station" | "csms"): ReadonlyMap<string, readonly RehomingRow[]> {
  const rows = new Map<string, RehomingRow[]>();
  for (const one of REHOMING_TABLE) {
    if (one.from !== from) continue;
    for (const action of one.actions) rows.set(action, [...rows.get(action) ?? [], one]);
  }
  return rows;
}

function guard(rule: keyof typeof GUARDS): RehomingDecision {
  return { handling: "refuse", rule, reason: GUARDS[rule] };
}

function isOf(versions: RehomingRow["versions"], version: RehomingFacts["version"]): boolean {
  return versions === "all" || (versions === "1.6") === (version === "ocpp1.6");
}

function holds(when: Exclude<Condition, { inside: unknown }>, action: string, payload: unknown): boolean {
  if ("settings" in when) {
    if (action === "ChangeConfiguration") return settingOfKey(fieldOf(payload, "key")) !== undefined;
    const items = itemsOf(action, payload);
    if (!items || items.length === 0) return when.none === true;
    return items.some((item) => (action === "GetConfiguration" ? settingOfKey : settingOfVariable)(item) !== undefined);
  }
  const value = fieldOf(payload, when.field);
  if (value === undefined || value === null) return when.omitted === true;
  const values = Array.isArray(value) ? value : [value];
  if (values.length === 0) return when.omitted === true;
  const wanted = when.is.map(plainName);
  return values.some((one) => wanted.includes(plainName(one)));
}

/**
 * A name that is no text, a list that is none, or a member under another spelling of its name: a careless station could
 * still read a name out of it.
 */
function isOddlyNamed(action: string, payload: unknown): boolean {
  if (MEMBERS[action]?.some((path) => isMisspelt(payload, path))) return true;
  if (action === "ChangeConfiguration") return isOdd(fieldOf(payload, "key"));
  const list = LISTS[action];
  if (list === undefined) return false;
  const items = itemsOf(action, payload);
  if (!items) return (fieldOf(payload, list) ?? undefined) !== undefined;
  if (action === "GetConfiguration") return items.some(isOdd);
  return items.some((item) =>
    isOdd(fieldOf(fieldOf(item, "component"), "name")) || isOdd(fieldOf(fieldOf(item, "variable"), "name"))
  );
}

/** The members by which a row decides, each with the way to it; "*" stands for the items of a list. */
const MEMBERS: Readonly<Record<string, readonly (readonly string[])[] | undefined>> = {
  ChangeConfiguration: [["key"]],
  CertificateSigned: [["certificateType"]],
  DeleteCertificate: ["hashAlgorithm", "issuerNameHash", "issuerKeyHash", "serialNumber"]
    .map((name) => ["certificateHashData", name]),
  ExtendedTriggerMessage: [["requestedMessage"]],
  GetConfiguration: [["key"]],
  GetInstalledCertificateIds: [["certificateType"]],
  GetVariables: [["getVariableData", "*", "component", "name"], ["getVariableData", "*", "variable", "name"]],
  InstallCertificate: [["certificateType"]],
  SetVariables: [["setVariableData", "*", "component", "name"], ["setVariableData", "*", "variable", "name"]],
  SignCertificate: [["certificateType"]],
  TriggerMessage: [["requestedMessage"]],
};

const isOdd = (value: unknown): boolean => value !== undefined && value !== null && typeof value !== "string";

/** LC15. A message that is relayed crosses both legs; one that the gateway answers only that of the asker. */
function isOverPlaintext(facts: RehomingFacts, action: string, handling: Handling): boolean {
  if (!CERTIFICATE_ACTIONS.has(action)) return false;
  if (handling !== "take") return !facts.stationTls || !facts.upstreamTls;
  return facts.from === "csms" ? !facts.upstreamTls : !facts.stationTls;
}

/** A name as the most forgiving station would read it. */
function plainName(value: unknown): string {
  return typeof value === "string" ? fold(value) : "";
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

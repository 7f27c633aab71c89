import { POLICY_LIMITS } from "./limits.ts";
import { type FieldFacts, type OcppSide, RULE_FIELDS, type RuleField } from "./ocpp_rule.ts";
import { readUrlTarget } from "./url_host.ts";

type Value = string | null;
type Collected = {
  hosts: Value[];
  schemes: Value[];
  keys: (readonly string[] | null)[];
  vendorIds: Value[];
  messageIds: Value[];
  fields: Partial<Record<RuleField, Value>>;
};

/** What a message without any of these fields says. */
export const NO_FIELDS: FieldFacts = Object.freeze({
  hosts: [],
  schemes: [],
  keys: [],
  vendorIds: [],
  messageIds: [],
  fields: {},
});

/** Members that hold a URL, in lower case: a station that forgives the case of a name must not be a way around a rule. */
const URL_MEMBERS: ReadonlySet<string> = new Set(["location", "remotelocation", "ocppcsmsurl"]);
/** Settings may hold URLs: only a value that looks like one counts. */
const SETTING_MEMBERS: ReadonlySet<string> = new Set(["value", "attributevalue"]);

type Reader = (payload: unknown, into: Collected) => void;
const readUrls: Reader = (payload, into) => collectUrls(payload, into, 0, false);

/** The actions that have fields of their own; `fields` is read from any CALL of the CSMS. */
const READERS: Readonly<Record<string, Reader | undefined>> = Object.freeze({
  __proto__: null as never,
  ChangeConfiguration: (payload, into) => {
    into.keys.push(namesOf([pick(payload, "key")]));
    collectUrls(payload, into, 0, true);
  },
  DataTransfer: (payload, into) => {
    into.vendorIds.push(foldedText(pick(payload, "vendorId")));
    const messageId = pick(payload, "messageId");
    into.messageIds.push(messageId === undefined ? "" : foldedText(messageId));
  },
  GetDiagnostics: readUrls,
  GetLog: readUrls,
  PublishFirmware: readUrls,
  SetNetworkProfile: readUrls,
  SetVariables: (payload, into) => {
    readVariables(payload, into);
    collectUrls(payload, into, 0, true);
  },
  SignedUpdateFirmware: readUrls,
  UpdateFirmware: readUrls,
});

/** Their names as a lenient receiver may read them. */
const READER_NAMES: ReadonlyMap<string, string> = new Map(Object.keys(READERS).map((name) => [fold(name), name]));

/** Whether messages of this action say anything that rules look at, beside who sent them. */
export function hasFields(from: OcppSide, action: string): boolean {
  return from === "csms" || READERS[action] !== undefined;
}

/**
 * Reads what rules look at. `payload` is the plain one, decoded; undefined stands for one that cannot be read in one way
 * only (equal keys twice, a signed message whose content is no JSON): then every field that this action has is null. So
 * is every field of an action that is spelled in another way than OCPP spells it.
 */
export function readFields(from: OcppSide, action: string, payload: unknown): FieldFacts {
  const read = READERS[action];
  const oddly = read ? undefined : READER_NAMES.get(fold(action).replace(/-signed$/, ""));
  if (!read && oddly === undefined && from === "station") return NO_FIELDS;
  const into: Collected = { hosts: [], schemes: [], keys: [], vendorIds: [], messageIds: [], fields: {} };
  if (payload === undefined || oddly !== undefined) return unreadable(oddly ?? action, into);
  read?.(payload, into);
  if (from === "csms") readPlainFields(payload, into);
  return bounded(into);
}

function unreadable(action: string, into: Collected): FieldFacts {
  if (action === "DataTransfer") {
    into.vendorIds.push(null);
    into.messageIds.push(null);
  } else if (READERS[action]) {
    into.hosts.push(null);
    into.schemes.push(null);
    if (action === "ChangeConfiguration" || action === "SetVariables") into.keys.push(null);
  }
  for (const name in RULE_FIELDS) into.fields[name as RuleField] = null;
  return into;
}

/** More values than any honest message has: nothing is believed of it. */
function bounded(into: Collected): FieldFacts {
  const most = POLICY_LIMITS.fieldValues;
  if (into.hosts.length > most || into.keys.length > most) {
    return { ...into, hosts: [null], schemes: [null], keys: into.keys.length > 0 ? [null] : [] };
  }
  return into;
}

function collectUrls(value: unknown, into: Collected, depth: number, isSetting: boolean): void {
  if (typeof value !== "object" || value === null) return;
  if (depth > POLICY_LIMITS.fieldDepth) {
    into.hosts.push(null);
    into.schemes.push(null);
    return;
  }
  for (const key in value) {
    const inner = (value as Record<string, unknown>)[key];
    const name = fold(key);
    if (URL_MEMBERS.has(name)) addUrl(inner, into);
    else if (isSetting && SETTING_MEMBERS.has(name) && typeof inner === "string") {
      if (looksLikeUrl(inner)) addUrl(inner, into);
    } else collectUrls(inner, into, depth + 1, isSetting);
    if (into.hosts.length > POLICY_LIMITS.fieldValues) return;
  }
}

/** "wss:host" and "wss:\\host" are URLs to some programs (WHATWG URL section 4.4), blanks and line breaks anywhere no hindrance. */
function looksLikeUrl(text: string): boolean {
  return text.includes("://") || /^(?:https?|wss?|s?ftps?):/i.test(text.replace(/[^\x21-\x7e]/g, ""));
}

function addUrl(value: unknown, into: Collected): void {
  const target = typeof value === "string" ? readUrlTarget(value) : null;
  into.hosts.push(target?.host ?? null);
  into.schemes.push(target?.scheme ?? null);
}

/** SetVariables of 2.x: each variable goes by its own name and by "Component.Variable". */
function readVariables(payload: unknown, into: Collected): void {
  const data = pick(payload, "setVariableData");
  if (!Array.isArray(data)) {
    into.keys.push(null);
    return;
  }
  for (const item of data.slice(0, POLICY_LIMITS.fieldValues + 1)) {
    const component = pick(pick(item, "component"), "name");
    const variable = pick(pick(item, "variable"), "name");
    into.keys.push(namesOf([variable], component));
  }
}

function namesOf([name]: readonly [unknown], component?: unknown): readonly string[] | null {
  const own = foldedText(name);
  if (own === null || component === undefined) return own === null ? null : [own];
  const outer = foldedText(component);
  return outer === null ? null : [own, `${outer}.${own}`];
}

function readPlainFields(payload: unknown, into: Collected): void {
  for (const name in RULE_FIELDS) {
    let found: Value | undefined;
    for (const path of RULE_FIELDS[name as RuleField]) {
      const value = path.reduce<unknown>(pick, payload);
      if (value === undefined) continue;
      const text = plainText(value);
      // In two places of one message: which of them its receiver goes by is open.
      found = found === undefined || found === text ? text : null;
    }
    if (found !== undefined) into.fields[name as RuleField] = found;
  }
}

function plainText(value: unknown): Value {
  const text = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  return typeof text === "string" && /^[A-Za-z0-9_.-]{1,64}$/.test(text) ? text : null;
}

/** Stands for a member that is there under a name that only some would accept, or under two names. */
const ODD = Symbol("odd");

/** The member of exactly this name; ODD when another spelling of it is there too or instead. */
function pick(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return value === ODD ? ODD : undefined;
  const folded = name.toLowerCase();
  let found: unknown, count = 0;
  for (const key in value) {
    if (key !== name && fold(key) !== folded) continue;
    found = key === name ? (value as Record<string, unknown>)[key] : ODD;
    count++;
  }
  return count > 1 ? ODD : found;
}

/** OCPP compares keys, variables and vendor ids without regard to case (CiString, identifierString); stations forgive blanks. */
function foldedText(value: unknown): Value {
  if (typeof value !== "string" || value.length > POLICY_LIMITS.fieldChars) return null;
  const text = value.trim();
  return /^[\x20-\x7e]+$/.test(text) ? text.toLowerCase() : null;
}

/**
 * The form in which names are compared where a lenient reader may: to the first NUL, without blanks around, in lower case;
 * letters of Unicode that are another form of a plain one (a long s, full width) as that one.
 */
export function fold(text: string): string {
  const end = text.indexOf("\0"), plain = (end < 0 ? text : text.slice(0, end)).trim().toLowerCase();
  return /[^\x20-\x7e]/.test(plain) ? plain.normalize("NFKC").trim().toLowerCase() : plain;
}

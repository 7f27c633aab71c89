import { MESSAGE_TYPE, type OcppFrame } from "./codec.ts";
import { OCPP_LIMITS } from "./limits.ts";

/** Keys whose values are secrets, badges or vehicles, in every version. Compared in lower case. */
export const SENSITIVE_KEYS: readonly string[] = [
  "additionalIdToken",
  "additionalInfo",
  "apnPassword",
  "apnUserName",
  "authorizationKey",
  "basicAuthPassword",
  "certificate",
  "csr",
  "customerCertificate",
  "customerIdentifier",
  "eMAID",
  "emaid",
  "evccId",
  "exiRequest",
  "exiResponse",
  "groupIdToken",
  "iccid",
  "idTag",
  "idToken",
  "imsi",
  "parentIdTag",
  "password",
  "prioritizedEMAIDs",
  "privateKey",
  "pspRef",
  "simPin",
  "sharedSecret",
  "token",
  "vatNumber",
  "vin",
];

/** Keys whose values are opaque to us and may hold any of these. */
const OPAQUE_KEYS: readonly string[] = ["customData", "data", "signedMeterData", "vehicleId"];

const HIDDEN: ReadonlySet<string> = new Set([...SENSITIVE_KEYS, ...OPAQUE_KEYS].map((key) => key.toLowerCase()));

/** Names of configuration keys and variables whose value is a secret: AuthorizationKey, BasicAuthPassword, WiFiPSK, SIM-PIN-2. */
const SECRET_NAME =
  /password|passphrase|passwd|passcode|pwd|authorizationkey|secret|privatekey|token|credential|(?:psk|pin|puk|pass|(?<!public)key)[-_. ]?\d*$/i;

/** The same for keys of vendors; "idTokenInfo" holds a status that a reader needs, "key" and "configurationKey" names. */
const SECRET_KEY =
  /password|passphrase|passwd|passcode|pwd|authorizationkey|secret|privatekey|credential|(?:psk|pin|puk|pass|tokens?|(?<=\w)(?<!public|configuration|unknown)key)[-_. ]?\d*$/i;

/** A word that names a secret or a badge, and what sets its value behind it: "pin=", `"idTag" : `, "token: ". */
const NAMED_SECRET =
  /((?:password|passphrase|passwd|passcode|pwd|pass|pin|puk|psk|key|token|secret|credential|authorization|idtag|badge|uid)\w{0,24}[\\"']{0,4}\s{0,8}[:=]\s{0,8})\S[^]*/i;

/** The same as an error tells it, in words: "the password is 1234", "unknown idTag 04A1". */
const TOLD_SECRET =
  /(\b(?:password|passphrase|passwd|pin|puk|psk|token|secret|credential|authorizationkey|idtag|badge|uid)\b)\W[^]*/i;

/** A signed meter value that was not marked as one holds the badge too; a private key speaks for itself. */
const OCMF = /OCMF\|[^]*/, SIGNED_XML = /<\s{0,8}(?:signedData|signedMeterValue)\b[^]*/i;
const PRIVATE_KEY = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^]*/;
const CREDENTIAL = /\b(Basic|Bearer)\s{1,8}[A-Za-z0-9+/=._~-]{4,}/gi;

/** Anything of these in a text means that it has to be looked at; matched as JSON keys or in their neighbourhood. */
const SUSPECT = new RegExp(
  [
    `"(?:${[...SENSITIVE_KEYS, ...OPAQUE_KEYS].join("|")}|key|variable|attributeValue|SignedData)"`,
    // keys of vendors that name a secret, and words that do
    "pass|pwd|secret|privatekey|token|credential|authorization|idtag|badge|(?:pin|puk|psk|key|uid)[-\\w. ]{0,24}[\\\\\"':=]",
    // a JWS holds a whole message in base64: that of a CALL, and that of an answer
    '-Signed|"(?:protected|signatures?)"',
    // another spelling of any of these
    "\\\\[u/]",
    // a login, a query or a fragment in a URL
    "://|@",
    "OCMF|signedData|signedMeterValue|PRIVATE KEY|basic|bearer",
  ].join("|"),
  "i",
);

const STRIPPED = "[stripped]";

/**
 * The text of a message for the flight recorder: secrets, badges, vehicle ids and vendor data stripped. The common
 * message has none of them and is returned as it is; nothing written here is ever sent.
 */
export function redactMessage(text: string, frame: OcppFrame | undefined): string {
  if (!frame) return describeUnreadable(text);
  const isKnown = frame.type >= MESSAGE_TYPE.call && frame.type <= MESSAGE_TYPE.send;
  // What has a fault may say something where nobody looks: a second key, an element too many.
  if (isKnown && frame.faults.length === 0 && toldAction(frame.action) === frame.action && !SUSPECT.test(text)) {
    return text;
  }
  const head: unknown[] = [frame.type, frame.id];
  if (!isKnown) return JSON.stringify([...head, STRIPPED]);
  if (frame.action !== "") head.push(toldAction(frame.action));
  if (frame.errorCode !== undefined) {
    head.push(redactReason(frame.errorCode), redactReason(frame.errorDescription ?? ""));
  }
  return JSON.stringify([...head, safePayload(frame)]);
}

function safePayload({ action, errorCode, payload }: OcppFrame): unknown {
  if (action.endsWith("-Signed")) return stripped(payload);
  if (errorCode !== undefined) return redactDetails(payload);
  if (payload === undefined || (typeof payload === "object" && !Array.isArray(payload))) return redactValue(payload);
  return stripped(payload); // a badge of its own, or a list of them
}

/** Of what is no OCPP message only its beginning is told: a key that is not quoted could name a badge as well. */
function describeUnreadable(text: string): string {
  const head = /^\[\s*\d\s*,(?:\s*"[\w-]{1,36}"\s*,(?:\s*"[A-Za-z]{1,50}"\s*,)?)?/.exec(text)?.[0] ?? "";
  return `${head}[${text.length - head.length} characters that are no OCPP message]`;
}

/** A copy without secrets and badges. Nesting was bounded when the message was read. */
export function redactValue(value: unknown): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(redactValue);
  const record = value as Record<string, unknown>;
  if (isJws(record)) return stripped(record);
  const secret = secretKeys(record), isSigned = record.format === "SignedData";
  const copy: [string, unknown][] = Object.entries(record).map(([key, inner]) => {
    const isHidden = HIDDEN.has(key.toLowerCase()) || SECRET_KEY.test(key) || secret?.has(key);
    if (isHidden || (isSigned && key === "value")) return [key, stripped(inner)];
    return [key, redactValue(inner)];
  });
  return Object.fromEntries(copy);
}

/** Details of an error are free words, often with the message that was refused in them. */
function redactDetails(value: unknown): unknown {
  if (typeof value === "string") return redactReason(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(redactDetails);
  const safe = Object.entries(redactValue(value) as Record<string, unknown>);
  return Object.fromEntries(safe.map(([key, inner]) => [key, redactDetails(inner)]));
}

function told(text: string): string {
  return text.slice(0, OCPP_LIMITS.flightLineChars).replace(TOLD_SECRET, `$1 ${STRIPPED}`);
}

/** A JSON Web Signature: the answer to a signed message has no name that says so. */
function isJws(record: Record<string, unknown>): boolean {
  return typeof record.payload === "string" && ("signature" in record || "signatures" in record);
}

/** Keys that hold the value of a named setting, also in reports and events of 2.x. */
const VALUE_KEYS: ReadonlySet<string> = new Set(["actualValue", "attributeValue", "value", "variableAttribute"]);

/** Of a VPN, where "key" is no name: its pre-shared key and login. */
const VPN_KEYS: ReadonlySet<string> = new Set(["key", "user"]);

/** Keys beside which the record says that they hold a secret. */
function secretKeys(record: Record<string, unknown>): ReadonlySet<string> | undefined {
  // 2.0.1 SetNetworkProfile.vpn: { server, user, password, key, type }
  if ("key" in record && "server" in record && "user" in record) return VPN_KEYS;
  const name = typeof record.key === "string" && !("server" in record) ? record.key : variableName(record.variable);
  return name !== undefined && SECRET_NAME.test(name) ? VALUE_KEYS : undefined;
}

function variableName(variable: unknown): string | undefined {
  const name = typeof variable === "object" && variable !== null ? (variable as { name?: unknown }).name : undefined;
  return typeof name === "string" ? name : undefined;
}

/**
 * A free text without logins of URLs, credentials and keys, and without all that follows a word that sets a secret
 * ("pin=1234"): where the value ends nobody can tell.
 */
export function redactText(text: string): string {
  // These look ahead from many places: a long text of a peer must not hold up all others.
  if (text.length > OCPP_LIMITS.flightLineChars) return redactText(text.slice(0, OCPP_LIMITS.flightLineChars));
  const safe = redactUrl(text).replace(CREDENTIAL, `$1 ${STRIPPED}`).replace(NAMED_SECRET, `$1${STRIPPED}`);
  return safe.replace(OCMF, STRIPPED).replace(SIGNED_XML, STRIPPED).replace(PRIVATE_KEY, STRIPPED);
}

/** A reason that a peer gave, in its own words: of an error, of a close. */
export function redactReason(text: string): string {
  return redactText(told(text));
}

/** An action as it is told: a peer may write anything in its place, a badge or a setting too. */
export function toldAction(action: string): string {
  return action === "" || /^[A-Za-z][\w.:-]{0,63}$/.test(action) ? action : "[no action]";
}

/** Keeps the form of what was there, so that a reader sees that it was there. */
function stripped(value: unknown): unknown {
  return typeof value === "object" && value !== null ? { stripped: true } : STRIPPED;
}

/** User and password in a URL, as in UpdateFirmware and GetDiagnostics locations, and its query: it may be a signature. */
function redactUrl(text: string): string {
  const anonymous = text.replace(/(:\/\/)[^/\s@]*(?:@[^/\s@]*)*@/g, `$1${STRIPPED}@`);
  const bare = anonymous.replace(/[^\s/"'@:]{1,64}:[^\s/"'@]{1,256}@(?=[\w.-])/g, `${STRIPPED}@`);
  return bare.replace(/\S+/g, withoutQuery);
}

/** Without looking ahead from every "://" there is. */
function withoutQuery(word: string): string {
  const at = word.indexOf("://"), query = at < 0 ? -1 : at + word.slice(at).search(/[?#]/);
  return query < at || at < 0 || query === word.length - 1 ? word : `${word.slice(0, query + 1)}${STRIPPED}`;
}

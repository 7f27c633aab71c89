import type { OcppFrame } from "./codec.ts";

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

/** Names of configuration keys and variables whose value is a secret: AuthorizationKey, BasicAuthPassword, WiFiPSK. */
const SECRET_NAME = /password|passphrase|authorizationkey|secret|privatekey|psk$|pin$|puk$|token|credential/i;

/** The same for keys of vendors; "idTokenInfo" holds a status that a reader needs. */
const SECRET_KEY = /password|passphrase|authorizationkey|secret|privatekey|credential|(?:psk|pin|puk|tokens?)$/i;

/** Anything of these in a text means that it has to be looked at; matched as JSON keys or in their neighbourhood. */
const SUSPECT = new RegExp(
  [
    `"(?:${[...SENSITIVE_KEYS, ...OPAQUE_KEYS].join("|")}|key|variable|attributeValue|SignedData)"`,
    // keys of vendors that name a secret
    SECRET_NAME.source.replaceAll("$", '"'),
    // a JWS holds a whole message in base64
    "-Signed",
    // another spelling of any of these
    "\\\\[u/]",
    // a login, a query or a fragment in a URL
    '://[^"/\\s]*@|://[^"\\s]*[?#]',
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
  if (!SUSPECT.test(text)) return text;
  const head = [frame.type, frame.id];
  if (frame.action !== "") head.push(frame.action);
  if (frame.errorCode !== undefined) head.push(frame.errorCode);
  const isSigned = frame.action.endsWith("-Signed");
  return JSON.stringify([...head, isSigned ? stripped(frame.payload) : redactValue(frame.payload)]);
}

/** Of what is no OCPP message only its beginning is told: a key that is not quoted could name a badge as well. */
function describeUnreadable(text: string): string {
  const head = /^\[\s*\d\s*,(?:\s*"[\w-]{1,36}"\s*,(?:\s*"[A-Za-z]{1,50}"\s*,)?)?/.exec(text)?.[0] ?? "";
  return `${head}[${text.length - head.length} characters that are no OCPP message]`;
}

/** A copy without secrets and badges. Nesting was bounded when the message was read. */
export function redactValue(value: unknown): unknown {
  if (typeof value === "string") return redactUrl(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(redactValue);
  const record = value as Record<string, unknown>;
  const isSecret = namesSecret(record), isSigned = record.format === "SignedData";
  const copy: [string, unknown][] = Object.entries(record).map(([key, inner]) => {
    const isHidden = HIDDEN.has(key.toLowerCase()) || SECRET_KEY.test(key) || (isSecret && VALUE_KEYS.has(key));
    if (isHidden || (isSigned && key === "value")) return [key, stripped(inner)];
    return [key, redactValue(inner)];
  });
  return Object.fromEntries(copy);
}

/**
 * Keys that hold the value of a named setting, also in reports and events of 2.x; "key" and "user" only in a VPN, where
 * they are its pre-shared key and login.
 */
const VALUE_KEYS: ReadonlySet<string> = new Set([
  "actualValue",
  "attributeValue",
  "key",
  "user",
  "value",
  "variableAttribute",
]);

function namesSecret(record: Record<string, unknown>): boolean {
  // 2.0.1 SetNetworkProfile.vpn: { server, user, password, key, type }
  if ("key" in record && "server" in record && "user" in record) return true;
  const name = typeof record.key === "string" && !("server" in record) ? record.key : variableName(record.variable);
  return name !== undefined && SECRET_NAME.test(name);
}

function variableName(variable: unknown): string | undefined {
  const name = typeof variable === "object" && variable !== null ? (variable as { name?: unknown }).name : undefined;
  return typeof name === "string" ? name : undefined;
}

/** A free text without logins of URLs and without what follows a word that names a secret ("pin=1234"). */
export function redactText(text: string): string {
  return redactUrl(text).replace(NAMED_SECRET, `$1${STRIPPED}`);
}

const NAMED_SECRET =
  /((?:password|passphrase|passwd|pwd|pin|puk|psk|key|token|secret|credential|idtag|badge|uid)\w*["']?\s*[:=]\s*)\S+/gi;

/** Keeps the form of what was there, so that a reader sees that it was there. */
function stripped(value: unknown): unknown {
  return typeof value === "object" && value !== null ? { stripped: true } : STRIPPED;
}

/** User and password in a URL, as in UpdateFirmware and GetDiagnostics locations, and its query: it may be a signature. */
function redactUrl(text: string): string {
  const anonymous = text.replace(/(:\/\/)[^/\s@]*(?:@[^/\s@]*)*@/g, `$1${STRIPPED}@`);
  return anonymous.replace(/(:\/\/[^\s?#]*[?#])\S+/g, `$1${STRIPPED}`);
}

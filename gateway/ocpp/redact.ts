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
  "privateKey",
  "simPin",
  "sharedSecret",
  "token",
  "vin",
];

/** Keys whose values are opaque to us and may hold any of these. */
const OPAQUE_KEYS: readonly string[] = ["data", "customData", "vehicleId"];

const HIDDEN: ReadonlySet<string> = new Set([...SENSITIVE_KEYS, ...OPAQUE_KEYS].map((key) => key.toLowerCase()));

/** Names of configuration keys and variables whose value is a secret: AuthorizationKey, BasicAuthPassword, WiFiPSK. */
const SECRET_NAME = /password|passphrase|authorizationkey|secret|privatekey|psk$|pin$|puk$|token|credential/i;

/** Anything of these in a text means that it has to be looked at; matched as JSON keys or in their neighbourhood. */
const SUSPECT = new RegExp(
  `"(?:${[...SENSITIVE_KEYS, ...OPAQUE_KEYS].join("|")}|key|variable|attributeValue)"|\\\\u|:\\/\\/[^"/\\s]*@`,
  "i",
);

const STRIPPED = "[stripped]";

/**
 * The text of a message for the flight recorder: secrets, badges, vehicle ids and vendor data stripped. The common
 * message has none of them and is returned as it is; nothing written here is ever sent.
 */
export function redactMessage(text: string, frame: OcppFrame | undefined): string {
  if (!SUSPECT.test(text)) return text;
  if (!frame) return `[${text.length} characters that are no OCPP message]`;
  const head = [frame.type, frame.id];
  if (frame.action !== "") head.push(frame.action);
  if (frame.errorCode !== undefined) head.push(frame.errorCode);
  return JSON.stringify([...head, redactValue(frame.payload)]);
}

/** A copy without secrets and badges. Nesting was bounded when the message was read. */
export function redactValue(value: unknown): unknown {
  if (typeof value === "string") return redactUrl(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(redactValue);
  const record = value as Record<string, unknown>;
  const isSecret = namesSecret(record);
  const copy: [string, unknown][] = Object.entries(record).map(([key, inner]) => {
    if (HIDDEN.has(key.toLowerCase()) || (isSecret && VALUE_KEYS.has(key))) return [key, stripped(inner)];
    return [key, redactValue(inner)];
  });
  return Object.fromEntries(copy);
}

/** Keys that hold the value of a named setting; "key" itself only in a VPN, where it is the pre-shared key. */
const VALUE_KEYS: ReadonlySet<string> = new Set(["value", "attributeValue", "key"]);

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

/** Keeps the form of what was there, so that a reader sees that it was there. */
function stripped(value: unknown): unknown {
  return typeof value === "object" && value !== null ? { stripped: true } : STRIPPED;
}

/** User and password in a URL, as in UpdateFirmware and GetDiagnostics locations. */
function redactUrl(text: string): string {
  return text.replace(/(:\/\/)[^/\s@]*(?:@[^/\s@]*)*@/g, `$1${STRIPPED}@`);
}

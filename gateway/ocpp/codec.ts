import { ProtocolError } from "../core/errors.ts";
import { OCPP_LIMITS } from "./limits.ts";

/** Subprotocol names of the versions that are relayed. */
export const OCPP_VERSIONS = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as const;
/** One relayed version. */
export type OcppVersion = typeof OCPP_VERSIONS[number];

/** Message type numbers of OCPP-J; 5 and 6 came with OCPP 2.1. */
export const MESSAGE_TYPE = { call: 2, callResult: 3, callError: 4, callResultError: 5, send: 6 } as const;

/** What is odd about a message that can still be understood. Recorded; enforcing is the policy's decision. */
export type FrameFault =
  | "action-missing-payload"
  | "beyond-limits"
  | "duplicate-keys"
  | "extra-elements"
  | "message-id-empty"
  | "message-id-long"
  | "message-id-number"
  | "payload-not-object";

/** A message as far as a relay needs to know it. The bytes it came in are what is forwarded (LC8). */
export interface OcppFrame {
  /** Message type number as sent; anything but 2 to 6 is not known to any version. */
  readonly type: number;
  readonly id: string;
  /** Set for CALL and SEND. */
  readonly action: string;
  /** Payload of CALL, SEND and CALLRESULT; details of the error types. */
  readonly payload: unknown;
  /** Error code of types 4 and 5. */
  readonly errorCode?: string;
  /** Error description of types 4 and 5: free text of the peer. */
  readonly errorDescription?: string;
  readonly faults: readonly FrameFault[];
}

const UTF8 = new TextEncoder();
const QUOTE = 0x22,
  BACKSLASH = 0x5c,
  COLON = 0x3a,
  COMMA = 0x2c,
  OPEN_ARRAY = 0x5b,
  CLOSE_ARRAY = 0x5d,
  OPEN = 0x7b,
  CLOSE = 0x7d;

const NO_FAULTS: readonly FrameFault[] = Object.freeze([]);

/**
 * Reads one OCPP-J message (OCPP-J 1.6 section 4, OCPP 2.0.1 Part 4 section 4). Total and bounded; never changes the text.
 * `bytes` are the same message in UTF-8, as it came in.
 * @throws ProtocolError OCPP_MALFORMED when it is no message at all: no JSON, no array, no type number, no id, nested too deep
 */
export function parseFrame(text: string, bytes: Uint8Array = UTF8.encode(text)): OcppFrame {
  const empty = readEmpty(text, bytes);
  if (empty) return empty;
  const members = scan(bytes);
  const parts = parseArray(text);
  const type = parts[0];
  if (typeof type !== "number" || !Number.isInteger(type)) {
    throw malformed("its first element is no message type number");
  }
  const faults: FrameFault[] = [];
  if (members > 0 && members !== countMembers(parts)) faults.push("duplicate-keys");
  if (type < MESSAGE_TYPE.call || type > MESSAGE_TYPE.send) {
    return { type, id: looseId(parts[1]), action: "", payload: undefined, faults };
  }
  const id = readId(parts[1], faults);
  if (type === MESSAGE_TYPE.call || type === MESSAGE_TYPE.send) return readCall(type, id, parts, faults);
  if (type === MESSAGE_TYPE.callResult) return readResult(type, id, parts, faults);
  return readError(type, id, parts, faults);
}

/** Writes a CALL of the gateway's own; `payloadText` is the payload as JSON text. */
export function encodeCall(id: string, action: string, payloadText: string): string {
  return `[${MESSAGE_TYPE.call},${JSON.stringify(id)},${JSON.stringify(action)},${payloadText}]`;
}

/** The id of a message as its sender wrote it: one that asks by numbers may not know its number as a text. */
export function idAsWritten({ id, faults = [] }: Pick<OcppFrame, "id"> & Partial<OcppFrame>): string | number {
  return faults.includes("message-id-number") ? Number(id) : id;
}

/** Writes a CALLRESULT of the gateway's own. */
export function encodeCallResult(id: string | number, payload: unknown): string {
  return JSON.stringify([MESSAGE_TYPE.callResult, id, payload]);
}

/** Writes a CALLERROR of the gateway's own. */
export function encodeCallError(
  id: string | number,
  code: string,
  description: string,
  details: Record<string, string> = {},
): string {
  return JSON.stringify([MESSAGE_TYPE.callError, id, code, description.slice(0, 255), details]);
}

const EMPTY_PAYLOAD = UTF8.encode(",{}]");

/**
 * Most of what is said has nothing in it: heartbeats, and the answers to meter values. `[3,"id",{}]` and `[2,"id","Action",{}]`
 * are read without JSON.parse; undefined when it is not exactly that, to be read in full.
 */
function readEmpty(text: string, bytes: Uint8Array): OcppFrame | undefined {
  const type = bytes[1]! - 0x30;
  const isCall = type === MESSAGE_TYPE.call;
  if ((!isCall && type !== MESSAGE_TYPE.callResult) || bytes[0] !== OPEN_ARRAY || bytes[2] !== COMMA) return undefined;
  const idEnd = endOfPlain(bytes, 3);
  if (idEnd < 0 || idEnd - 4 > OCPP_LIMITS.messageIdChars) return undefined;
  let end = idEnd, action: string | undefined = "";
  if (isCall) {
    end = bytes[idEnd + 1] === COMMA ? endOfPlain(bytes, idEnd + 2) : -1;
    action = end < 0 ? undefined : NAMES.get(text.slice(idEnd + 3, end));
  }
  if (action === undefined || bytes.length !== end + 1 + EMPTY_PAYLOAD.length) return undefined;
  for (let i = 0; i < EMPTY_PAYLOAD.length; i++) if (bytes[end + 1 + i] !== EMPTY_PAYLOAD[i]) return undefined;
  return { type, id: text.slice(4, idEnd), action, payload: {}, faults: NO_FAULTS };
}

/** The place of the quote that ends a text of at least one plain ASCII character; -1 when none begins at `at`. */
function endOfPlain(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== QUOTE) return -1;
  for (let i = at + 1; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === QUOTE) return i > at + 1 ? i : -1;
    if (byte < 0x20 || byte > 0x7e || byte === BACKSLASH) return -1;
  }
  return -1;
}

function parseArray(text: string): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError("OCPP_MALFORMED", "Cannot read an OCPP message: it is no JSON", { cause });
  }
  if (!Array.isArray(value)) throw malformed("it is no JSON array");
  return value;
}

function readCall(type: number, id: string, parts: unknown[], faults: FrameFault[]): OcppFrame {
  const action = parts[2];
  if (typeof action !== "string" || action === "") throw malformed("a CALL has no action");
  if (action.length > OCPP_LIMITS.actionChars) throw malformed(`its action has ${action.length} characters`);
  const name = NAMES.get(action) ?? remembered(action);
  if (parts.length < 4) faults.push("action-missing-payload");
  else if (!isObject(parts[3])) faults.push("payload-not-object");
  if (parts.length > 4) faults.push("extra-elements");
  return { type, id, action: name, payload: parts[3], faults: frozen(faults) };
}

/**
 * One copy of each action's name: whoever looks something up by it finds its hash made and compares places, not
 * characters. Bounded; names beyond are taken as they come.
 */
const NAMES = new Map<string, string>();

function remembered(name: string): string {
  if (NAMES.size >= OCPP_LIMITS.actionNames) return name;
  const [kept] = Object.keys({ [name]: 0 }); // the engine keeps one copy of each name of a property
  NAMES.set(kept!, kept!);
  return kept!;
}

function readResult(type: number, id: string, parts: unknown[], faults: FrameFault[]): OcppFrame {
  if (!isObject(parts[2])) faults.push("payload-not-object");
  if (parts.length > 3) faults.push("extra-elements");
  return { type, id, action: "", payload: parts[2], faults: frozen(faults) };
}

function readError(type: number, id: string, parts: unknown[], faults: FrameFault[]): OcppFrame {
  if (parts.length > 5) faults.push("extra-elements");
  const code = typeof parts[2] === "string" ? parts[2] : "";
  const description = typeof parts[3] === "string" ? parts[3] : "";
  return {
    type,
    id,
    action: "",
    payload: parts[4],
    errorCode: code,
    errorDescription: description,
    faults: frozen(faults),
  };
}

function readId(value: unknown, faults: FrameFault[]): string {
  if (typeof value === "number") {
    faults.push("message-id-number");
    return String(value);
  }
  if (typeof value !== "string") throw malformed("it has no message id");
  if (value.length > OCPP_LIMITS.messageIdCharsMax) throw malformed(`its message id has ${value.length} characters`);
  if (value.length > OCPP_LIMITS.messageIdChars) faults.push("message-id-long");
  else if (value === "") faults.push("message-id-empty");
  return value;
}

/** The id of a message whose type nobody knows: needed for the answer, so that anything unusable becomes "-1". */
function looseId(value: unknown): string {
  return typeof value === "string" && value.length <= OCPP_LIMITS.messageIdChars ? value : "-1";
}

/**
 * One pass over the bytes: bounds the nesting before anything recursive looks at it, and counts the members of all
 * objects. JSON.parse keeps only the last of two equal keys, another parser the first: without this count a message
 * could mean one thing here and another at its receiver. Bytes, because reading a string by character costs three times
 * as much (measured); no byte of a longer UTF-8 sequence looks like one of JSON's own characters.
 */
function scan(bytes: Uint8Array): number {
  let depth = 0, members = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      i = endOfString(bytes, i + 1);
    } else if (byte === COLON) {
      members++;
    } else if (byte === OPEN || byte === OPEN_ARRAY) {
      if (++depth > OCPP_LIMITS.jsonDepth) throw malformed(`it is nested deeper than ${OCPP_LIMITS.jsonDepth}`);
    } else if (byte === CLOSE || byte === CLOSE_ARRAY) {
      depth--;
    }
  }
  return members;
}

/** Whether a message is nested deeper than what reads a payload can bear. */
export function isTooDeep(bytes: Uint8Array): boolean {
  try {
    scan(bytes);
    return false;
  } catch {
    return true; // what it throws says only this
  }
}

function endOfString(bytes: Uint8Array, from: number): number {
  for (let i = from; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) return i;
    if (byte === BACKSLASH) i++;
  }
  return bytes.length;
}

/** Members of all objects in a parsed value; its nesting was bounded by `scan`. */
function countMembers(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) count += countMembers(value[i]);
    return count;
  }
  for (const key in value) {
    count += 1 + countMembers((value as Record<string, unknown>)[key]);
  }
  return count;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function frozen(faults: FrameFault[]): readonly FrameFault[] {
  return faults.length === 0 ? NO_FAULTS : faults;
}

function malformed(what: string): ProtocolError {
  return new ProtocolError("OCPP_MALFORMED", `Cannot read an OCPP message: ${what}`);
}

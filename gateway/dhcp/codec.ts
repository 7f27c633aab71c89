import { concatBytes } from "../core/concat_bytes.ts";
import { ProtocolError } from "../core/errors.ts";
import { DHCP_LIMITS } from "./limits.ts";
import { type MessageType, messageTypeOf, OPTION } from "./options.ts";

/** An IPv4 address as an unsigned 32-bit number. */
export type Ipv4 = number;

/** One DHCP message (RFC 2131 section 2). */
export interface DhcpMessage {
  readonly op: "request" | "reply";
  readonly hops: number;
  readonly xid: number;
  readonly secs: number;
  /** The client cannot take unicast before it has its address. */
  readonly broadcast: boolean;
  readonly ciaddr: Ipv4;
  readonly yiaddr: Ipv4;
  readonly siaddr: Ipv4;
  readonly giaddr: Ipv4;
  /** The client's MAC, lower case with colons. */
  readonly chaddr: string;
  /** By code; what was cut into several options is one again (RFC 3396). */
  readonly options: ReadonlyMap<number, Uint8Array>;
}

const COOKIE = 0x63825363;
const SNAME = { from: 44, to: 108 } as const;
const FILE = { from: 108, to: 236 } as const;
const PAD = 0;
const END = 255;

/**
 * Reads a message. Total: any bytes give a message or a ProtocolError, in time linear in their length.
 * @throws ProtocolError DHCP_MALFORMED
 */
export function decodeMessage(bytes: Uint8Array): DhcpMessage {
  const { messageBytesMin: min, messageBytesMax: max } = DHCP_LIMITS;
  if (bytes.length < min || bytes.length > max) {
    throw malformed(`it has ${bytes.length} bytes, wanted ${min} to ${max}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const op = bytes[0];
  if (op !== 1 && op !== 2) throw malformed(`its op is ${op}, wanted 1 or 2`);
  if (bytes[1] !== 1 || bytes[2] !== 6) throw malformed(`its hardware address is of type ${bytes[1]}, not Ethernet`);
  if (view.getUint32(236) !== COOKIE) throw malformed("it has no DHCP cookie");
  return {
    op: op === 1 ? "request" : "reply",
    hops: bytes[3]!,
    xid: view.getUint32(4),
    secs: view.getUint16(8),
    broadcast: (view.getUint16(10) & 0x8000) !== 0,
    ciaddr: view.getUint32(12),
    yiaddr: view.getUint32(16),
    siaddr: view.getUint32(20),
    giaddr: view.getUint32(24),
    chaddr: hex(bytes.subarray(28, 34), ":"),
    options: readAllOptions(bytes),
  };
}

/** Options of the option field, then of `file` and `sname` where option 52 says so (RFC 2131 section 4.1). */
function readAllOptions(bytes: Uint8Array): Map<number, Uint8Array> {
  const parts = new Map<number, Uint8Array[]>();
  collect(bytes.subarray(240), parts);
  const overload = parts.get(OPTION.overload)?.[0]?.[0] ?? 0;
  if ((overload & 1) !== 0) collect(bytes.subarray(FILE.from, FILE.to), parts);
  if ((overload & 2) !== 0) collect(bytes.subarray(SNAME.from, SNAME.to), parts);
  return new Map([...parts].map(([code, pieces]) => [code, concatBytes(pieces)]));
}

function collect(field: Uint8Array, parts: Map<number, Uint8Array[]>): void {
  for (let at = 0; at < field.length;) {
    const code = field[at]!;
    if (code === END) return;
    if (code === PAD) {
      at++;
      continue;
    }
    const length = field[at + 1];
    if (length === undefined || at + 2 + length > field.length) throw malformed(`option ${code} is cut off`);
    const known = parts.get(code);
    if (known) known.push(field.subarray(at + 2, at + 2 + length));
    else parts.set(code, [field.subarray(at + 2, at + 2 + length)]);
    at += 2 + length;
  }
}

/** What `encodeMessage` made: options that did not fit were left out, the least important first. */
export interface Encoded {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly left: readonly number[];
}

/** Options that a client cannot do without come first; option 82 last of all (RFC 3046 section 2.1). */
const FIRST: readonly number[] = [
  OPTION.messageType,
  OPTION.serverId,
  OPTION.leaseSeconds,
  OPTION.subnetMask,
  OPTION.router,
  OPTION.dns,
  OPTION.renewalSeconds,
  OPTION.rebindingSeconds,
];

/**
 * Writes a message of at most `maxBytes`. Options longer than 255 bytes are cut into several (RFC 3396).
 * Room for option 82 is kept free: a relay agent that does not get its own back drops the reply.
 */
export function encodeMessage(message: DhcpMessage, maxBytes: number = DHCP_LIMITS.replyBytes): Encoded {
  const relay = message.options.get(OPTION.relayInfo);
  const room = maxBytes - 241 - (relay === undefined ? 0 : written(relay));
  const left: number[] = [];
  let used = 0;
  const kept: [number, Uint8Array][] = [];
  for (const [code, value] of inOrder(message.options)) {
    if (used + written(value) > room) {
      left.push(code);
      continue;
    }
    used += written(value);
    kept.push([code, value]);
  }
  if (relay) kept.push([OPTION.relayInfo, relay]);
  const size = 241 + kept.reduce((sum, [, value]) => sum + written(value), 0);
  const bytes = new Uint8Array(Math.max(size, DHCP_LIMITS.replyBytesMin));
  writeFixed(message, bytes);
  let at = 240;
  for (const [code, value] of kept) at = writeOption(bytes, at, code, value);
  bytes[at] = END;
  return { bytes, left };
}

function inOrder(options: ReadonlyMap<number, Uint8Array>): [number, Uint8Array][] {
  const rank = (code: number) => FIRST.includes(code) ? FIRST.indexOf(code) : FIRST.length + code;
  return [...options].filter(([code]) => code !== OPTION.relayInfo && code !== OPTION.overload)
    .sort(([a], [b]) => rank(a) - rank(b));
}

function writeFixed(message: DhcpMessage, bytes: Uint8Array<ArrayBuffer>): void {
  const view = new DataView(bytes.buffer);
  bytes.set([message.op === "request" ? 1 : 2, 1, 6, message.hops]);
  view.setUint32(4, message.xid);
  view.setUint16(8, message.secs);
  view.setUint16(10, message.broadcast ? 0x8000 : 0);
  view.setUint32(12, message.ciaddr);
  view.setUint32(16, message.yiaddr);
  view.setUint32(20, message.siaddr);
  view.setUint32(24, message.giaddr);
  message.chaddr.split(":").forEach((byte, index) => bytes[28 + index] = parseInt(byte, 16));
  view.setUint32(236, COOKIE);
}

function writeOption(bytes: Uint8Array, start: number, code: number, value: Uint8Array): number {
  let at = start;
  for (let from = 0; from === 0 || from < value.length; from += 255) {
    const piece = value.subarray(from, from + 255);
    bytes.set([code, piece.length], at);
    bytes.set(piece, at + 2);
    at += 2 + piece.length;
  }
  return at;
}

/** Bytes that an option takes on the wire. */
function written(value: Uint8Array): number {
  return value.length + 2 * Math.max(1, Math.ceil(value.length / 255));
}

/** The type of a message; undefined when it has none that concerns leases. */
export function typeOf({ options }: DhcpMessage): MessageType | undefined {
  const value = options.get(OPTION.messageType);
  return value?.length === 1 ? messageTypeOf(value[0]) : undefined;
}

/** An option of exactly one address; undefined when absent or of another length. */
export function addressOption({ options }: DhcpMessage, code: number): Ipv4 | undefined {
  const value = options.get(code);
  return value?.length === 4 ? new DataView(value.buffer, value.byteOffset, 4).getUint32(0) : undefined;
}

/** An option as text for people: printable ASCII, bounded; anything else becomes "?". */
export function textOption({ options }: DhcpMessage, code: number): string | undefined {
  const value = options.get(code);
  if (value === undefined || value.length === 0) return undefined;
  const shown = value.subarray(0, DHCP_LIMITS.textChars);
  return [...shown].map((byte) => byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "?").join("");
}

/** Bytes of the longest reply that the client takes (option 57, RFC 2132 section 9.10). */
export function replyRoom({ options }: DhcpMessage): number {
  const value = options.get(OPTION.maxSize);
  const size = value?.length === 2 ? value[0]! << 8 | value[1]! : 576;
  return Math.min(DHCP_LIMITS.messageBytesMax, Math.max(DHCP_LIMITS.replyBytes, size - 28));
}

/** Bytes in lower-case hex. */
export function hex(bytes: Uint8Array, separator = ""): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(separator);
}

/** An address as four bytes. */
export function addressBytes(...addresses: readonly Ipv4[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(addresses.length * 4);
  const view = new DataView(bytes.buffer);
  addresses.forEach((address, index) => view.setUint32(index * 4, address));
  return bytes;
}

/** A number as four bytes. */
export const numberBytes = (value: number): Uint8Array<ArrayBuffer> => addressBytes(value);

/** An address for people. */
export function addressText(address: Ipv4): string {
  return [24, 16, 8, 0].map((shift) => address >>> shift & 0xff).join(".");
}

function malformed(why: string): ProtocolError {
  return new ProtocolError("DHCP_MALFORMED", `Cannot read a DHCP message: ${why}`);
}

import { ProtocolError } from "../core/errors.ts";
import { DNS_LIMITS } from "./limits.ts";

/** A name as read, and where the next byte behind it stands. */
export interface ReadName {
  /**
   * Lower case, labels joined by dots, "." for the root. Every byte that is not a letter, digit, "-" or "_" is escaped
   * as \DDD: a dot inside a label can so never be taken for two labels, and a rule never applies to another name
   * because of its case or its encoding (invariant 11).
   */
  readonly name: string;
  readonly next: number;
  /** A compression pointer was followed. */
  readonly isCompressed: boolean;
}

const LABEL_BYTES = 63;
const HEADER_BYTES = 12;

/** Reads a name, following compression pointers backwards only (RFC 1035 section 4.1.4). @throws ProtocolError DNS_MALFORMED */
export function readName(bytes: Uint8Array, start: number): ReadName {
  let name = "";
  let at = start;
  let next = -1;
  let lowest = start;
  let size = 1;
  for (;;) {
    const length = byteAt(bytes, at);
    if (length >= 0xc0) {
      const target = (length & 0x3f) << 8 | byteAt(bytes, at + 1);
      if (next < 0) next = at + 2;
      // Each pointer leads further back than all before it: no loop, and no more jumps than bytes.
      if (target < HEADER_BYTES || target >= lowest) {
        throw malformed(`a compression pointer at byte ${at} that does not lead back`);
      }
      lowest = at = target;
      continue;
    }
    if (length > LABEL_BYTES) throw malformed(`a label of an unknown kind at byte ${at}`);
    at++;
    if (length === 0) break;
    size += length + 1;
    if (size > DNS_LIMITS.nameBytes) throw malformed(`a name longer than ${DNS_LIMITS.nameBytes} bytes`);
    if (at + length > bytes.length) throw malformed(`a label beyond its end at byte ${at}`);
    const label = labelText(bytes, at, length);
    name = name === "" ? label : `${name}.${label}`;
    at += length;
  }
  return { name: name === "" ? "." : name, next: next < 0 ? at : next, isCompressed: next >= 0 };
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw malformed(`no end: byte ${at} is missing`);
  return byte;
}

function labelText(bytes: Uint8Array, at: number, length: number): string {
  let text = "";
  for (let index = at; index < at + length; index++) {
    const byte = bytes[index]!;
    if (byte >= 0x41 && byte <= 0x5a) text += String.fromCharCode(byte | 0x20);
    else if (isPlain(byte)) text += String.fromCharCode(byte);
    else text += `\\${String(byte).padStart(3, "0")}`;
  }
  return text;
}

/** a-z, 0-9, "-" and "_". */
function isPlain(byte: number): boolean {
  return byte >= 0x61 && byte <= 0x7a || byte >= 0x30 && byte <= 0x39 || byte === 0x2d || byte === 0x5f;
}

/** The wire form of a name as readName gives it, uncompressed. @throws ProtocolError DNS_MALFORMED when it has none */
export function nameBytes(name: string): Uint8Array<ArrayBuffer> {
  const out: number[] = [];
  for (const label of name === "." ? [] : name.split(".")) {
    const bytes = labelBytes(label);
    if (bytes.length === 0 || bytes.length > LABEL_BYTES) throw malformed(`a label of ${bytes.length} bytes`);
    out.push(bytes.length, ...bytes);
  }
  out.push(0);
  if (out.length > DNS_LIMITS.nameBytes) throw malformed(`a name longer than ${DNS_LIMITS.nameBytes} bytes`);
  return Uint8Array.from(out);
}

function labelBytes(label: string): number[] {
  const bytes: number[] = [];
  for (const part of label.match(/\\\d{3}|[^\\]|\\/g) ?? []) {
    const byte = part.length === 4 ? Number(part.slice(1)) : part.charCodeAt(0);
    if (byte > 255 || part === "\\") throw malformed("a character that no name has");
    bytes.push(byte);
  }
  return bytes;
}

/** The fault of a message that breaks its form: "Cannot read a DNS message: it has ...". */
export function malformed(what: string): ProtocolError {
  return new ProtocolError("DNS_MALFORMED", `Cannot read a DNS message: it has ${what}`);
}

import { ProtocolError } from "../core/errors.ts";
import { PKI_LIMITS } from "./limits.ts";

/** Tags of the DER values that certificates are made of (X.690 section 8). */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  t61String: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One DER value: its tag byte, its content and both together with the length as they stood on the wire. */
export interface Der {
  readonly tag: number;
  readonly value: Uint8Array;
  readonly raw: Uint8Array;
}

/** The bytes are not the DER that was wanted. */
export function malformed(what: string, cause?: unknown): ProtocolError {
  return new ProtocolError("PKI_MALFORMED", `Cannot read the certificate data: ${what}`, { cause });
}

/**
 * Reads strict DER (X.690): definite and shortest lengths, tag numbers below 31, bounded depth. Every fault is a
 * ProtocolError PKI_MALFORMED. Strict on purpose: rustls skips the proof of possession for encodings that it cannot
 * read itself, so nothing that it refuses may be accepted here.
 */
export class DerReader {
  readonly #bytes: Uint8Array;
  readonly #depth: number;
  #at = 0;

  constructor(bytes: Uint8Array, depth = 0) {
    if (depth > PKI_LIMITS.derDepth) throw malformed(`values are nested deeper than ${PKI_LIMITS.derDepth}`);
    this.#bytes = bytes;
    this.#depth = depth;
  }

  /** True when every byte was read. */
  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** The tag of the next value; undefined at the end. */
  get nextTag(): number | undefined {
    return this.#bytes[this.#at];
  }

  /** The next value; when `tag` is given, it must have that tag. */
  read(tag?: number): Der {
    const start = this.#at;
    const found = this.#byte();
    if ((found & 0x1f) === 0x1f) throw malformed(`multi-byte tag at ${start}`);
    if (tag !== undefined && found !== tag) throw malformed(`tag ${hex(found)} at ${start}, wanted ${hex(tag)}`);
    const length = this.#length();
    const from = this.#at;
    if (length > this.#bytes.length - from) throw malformed(`value at ${start} is cut off`);
    this.#at = from + length;
    return { tag: found, value: this.#bytes.subarray(from, this.#at), raw: this.#bytes.subarray(start, this.#at) };
  }

  /** The next value when it has this tag. */
  optional(tag: number): Der | undefined {
    return this.nextTag === tag ? this.read(tag) : undefined;
  }

  /** A reader over the content of the next value. */
  open(tag: number): DerReader {
    return this.inside(this.read(tag));
  }

  /** A reader over the content of a value read before. */
  inside(der: Der): DerReader {
    return new DerReader(der.value, this.#depth + 1);
  }

  /** @throws ProtocolError PKI_MALFORMED when bytes are left */
  end(): void {
    if (!this.done) throw malformed(`${this.#bytes.length - this.#at} bytes are left over`);
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw malformed("it ends too early");
    this.#at++;
    return byte;
  }

  #length(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0 || count > 3) throw malformed(`length form ${hex(first)}`);
    let length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + this.#byte();
    if (length < 0x80 || length < 256 ** (count - 1)) throw malformed("length is not in its shortest form");
    return length;
  }
}

/** Object identifier in dotted form: "2.5.29.19". */
export function readOid(der: Der): string {
  const bytes = der.value;
  if (bytes.length === 0 || bytes.length > 32 || bytes[bytes.length - 1]! >= 0x80) throw malformed("object identifier");
  const arcs: number[] = [];
  let arc = 0;
  let started = false;
  for (const byte of bytes) {
    if (!started && byte === 0x80) throw malformed("object identifier with a padded arc");
    arc = arc * 128 + (byte & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER / 128) throw malformed("object identifier with a huge arc");
    started = byte >= 0x80;
    if (started) continue;
    if (arcs.length === 0) arcs.push(Math.min(2, Math.floor(arc / 40)), arc - 40 * Math.min(2, Math.floor(arc / 40)));
    else arcs.push(arc);
    arc = 0;
  }
  return arcs.join(".");
}

/** Unsigned INTEGER content as lower-case hex with whole bytes and no leading zero byte; negative ones are refused. */
export function readUnsigned(der: Der): string {
  const bytes = der.value;
  if (bytes.length === 0) throw malformed("empty integer");
  if (bytes[0]! >= 0x80) throw malformed("negative integer");
  if (bytes[0] === 0 && bytes.length > 1 && bytes[1]! < 0x80) throw malformed("integer with needless zeros");
  return hexOf(bytes[0] === 0 && bytes.length > 1 ? bytes.subarray(1) : bytes);
}

/** A BOOLEAN: 00 or ff and nothing else. */
export function readBoolean(der: Der): boolean {
  if (der.value.length !== 1 || (der.value[0] !== 0 && der.value[0] !== 0xff)) throw malformed("boolean");
  return der.value[0] === 0xff;
}

/** A BIT STRING that holds whole bytes (keys and signatures). */
export function readBytesOfBitString(der: Der): Uint8Array {
  if (der.value[0] !== 0) throw malformed("bit string with unused bits");
  return der.value.subarray(1);
}

/** A named-bit list: bit n set as in KeyUsage (RFC 5280 section 4.2.1.3). */
export function readBits(der: Der): ReadonlySet<number> {
  const unused = der.value[0];
  if (unused === undefined || unused > 7 || der.value.length > 4) throw malformed("bit list");
  const bits = new Set<number>();
  for (let i = 0; i < (der.value.length - 1) * 8; i++) {
    if ((der.value[1 + (i >> 3)]! >> (7 - (i & 7))) & 1) bits.add(i);
  }
  return bits;
}

/** UTCTime or GeneralizedTime in the only forms that RFC 5280 section 4.1.2.5 allows; milliseconds since the epoch. */
export function readTime(der: Der): number {
  if (der.tag !== TAG.utcTime && der.tag !== TAG.generalizedTime) throw malformed(`time with tag ${hex(der.tag)}`);
  const text = String.fromCharCode(...der.value.subarray(0, 16));
  const match = (der.tag === TAG.utcTime ? /^(\d\d)(\d{10})Z$/ : /^(\d{4})(\d{10})Z$/).exec(text);
  if (!match || der.value.length > 15) throw malformed(`time "${text.replace(/[^\x20-\x7e]/g, "?")}"`);
  const short = Number(match[1]);
  const year = der.tag === TAG.generalizedTime ? short : short < 50 ? 2000 + short : 1900 + short;
  const [month, day, hour, minute, second] = match[2]!.match(/../g)!.map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  const back = new Date(time);
  // Date.UTC rolls over: the 31st of June would become the 1st of July.
  if (back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) {
    throw malformed(`time "${text}"`);
  }
  return time;
}

/** Text of the string types that names use; text that does not decode is malformed. */
export function readText(der: Der): string {
  try {
    switch (der.tag) {
      case TAG.utf8String:
      case TAG.printableString:
      case TAG.ia5String:
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(der.value);
      case TAG.t61String:
        return String.fromCharCode(...der.value.subarray(0, 1_024));
      case TAG.bmpString:
        return new TextDecoder("utf-16be", { fatal: true, ignoreBOM: true }).decode(der.value);
      default:
        throw malformed(`text with tag ${hex(der.tag)}`);
    }
  } catch (error) {
    throw error instanceof ProtocolError ? error : malformed("text that does not decode", error);
  }
}

/** Lower-case hex of bytes. */
export const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** True when both hold the same bytes. Not for secrets. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

const hex = (byte: number): string => byte.toString(16).padStart(2, "0");

import { concatBytes } from "../core/concat_bytes.ts";
import { ProtocolError } from "../core/errors.ts";
import { SWITCH_LIMITS } from "./limits.ts";

/** Tags of SNMP: the universal ones, those of RFC 2578, exceptions and messages of RFC 3416. */
export const TAG = {
  integer: 0x02,
  octets: 0x04,
  nothing: 0x05,
  oid: 0x06,
  sequence: 0x30,
  address: 0x40,
  counter: 0x41,
  gauge: 0x42,
  ticks: 0x43,
  opaque: 0x44,
  counter64: 0x46,
  noObject: 0x80,
  noInstance: 0x81,
  endOfView: 0x82,
} as const;

/** A value of a management table, as far as it is used here. */
export type SnmpValue =
  | { readonly kind: "number"; readonly number: number }
  | { readonly kind: "octets"; readonly octets: Uint8Array }
  | { readonly kind: "oid"; readonly oid: string }
  | { readonly kind: "nothing" | "absent" | "end" };

type Bytes = Uint8Array<ArrayBuffer>;

function refuse(why: string): never {
  throw new ProtocolError("SNMP_MALFORMED", `Cannot read an SNMP message: ${why}`);
}

/** One value with its tag and length (X.690 section 8.1); `parts` follow each other. */
export function tlv(tag: number, ...parts: readonly Uint8Array[]): Bytes {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = length < 0x80
    ? [tag, length]
    : length < 0x100
    ? [tag, 0x81, length]
    : [tag, 0x82, length >> 8, length & 0xff];
  return concatBytes([Uint8Array.from(head), ...parts]);
}

/** A whole number of 32 bits with its sign, in as few octets as hold it. */
export function writeInteger(value: number): Bytes {
  const bytes = [value >>> 24 & 0xff, value >>> 16 & 0xff, value >>> 8 & 0xff, value & 0xff];
  while (bytes.length > 1 && (bytes[0] === 0 && bytes[1]! < 0x80 || bytes[0] === 0xff && bytes[1]! >= 0x80)) {
    bytes.shift();
  }
  return tlv(TAG.integer, Uint8Array.from(bytes));
}

/** "1.3.6.1" as an object identifier. */
export function writeOid(text: string): Bytes {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  return tlv(TAG.oid, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

/** Seven bits an octet, the highest first; all but the last have their top bit set (X.690 section 8.19). */
function base128(arc: number): number[] {
  const out = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) out.unshift(rest % 128 | 0x80);
  return out;
}

/** Reads values one after the other; every length is checked against what is there. */
export class BerReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #depth: number;
  #at: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length, depth = 0) {
    if (depth > SWITCH_LIMITS.depth) refuse(`values stand more than ${SWITCH_LIMITS.depth} deep`);
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
    this.#depth = depth;
  }

  /** Where in the whole message the next value begins. */
  get at(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  /** The tag of the next value. @throws ProtocolError SNMP_MALFORMED */
  peek(): number {
    if (this.isAtEnd) refuse("it ends where a value should begin");
    return this.#bytes[this.#at]!;
  }

  /** A value with others in it. */
  enter(tag: number): BerReader {
    const [start, end] = this.#take(tag);
    return new BerReader(this.#bytes, start, end, this.#depth + 1);
  }

  octets(tag: number = TAG.octets): Uint8Array {
    const [start, end] = this.#take(tag);
    return this.#bytes.subarray(start, end);
  }

  /** A number of at most 64 bits; beyond 53 it is no longer exact, which only counters reach. */
  number(tag: number = TAG.integer): number {
    const octets = this.octets(tag);
    if (octets.length === 0 || octets.length > 9) refuse(`a number has ${octets.length} octets`);
    let value = tag === TAG.integer && octets[0]! >= 0x80 ? -1 : 0;
    for (const octet of octets) value = value * 256 + octet;
    return value;
  }

  oid(): string {
    const octets = this.octets(TAG.oid);
    const arcs: number[] = [];
    let arc = 0;
    for (const [index, octet] of octets.entries()) {
      arc = arc * 128 + (octet & 0x7f);
      if (arc > 0xffffffff) refuse("a number of an object identifier has more than 32 bits");
      if (octet >= 0x80) {
        if (index === octets.length - 1) refuse("an object identifier is cut off");
        continue;
      }
      if (arcs.length === 0) arcs.push(Math.min(2, Math.floor(arc / 40)), arc - 40 * Math.min(2, Math.floor(arc / 40)));
      else arcs.push(arc);
      if (arcs.length > SWITCH_LIMITS.oidArcs) refuse(`an object identifier has over ${SWITCH_LIMITS.oidArcs} numbers`);
      arc = 0;
    }
    if (arcs.length === 0) refuse("an object identifier is empty");
    return arcs.join(".");
  }

  /** A value of a table, whatever it is. */
  value(): SnmpValue {
    const tag = this.peek();
    switch (tag) {
      case TAG.integer:
      case TAG.counter:
      case TAG.gauge:
      case TAG.ticks:
      case TAG.counter64:
        return { kind: "number", number: this.number(tag) };
      case TAG.octets:
      case TAG.address:
      case TAG.opaque:
        return { kind: "octets", octets: this.octets(tag) };
      case TAG.oid:
        return { kind: "oid", oid: this.oid() };
      case TAG.noObject:
      case TAG.noInstance:
        this.octets(tag);
        return { kind: "absent" };
      case TAG.endOfView:
        this.octets(tag);
        return { kind: "end" };
      case TAG.nothing:
        this.octets(tag);
        return { kind: "nothing" };
      default:
        return refuse(`a value has the type 0x${tag.toString(16)}`);
    }
  }

  /** @throws ProtocolError when something follows */
  finish(): void {
    if (!this.isAtEnd) refuse(`${this.#end - this.#at} octets follow its end`);
  }

  /** Start and end of the contents; the reader stands behind them. */
  #take(tag: number): readonly [number, number] {
    const found = this.peek();
    if (found !== tag) refuse(`found 0x${found.toString(16)} where 0x${tag.toString(16)} should be`);
    let [length, at] = [this.#bytes[this.#at + 1], this.#at + 2];
    if (length === undefined || at > this.#end) return refuse("it is cut off in a length");
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count === 0 || count > 4 || at + count > this.#end) {
        return refuse("a length is indefinite, too long or cut off");
      }
      length = 0;
      for (const end = at + count; at < end; at++) length = length * 256 + this.#bytes[at]!;
    }
    if (at + length > this.#end) return refuse("a value is longer than what it is in");
    this.#at = at + length;
    return [at, this.#at];
  }
}

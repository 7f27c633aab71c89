import { concatBytes } from "../core/concat_bytes.ts";
import { TAG } from "./der_reader.ts";

/** Bytes that stand in an ArrayBuffer of their own. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** One DER value with this tag around the given parts. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Bytes {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  return concatBytes([Uint8Array.of(tag, ...lengthOf(size)), ...parts]);
}

/** SEQUENCE of the parts. */
export const sequence = (...parts: readonly Uint8Array[]): Bytes => der(TAG.sequence, ...parts);
/** SET of the parts; one part only needs no ordering, more are sorted as DER wants. */
export const setOf = (...parts: readonly Uint8Array[]): Bytes => der(TAG.set, ...[...parts].sort(compareBytes));
/** Explicit context tag [n]. */
export const explicit = (n: number, ...parts: readonly Uint8Array[]): Bytes => der(0xa0 + n, ...parts);
/** Implicit primitive context tag [n]. */
export const implicit = (n: number, content: Uint8Array): Bytes => der(0x80 + n, content);
/** OCTET STRING. */
export const octetString = (content: Uint8Array): Bytes => der(TAG.octetString, content);
/** BIT STRING of whole bytes. */
export const bitString = (content: Uint8Array): Bytes => der(TAG.bitString, new Uint8Array([0]), content);
/** BOOLEAN true; DER leaves out defaults, so false is never written. */
export const TRUE: Bytes = der(TAG.boolean, new Uint8Array([0xff]));
/** UTF8String. */
export const utf8String = (text: string): Bytes => der(TAG.utf8String, new TextEncoder().encode(text));

/** Named-bit list (KeyUsage): trailing zero bits are left out as DER wants. */
export function bitList(bits: readonly number[]): Bytes {
  const last = Math.max(...bits);
  const bytes = new Uint8Array(1 + (last >> 3) + 1);
  bytes[0] = 7 - (last & 7);
  for (const bit of bits) bytes[1 + (bit >> 3)]! |= 0x80 >> (bit & 7);
  return der(TAG.bitString, bytes);
}

/** Unsigned INTEGER of big-endian bytes or a small number. */
export function integer(value: Uint8Array | number): Bytes {
  const all = typeof value === "number" ? bytesOfNumber(value) : value;
  let start = 0;
  while (start < all.length - 1 && all[start] === 0) start++;
  const digits = all.subarray(start);
  return digits[0]! >= 0x80 ? der(TAG.integer, new Uint8Array([0]), digits) : der(TAG.integer, digits);
}

/** OBJECT IDENTIFIER from dotted form. */
export function oid(dotted: string): Bytes {
  const [first, second, ...rest] = dotted.split(".").map(Number) as [number, number, ...number[]];
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const digits = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) digits.unshift(0x80 | left % 128);
    bytes.push(...digits);
  }
  return der(TAG.oid, new Uint8Array(bytes));
}

/** Time as RFC 5280 section 4.1.2.5 wants: UTCTime up to 2049, GeneralizedTime from 2050. */
export function time(ms: number): Bytes {
  const text = new Date(ms).toISOString().replace(/[-:T]/g, "").slice(0, 14) + "Z";
  const year = new Date(ms).getUTCFullYear();
  const short = year >= 1950 && year < 2050;
  return der(short ? TAG.utcTime : TAG.generalizedTime, new TextEncoder().encode(short ? text.slice(2) : text));
}

/** PEM with lines of 64 characters (RFC 7468). */
export function toPem(label: string, bytes: Uint8Array): string {
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return `-----BEGIN ${label}-----\n${base64.match(/.{1,64}/g)!.join("\n")}\n-----END ${label}-----\n`;
}

function lengthOf(size: number): number[] {
  return size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : size < 0x10000 ? [0x82, size >> 8, size & 0xff] : [
    0x83,
    size >> 16,
    (size >> 8) & 0xff,
    size & 0xff,
  ];
}

function bytesOfNumber(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let left = value; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256);
  return new Uint8Array(bytes.length === 0 ? [0] : bytes);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

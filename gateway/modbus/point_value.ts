import type { Point } from "./point.ts";

/** A value of a point in its unit: a number, a text, or undefined where the device says that it has none. */
export type PointValue = number | bigint | string | boolean | undefined;

/** Reads the value of a point from all of its registers. Whole numbers beyond 2^53 that have no scale stay exact. */
export function readPoint(point: Point, registers: readonly number[]): PointValue {
  const bytes = bytesOf(point, registers);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (point.absent.includes(hex)) return undefined;
  const view = new DataView(bytes.buffer);
  switch (point.type) {
    case "bool":
      return registers[0] !== 0;
    case "bits":
      return `0x${hex}`;
    case "ascii":
      return textOf(bytes);
    case "u64":
    case "i64":
      return scaledBig(point, point.type === "u64" ? view.getBigUint64(0) : view.getBigInt64(0));
    default:
      return scaled(point, rawNumber(point, view));
  }
}

/**
 * Registers of a value as the device wants them: what `readPoint` reads back as that value, or as the nearest that the
 * type can hold towards zero. Undefined where the type is no number or cannot hold it.
 */
export function writePoint(point: Point, value: number): number[] | undefined {
  const view = new DataView(new ArrayBuffer(point.length * 2));
  const raw = point.scale > 0 && point.scale < 1 ? value * Math.round(1 / point.scale) : value / point.scale;
  if (!putNumber(point, view, raw)) return undefined;
  const words = Array.from({ length: point.length }, (_, at) => view.getUint16(at * 2));
  return point.wordSwap ? words.reverse() : words;
}

/** The value in words: with unit, or by its meaning. */
export function describePoint(point: Point, value: PointValue): string {
  if (value === undefined) return "none";
  const meaning = point.meanings?.[String(value)];
  if (meaning !== undefined) return `${meaning} (${String(value)})`;
  return point.unit === undefined ? String(value) : `${String(value)} ${point.unit}`;
}

/**
 * Says whether a scaled value is one that the device may be given; a point without known values says yes, what is no
 * number says no (0xFFFF of a float is not a number, and some devices take it for "no limit").
 */
export function isLegal({ legal }: Point, value: PointValue): boolean {
  if (legal === undefined) return true;
  if (typeof value !== "number" && typeof value !== "bigint") return false;
  const number = Number(value);
  return legal.some((part) => typeof part === "number" ? part === number : part[0] <= number && number <= part[1]);
}

function rawNumber({ type }: Point, view: DataView): number {
  switch (type) {
    case "i16":
      return view.getInt16(0);
    case "u32":
      return view.getUint32(0);
    case "i32":
      return view.getInt32(0);
    case "f32":
      return Number(view.getFloat32(0).toPrecision(7)); // what a float of 32 bits can tell apart
    case "f64":
      return view.getFloat64(0);
    default:
      return view.getUint16(0);
  }
}

/** Writes a raw number; false when the type cannot hold it. */
function putNumber({ type }: Point, view: DataView, raw: number): boolean {
  if (type === "f32" || type === "f64") {
    if (type === "f64") view.setFloat64(0, raw);
    else view.setFloat32(0, raw);
    // The nearest float may lie above: what is written is never more than was meant.
    if (type === "f32" && view.getFloat32(0) > raw) view.setUint32(0, view.getUint32(0) + (raw > 0 ? -1 : 1));
    return Number.isFinite(raw);
  }
  const bits = view.byteLength * 8;
  const isSigned = type.startsWith("i");
  if (!/^[ui]\d/.test(type)) return false;
  // 16.1 tenths are 161 and not 160.99999999999997
  const nearest = Math.round(raw), whole = Math.abs(raw - nearest) < 1e-6 ? nearest : Math.trunc(raw);
  const [least, most] = isSigned ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
  if (!(least <= whole && whole <= most)) return false;
  if (bits === 16) view.setInt16(0, whole);
  else if (bits === 32) view.setInt32(0, whole);
  else view.setBigInt64(0, BigInt(whole));
  return true;
}

/** Scales are powers of ten and small whole numbers: dividing keeps 0.1 from becoming 0.30000000000000004. */
function scaled({ scale }: Point, raw: number): number {
  return scale > 0 && scale < 1 ? raw / Math.round(1 / scale) : raw * scale;
}

function scaledBig(point: Point, raw: bigint): number | bigint {
  const isSafe = raw <= BigInt(Number.MAX_SAFE_INTEGER) && raw >= BigInt(Number.MIN_SAFE_INTEGER);
  return point.scale === 1 && !isSafe ? raw : scaled(point, Number(raw));
}

function bytesOf({ wordSwap }: Point, registers: readonly number[]): Uint8Array<ArrayBuffer> {
  const words = wordSwap ? registers.toReversed() : registers;
  return Uint8Array.from(words.flatMap((word) => [word >> 8 & 0xff, word & 0xff]));
}

/** Up to the first zero; what is not printable becomes a question mark. */
function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  const text = String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end)));
  return text.replaceAll(/[^\x20-\x7e]/g, "?").trim();
}

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

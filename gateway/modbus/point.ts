/** The four tables of a Modbus device (V1.1b3 section 4.3). */
export const TABLES = ["coil", "discrete", "holding", "input"] as const;
/** One table. */
export type Table = typeof TABLES[number];

/** How registers make a value. `ascii` and `bits` have a length of their own. */
export const POINT_TYPES = ["u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64", "ascii", "bits", "bool"] as const;
/** One of them. */
export type PointType = typeof POINT_TYPES[number];

/**
 * What a point is to policy. Roles have rights on classes, so that rules know no register numbers (Secure SunSpec Modbus):
 * measured: read at any time; commanded: set points that a manager moves; protected: limits, failsafes and identity of the
 * installation; personal: badge and vehicle ids; credential: a write acts as presenting a badge.
 */
export const POINT_CLASSES = ["measured", "commanded", "protected", "personal", "credential"] as const;
/** One class. */
export type PointClass = typeof POINT_CLASSES[number];

/** How well a fact about a device is known, weakest first. */
export const EVIDENCE_RUNGS = ["third-party", "documented", "bench", "hardware"] as const;

/** One named value of a device. */
export interface Point {
  readonly name: string;
  readonly table: Table;
  /** Address on the wire, from 0. */
  readonly address: number;
  readonly type: PointType;
  /** Registers (or bits of a coil table) that hold it. */
  readonly length: number;
  readonly class: PointClass;
  readonly access: "read" | "write" | "read-write";
  /** Unit of the scaled value: "V", "A", "kWh". */
  readonly unit?: string;
  /** Raw value times this is the value in `unit`. */
  readonly scale: number;
  /** Least significant register first. */
  readonly wordSwap: boolean;
  /** Raw values that mean "no value", as hex digits of all its registers. */
  readonly absent: readonly string[];
  /** Legal values of a write, scaled: single ones, or ranges with both ends in. Absent: nothing is known. */
  readonly legal?: readonly (number | readonly [number, number])[];
  /** Values that the device takes, and that only a rule with point and value allows: restart, out of service. */
  readonly restricted?: readonly (number | readonly [number, number])[];
  /** Meaning of raw numbers. */
  readonly meanings?: Readonly<Record<string, string>>;
  /** Written again and again to keep a failsafe from firing: goes before all others. */
  readonly heartbeat: boolean;
  /** A second write of the same value changes nothing: may be tried again. */
  readonly idempotent: boolean;
  /** Milliseconds that a read may be answered from memory; 0: never. */
  readonly maxAgeMs: number;
  /** How well all of this is known. */
  readonly rung: typeof EVIDENCE_RUNGS[number];
}

/** Registers or bits that a type takes; `length` counts for texts and bit fields. */
export function sizeOf(type: PointType, length: number | undefined): number {
  switch (type) {
    case "bool":
    case "u16":
    case "i16":
      return 1;
    case "u32":
    case "i32":
    case "f32":
      return 2;
    case "u64":
    case "i64":
    case "f64":
      return 4;
    case "ascii":
    case "bits":
      return length ?? 1;
  }
}

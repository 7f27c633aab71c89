/** One point of a device as a profile writes it; what may be left out is left out (docs: Modbus profiles). */
export interface PointSource {
  name: string;
  /** Address on the wire, from 0. */
  at: number;
  table?: "coil" | "discrete" | "holding" | "input" | undefined;
  type?: "u16" | "i16" | "u32" | "i32" | "u64" | "i64" | "f32" | "f64" | "ascii" | "bits" | "bool" | undefined;
  /** Registers of an ascii or bits point. */
  length?: number | undefined;
  class?: "measured" | "commanded" | "protected" | "personal" | "credential" | undefined;
  access?: "read" | "write" | "read-write" | undefined;
  unit?: string | undefined;
  /** Raw value times this is the value in its unit. */
  scale?: number | undefined;
  wordOrder?: "big" | "little" | undefined;
  /** Raw values, as hex, that mean none. */
  absent?: string[] | undefined;
  /** Scaled values that may be written: single ones, or ranges with both ends in. */
  legal?: (number | [number, number])[] | undefined;
  /** Scaled values that restart the device or take it out of service: written only by a rule that names point and value. */
  restricted?: (number | [number, number])[] | undefined;
  meanings?: Record<string, string> | undefined;
  heartbeat?: boolean | undefined;
  idempotent?: boolean | undefined;
  maxAgeMs?: number | undefined;
  /** Where it is written or was seen. */
  source: string;
  /** How well it is known, weakest first. */
  rung: "third-party" | "documented" | "bench" | "hardware";
}

/** What is known of one kind of device. */
export interface ProfileSource {
  id: string;
  name: string;
  wordOrder?: "big" | "little" | undefined;
  /** Function codes that it does not know. */
  unsupported?: number[] | undefined;
  notes?: string | undefined;
  points: PointSource[];
}

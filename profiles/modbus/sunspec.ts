/** One value of a SunSpec model; the offset counts from behind the model's id and length. */
export interface SunSpecPoint {
  readonly name: string;
  readonly at: number;
  /** Counters (acc32) are u32, enumerations u16, bit fields bits. */
  readonly type: "u16" | "i16" | "u32" | "f32" | "ascii" | "bits";
  /** Registers of an ascii or bits point. */
  readonly length?: number;
  readonly unit?: string;
  /** Offset of the register with the power of ten that it is scaled by. */
  readonly scale?: number;
  readonly class?: "measured" | "commanded" | "protected";
  readonly access?: "read" | "read-write";
  readonly meanings?: Readonly<Record<string, string>>;
  /** What may be written, in the scaled value. */
  readonly legal?: readonly (number | readonly [number, number])[];
}

/** One model of the SunSpec information model, or several of one form. */
export interface SunSpecModel {
  readonly ids: readonly number[];
  readonly name: string;
  /** Registers that a device may leave out at the end or add are no reason to refuse it: the points say what is needed. */
  readonly points: readonly SunSpecPoint[];
}

type Shape = Omit<SunSpecPoint, "name" | "at">;

/** Points of one shape by their offsets. */
function run(shape: Shape, places: Readonly<Record<string, number>>): SunSpecPoint[] {
  return Object.entries(places).map(([name, at]) => ({ ...shape, name, at }));
}

const i16 = (unit: string, scale: number): Shape => ({ type: "i16", unit, scale });
const u16 = (unit: string, scale: number): Shape => ({ type: "u16", unit, scale });
const f32 = (unit: string): Shape => ({ type: "f32", unit });

const OPERATING_STATES = {
  1: "off",
  2: "sleeping",
  3: "starting",
  4: "producing",
  5: "throttled",
  6: "shutting down",
  7: "fault",
  8: "standby",
} as const;

const COMMON: SunSpecModel = {
  ids: [1],
  name: "device",
  points: [
    { name: "manufacturer", at: 0, type: "ascii", length: 16 },
    { name: "model", at: 16, type: "ascii", length: 16 },
    { name: "options", at: 32, type: "ascii", length: 8 },
    { name: "version", at: 40, type: "ascii", length: 8 },
    { name: "serial-number", at: 48, type: "ascii", length: 16 },
    { name: "device-address", at: 64, type: "u16" },
  ],
};

const INVERTER: SunSpecModel = {
  ids: [101, 102, 103],
  name: "inverter",
  points: [
    ...run(u16("A", 4), { "current": 0, "current-l1": 1, "current-l2": 2, "current-l3": 3 }),
    ...run(u16("V", 11), { "voltage-l1-l2": 5, "voltage-l2-l3": 6, "voltage-l3-l1": 7 }),
    ...run(u16("V", 11), { "voltage-l1": 8, "voltage-l2": 9, "voltage-l3": 10 }),
    { name: "power", at: 12, ...i16("W", 13) },
    { name: "frequency", at: 14, ...u16("Hz", 15) },
    { name: "power-apparent", at: 16, ...i16("VA", 17) },
    { name: "power-reactive", at: 18, ...i16("var", 19) },
    { name: "power-factor", at: 20, ...i16("%", 21) },
    { name: "energy", at: 22, type: "u32", unit: "Wh", scale: 24 },
    { name: "dc-current", at: 25, ...u16("A", 26) },
    { name: "dc-voltage", at: 27, ...u16("V", 28) },
    { name: "dc-power", at: 29, ...i16("W", 30) },
    { name: "temperature-cabinet", at: 31, ...i16("C", 35) },
    { name: "state", at: 36, type: "u16", meanings: OPERATING_STATES },
    { name: "state-of-maker", at: 37, type: "u16" },
    { name: "events", at: 38, type: "bits", length: 2 },
  ],
};

const INVERTER_FLOAT: SunSpecModel = {
  ids: [111, 112, 113],
  name: "inverter",
  points: [
    ...run(f32("A"), { "current": 0, "current-l1": 2, "current-l2": 4, "current-l3": 6 }),
    ...run(f32("V"), { "voltage-l1-l2": 8, "voltage-l2-l3": 10, "voltage-l3-l1": 12 }),
    ...run(f32("V"), { "voltage-l1": 14, "voltage-l2": 16, "voltage-l3": 18 }),
    { name: "power", at: 20, ...f32("W") },
    { name: "frequency", at: 22, ...f32("Hz") },
    { name: "power-apparent", at: 24, ...f32("VA") },
    { name: "power-reactive", at: 26, ...f32("var") },
    { name: "power-factor", at: 28, ...f32("%") },
    { name: "energy", at: 30, ...f32("Wh") },
    { name: "dc-current", at: 32, ...f32("A") },
    { name: "dc-voltage", at: 34, ...f32("V") },
    { name: "dc-power", at: 36, ...f32("W") },
    { name: "temperature-cabinet", at: 38, ...f32("C") },
    { name: "state", at: 46, type: "u16", meanings: OPERATING_STATES },
    { name: "state-of-maker", at: 47, type: "u16" },
    { name: "events", at: 48, type: "bits", length: 2 },
  ],
};

/** Immediate controls of an inverter: set points and the switch to the grid. */
const CONTROLS: SunSpecModel = {
  ids: [123],
  name: "control",
  points: [
    {
      name: "connection",
      at: 2,
      type: "u16",
      class: "protected",
      access: "read-write",
      meanings: { 0: "disconnected", 1: "connected" },
      legal: [0, 1],
    },
    {
      name: "power-limit",
      at: 3,
      ...u16("%", 21),
      class: "commanded",
      access: "read-write",
      legal: [[0, 100]],
    },
    { name: "power-limit-revert", at: 5, type: "u16", unit: "s", class: "protected", access: "read-write" },
    {
      name: "power-limit-on",
      at: 7,
      type: "u16",
      class: "commanded",
      access: "read-write",
      meanings: { 0: "off", 1: "on" },
      legal: [0, 1],
    },
  ],
};

const METER: SunSpecModel = {
  ids: [201, 202, 203, 204],
  name: "meter",
  points: [
    ...run(i16("A", 4), { "current": 0, "current-l1": 1, "current-l2": 2, "current-l3": 3 }),
    ...run(i16("V", 13), { "voltage": 5, "voltage-l1": 6, "voltage-l2": 7, "voltage-l3": 8 }),
    ...run(i16("V", 13), { "voltage-l-l": 9, "voltage-l1-l2": 10, "voltage-l2-l3": 11, "voltage-l3-l1": 12 }),
    { name: "frequency", at: 14, ...i16("Hz", 15) },
    ...run(i16("W", 20), { "power": 16, "power-l1": 17, "power-l2": 18, "power-l3": 19 }),
    { name: "power-apparent", at: 21, ...i16("VA", 25) },
    { name: "power-reactive", at: 26, ...i16("var", 30) },
    { name: "power-factor", at: 31, ...i16("%", 35) },
    { name: "energy-export", at: 36, type: "u32", unit: "Wh", scale: 52 },
    { name: "energy-import", at: 44, type: "u32", unit: "Wh", scale: 52 },
  ],
};

const METER_FLOAT: SunSpecModel = {
  ids: [211, 212, 213, 214],
  name: "meter",
  points: [
    ...run(f32("A"), { "current": 0, "current-l1": 2, "current-l2": 4, "current-l3": 6 }),
    ...run(f32("V"), { "voltage": 8, "voltage-l1": 10, "voltage-l2": 12, "voltage-l3": 14 }),
    ...run(f32("V"), { "voltage-l-l": 16, "voltage-l1-l2": 18, "voltage-l2-l3": 20, "voltage-l3-l1": 22 }),
    { name: "frequency", at: 24, ...f32("Hz") },
    ...run(f32("W"), { "power": 26, "power-l1": 28, "power-l2": 30, "power-l3": 32 }),
    { name: "power-apparent", at: 34, ...f32("VA") },
    { name: "power-reactive", at: 42, ...f32("var") },
    { name: "power-factor", at: 50, ...f32("%") },
    { name: "energy-export", at: 58, ...f32("Wh") },
    { name: "energy-import", at: 66, ...f32("Wh") },
  ],
};

/** The models that discovery knows by name; others are skipped by their length and stay registers without meaning. */
export const SUNSPEC_MODELS: readonly SunSpecModel[] = [
  COMMON,
  INVERTER,
  INVERTER_FLOAT,
  CONTROLS,
  METER,
  METER_FLOAT,
];

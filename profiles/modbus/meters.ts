import type { PointSource, ProfileSource } from "./source.ts";

type Entry = PointSource;
type Shape = Omit<Entry, "name" | "at" | "source" | "rung">;

const MBMD = "mbmd meters/rs485";

/** A point per address: `series("voltage", [0, 2, 4], shape)` makes voltage-l1 to voltage-l3. */
function series(name: string, addresses: readonly number[], shape: Shape): Entry[] {
  return addresses.map((at, index) => ({
    ...shape,
    name: `${name}-l${index + 1}`,
    at,
    source: MBMD,
    rung: "third-party",
  }));
}

function single(name: string, at: number, shape: Shape): Entry {
  return { ...shape, name, at, source: MBMD, rung: "third-party" };
}

/** Shape of a value of one type in one unit. */
function as(type: NonNullable<Entry["type"]>, table: "holding" | "input", absent: readonly string[] = []) {
  return (unit: string, scale = 1): Shape => ({ type, table, unit, scale, absent: [...absent] });
}

const f32Input = as("f32", "input");
/** Eastron SDM630; all values in input registers. */
export const EASTRON_SDM630: ProfileSource = {
  id: "eastron-sdm630",
  name: "Eastron SDM630",
  points: [
    ...series("voltage", [0x00, 0x02, 0x04], f32Input("V")),
    ...series("current", [0x06, 0x08, 0x0a], f32Input("A")),
    ...series("power", [0x0c, 0x0e, 0x10], f32Input("W")),
    single("power-total", 0x34, f32Input("W")),
    single("frequency", 0x46, f32Input("Hz")),
    single("energy-import", 0x48, f32Input("kWh")),
    single("energy-export", 0x4a, f32Input("kWh")),
  ],
};

const f32Holding = as("f32", "holding");
/** Schneider iEM3000. */
export const SCHNEIDER_IEM3000: ProfileSource = {
  id: "schneider-iem3000",
  name: "Schneider iEM3000",
  points: [
    ...series("current", [0x0bb7, 0x0bb9, 0x0bbb], f32Holding("A")),
    ...series("voltage", [0x0bd3, 0x0bd5, 0x0bd7], f32Holding("V")),
    ...series("power", [0x0bed, 0x0bef, 0x0bf1], f32Holding("kW")),
    single("power-total", 0x0bf3, f32Holding("kW")),
    single("frequency", 0x0c25, f32Holding("Hz")),
    single("energy-import", 0x0c83, as("i64", "holding")("kWh", 0.001)),
    single("energy-export", 0x0c87, as("i64", "holding")("kWh", 0.001)),
  ],
};

const i32Swapped = as("i32", "input");
/** Carlo Gavazzi EM330, EM340, ET330, ET340: least significant register first. */
export const CARLO_GAVAZZI: ProfileSource = {
  id: "carlo-gavazzi-em340",
  name: "Carlo Gavazzi EM330, EM340, ET330, ET340",
  wordOrder: "little",
  points: [
    ...series("voltage", [0x00, 0x02, 0x04], i32Swapped("V", 0.1)),
    ...series("current", [0x0c, 0x0e, 0x10], i32Swapped("A", 0.001)),
    ...series("power", [0x12, 0x14, 0x16], i32Swapped("W", 0.1)),
    single("power-total", 0x28, i32Swapped("W", 0.1)),
    single("frequency", 0x33, as("i16", "input")("Hz", 0.1)),
    single("energy-import", 0x34, i32Swapped("kWh", 0.1)),
    single("energy-export", 0x4e, i32Swapped("kWh", 0.1)),
  ],
};

const u32Abb = as("u32", "holding", ["ffffffff"]);
const i32Abb = as("i32", "holding", ["7fffffff"]);
const u64Abb = as("u64", "holding", ["ffffffffffffffff"]);
/** ABB A43, A44, B23, B24. */
export const ABB_B23: ProfileSource = {
  id: "abb-b23",
  name: "ABB A43, A44, B23, B24",
  points: [
    single("energy-import", 0x5000, u64Abb("kWh", 0.01)),
    single("energy-export", 0x5004, u64Abb("kWh", 0.01)),
    ...series("voltage", [0x5b00, 0x5b02, 0x5b04], u32Abb("V", 0.1)),
    ...series("current", [0x5b0c, 0x5b0e, 0x5b10], u32Abb("A", 0.01)),
    single("power-total", 0x5b14, i32Abb("W", 0.01)),
    ...series("power", [0x5b16, 0x5b18, 0x5b1a], i32Abb("W", 0.01)),
    single("frequency", 0x5b2c, as("u16", "holding", ["ffff"])("Hz", 0.01)),
  ],
};

/** Janitza B series and UMG. */
export const JANITZA: ProfileSource = {
  id: "janitza-umg",
  name: "Janitza B series, UMG",
  points: [
    ...series("voltage", [0x4a38, 0x4a3a, 0x4a3c], f32Holding("V")),
    ...series("current", [0x4a44, 0x4a46, 0x4a48], f32Holding("A")),
    ...series("power", [0x4a4c, 0x4a4e, 0x4a50], f32Holding("W")),
    single("power-total", 0x4a52, f32Holding("W")),
    single("frequency", 0x4a6a, f32Holding("Hz")),
    single("energy-import", 0x4a7c, f32Holding("Wh")),
    single("energy-export", 0x4a84, f32Holding("Wh")),
  ],
};

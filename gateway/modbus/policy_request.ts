import type { ModbusRequest } from "./codec.ts";
import type { Point } from "./point.ts";
import { writePoint } from "./point_value.ts";
import type { Profile } from "./profile.ts";

/** A request in the words of an admin: points by name, values in their units. */
export interface NamedRequest {
  readonly read?: readonly string[] | undefined;
  readonly write?: Readonly<Record<string, number | string>> | undefined;
  readonly function?: number | undefined;
  readonly subfunction?: number | undefined;
}

/** The request on the wire, or why there is none; for `policy explain` and cases. */
export type BuiltRequest = { readonly request: ModbusRequest } | { readonly fault: string };

/** Builds it: several points are one request, so they have to stand beside each other. */
export function buildRequest(profile: Profile | undefined, named: NamedRequest): BuiltRequest {
  const { read, write, function: code, subfunction } = named;
  if (code !== undefined) return functionRequest(code, subfunction ?? 0);
  const names = read ?? Object.keys(write ?? {});
  const points = names.map((name) => profile?.points.find((point) => point.name === name));
  const unknown = names.find((_, at) => points[at] === undefined);
  if (unknown !== undefined || names.length === 0) {
    return { fault: `point "${unknown ?? ""}" is none of its profile: wanted ${namesOf(profile)}` };
  }
  const sorted = (points as Point[]).toSorted((a, b) => a.address - b.address);
  const [first] = sorted as [Point, ...Point[]];
  if (sorted.some(({ table }) => table !== first.table)) return { fault: "its points stand in different tables" };
  return write ? writeRequest(sorted, write) : readRequest(sorted);
}

function namesOf(profile: Profile | undefined): string {
  if (!profile) return "a unit with a profile";
  return `one of ${profile.points.slice(0, 12).map(({ name }) => name).join(", ")}${
    profile.points.length > 12 ? " ..." : ""
  }`;
}

const READS = { coil: 1, discrete: 2, holding: 3, input: 4 } as const;

function readRequest(points: readonly Point[]): BuiltRequest {
  const { address, table } = points[0]!;
  const quantity = Math.max(...points.map((point) => point.address + point.length)) - address;
  return { request: { function: READS[table], address, quantity } };
}

function writeRequest(points: readonly Point[], values: Readonly<Record<string, number | string>>): BuiltRequest {
  const registers: number[] = [], { address, table } = points[0]!;
  if (table === "discrete" || table === "input") {
    return { fault: `${points[0]!.name} stands in a table that is only read` };
  }
  for (const point of points) {
    if (point.address !== address + registers.length) {
      return { fault: `${point.name} does not stand beside the point before it` };
    }
    const value = values[point.name]!;
    const words = typeof value === "number" ? writePoint(point, value) : textRegisters(point, value);
    if (table === "coil") registers.push(Number(value) === 0 ? 0 : 1);
    else if (!words) return { fault: `${point.name} cannot hold ${value}` };
    else registers.push(...words);
  }
  if (table === "coil") return { request: { function: 15, address, bits: registers.map((bit) => bit === 1) } };
  return {
    request: registers.length === 1
      ? { function: 6, address, value: registers[0]! }
      : { function: 16, address, registers },
  };
}

function textRegisters({ type, length }: Point, text: string): number[] | undefined {
  if (type !== "ascii" || text.length > length * 2 || /[^\x20-\x7e]/.test(text)) return undefined;
  return Array.from({ length }, (_, at) => (text.charCodeAt(at * 2) || 0) << 8 | (text.charCodeAt(at * 2 + 1) || 0));
}

function functionRequest(code: number, subfunction: number): BuiltRequest {
  switch (code) {
    case 7:
    case 11:
    case 12:
    case 17:
      return { request: { function: code } };
    case 8:
      return { request: { function: 8, subfunction, data: new Uint8Array(2) } };
    case 20:
      return { request: { function: 20, references: [{ file: 1, record: 0, length: 1 }] } };
    case 21:
      return { request: { function: 21, records: [{ file: 1, record: 0, length: 1, registers: [0] }] } };
    case 24:
      return { request: { function: 24, address: 0 } };
    case 43:
      return { request: { function: 43, code: 1, object: 0 } };
    default:
      return {
        fault: `function code ${code} has addresses or is not known: wanted 7, 8, 11, 12, 17, 20, 21, 24 or 43`,
      };
  }
}

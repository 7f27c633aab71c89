import type { Point } from "./point.ts";
import { isLegal } from "./point_value.ts";
import type { Profile } from "./profile.ts";

/** What is wrong with a profile, all faults at once; each names the point, the value and what is wanted. */
export function lintProfile({ id, points }: Profile): string[] {
  const faults = [...repeatedNames(points), ...overlaps(points), ...points.flatMap(pointFaults)];
  return faults.map((fault) => `${id}: ${fault}`);
}

function repeatedNames(points: readonly Point[]): string[] {
  const seen = new Set<string>(), faults: string[] = [];
  for (const { name } of points) {
    if (seen.has(name)) faults.push(`${name}: the name is used twice, wanted one point of each name`);
    seen.add(name);
  }
  return faults;
}

/** Two points on one register could be judged in two ways; a read-only and a write-only one may share it. */
function overlaps(points: readonly Point[]): string[] {
  const sorted = points.toSorted((a, b) => a.table.localeCompare(b.table) || a.address - b.address);
  return sorted.flatMap((point, index) => {
    const other = sorted.slice(index + 1).find((next) =>
      next.table === point.table && next.address < point.address + point.length && !sharesLegally(point, next)
    );
    return other ? [`${other.name}: ${other.address} is already a part of ${point.name}, wanted points apart`] : [];
  });
}

const sharesLegally = (a: Point, b: Point) =>
  a.access === "read" && b.access === "write" || a.access === "write" && b.access === "read";

function pointFaults(point: Point): string[] {
  const { name, table, type, access, legal, restricted, absent, length, address } = point;
  const faults: string[] = [];
  const isBitTable = table === "coil" || table === "discrete";
  if (address + length > 0x10000) faults.push(`${name}: ends at ${address + length - 1}, wanted at most 65535`);
  if (isBitTable !== (type === "bool") && type !== "bits") {
    faults.push(`${name}: type ${type} in table ${table}, wanted bool in a table of bits and in no other`);
  }
  if ((table === "input" || table === "discrete") && access !== "read") {
    faults.push(`${name}: access ${access} in table ${table}, wanted read`);
  }
  if (access === "read" && legal) faults.push(`${name}: legal values of a point that cannot be written`);
  if (access !== "read" && !legal && point.class === "commanded") {
    faults.push(`${name}: no legal values, wanted those that the maker allows: they are what a write is judged by`);
  }
  if (access !== "read" && point.class === "measured") {
    faults.push(`${name}: class measured can be written, wanted commanded or protected`);
  }
  if (restricted && !legal) faults.push(`${name}: restricted values beside no legal ones, wanted both`);
  for (const part of restricted ?? []) {
    if (legal && typeof part === "number" && isLegal(point, part)) {
      faults.push(`${name}: ${part} is legal and restricted`);
    }
  }
  if (point.heartbeat && access === "read") faults.push(`${name}: a heartbeat that cannot be written`);
  for (const raw of absent) {
    if (raw.length !== length * 4) faults.push(`${name}: absent ${raw}, wanted ${length * 4} hex digits`);
  }
  for (const part of [...legal ?? [], ...restricted ?? []]) {
    if (typeof part !== "number" && part[0] > part[1]) faults.push(`${name}: the range ${part.join(" to ")} is empty`);
  }
  return faults;
}

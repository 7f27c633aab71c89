import type { ModbusPointLimits, ModbusTarget } from "../../policies/modbus_rule.ts";
import type { ModbusRequest } from "./codec.ts";
import type { Point } from "./point.ts";
import { readPoint } from "./point_value.ts";
import { type Access, accessesOf, type PointIndex, type Touched } from "./profile.ts";

/** One part of a request with the points of the unit's profile that it shares a register with. */
export interface TouchedAccess {
  readonly access: Access;
  readonly points: readonly Touched[];
  /** Registers that no point knows. */
  readonly unknown: number;
}

/** Everything that a request reads and writes. Without a profile no register is known. */
export function touchedBy(request: ModbusRequest, index: PointIndex | undefined): readonly TouchedAccess[] {
  return accessesOf(request).map((access) => ({
    access,
    ...index?.touched(access) ?? { points: [], unknown: access.span.quantity },
  }));
}

/** Names of the points that are touched. */
export function namesOf(touched: readonly TouchedAccess[]): readonly string[] {
  return touched.flatMap(({ points }) => points.map(({ point }) => point.name));
}

/** What happened to a point before, as its policy has to know. */
export type PointPast = (point: Point) => Pick<ModbusTarget, "lease" | "last">;

/** One access as rules see it: each point by itself, and what no point knows as one more. */
export function targetsOf({ access, points, unknown }: TouchedAccess, past: PointPast): ModbusTarget[] {
  const isWrite = access.values !== undefined;
  const named = points.map(({ point, isPartial, registers }): ModbusTarget => ({
    access: isWrite ? "write" : "read",
    point: { name: point.name, class: point.class },
    isPartial,
    value: registers && numberOf(point, registers),
    ...isWrite && { limits: limitsOf(point), ...past(point) },
  }));
  if (unknown === 0) return named;
  const rest = { access: isWrite ? "write" : "read", point: undefined, isPartial: false, value: undefined } as const;
  return [...named, rest];
}

/** What the profile says of writes. */
export function limitsOf({ access, type, scale, legal, restricted }: Point): ModbusPointLimits {
  return {
    isWritable: access !== "read",
    step: type === "f32" || type === "f64" ? 0 : scale,
    ...legal && { legal },
    ...restricted && { restricted },
  };
}

/** A float that is no number is no value: some devices take it for "no limit". */
function numberOf(point: Point, registers: readonly number[]): number | undefined {
  const value = readPoint(point, registers);
  if (typeof value === "boolean") return Number(value);
  const number = typeof value === "bigint" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

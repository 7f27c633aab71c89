import type { ModbusClamp, ModbusTarget, ModbusValues } from "./modbus_rule.ts";

/** Whether a value is one of these, or within one of these ranges. */
export function isAmong(values: ModbusValues, value: number): boolean {
  return values.some((part) => typeof part === "number" ? part === value : part[0] <= value && value <= part[1]);
}

/**
 * Whether the profile lets the device be given this value. What is no number is not legal where anything is known: some
 * devices take such a one for "no limit".
 */
export function isLegalValue({ limits, value }: Pick<ModbusTarget, "limits" | "value">): boolean {
  if (limits?.legal === undefined) return true;
  return value !== undefined && (isAmong(limits.legal, value) || isAmong(limits.restricted ?? [], value));
}

/**
 * The value to forward in place of one that is too high: the highest that the device may be given, that the clamp lets
 * through and that is below what was asked. Undefined: there is none. A value within the clamp stays as it is, legal or not.
 */
export function clampValue(
  { value, limits, last }: Pick<ModbusTarget, "value" | "limits" | "last">,
  { max, risePerMinute }: ModbusClamp,
): number | undefined {
  if (value === undefined) return undefined;
  const risen = risePerMinute !== undefined && last ? last.value + risePerMinute * last.minutesAgo : Infinity;
  const ceiling = Math.min(max ?? Infinity, risen);
  if (!(value > ceiling)) return value; // neither is what is no number: it is not raised to the ceiling
  return highestLegal(limits?.legal, stepDown(ceiling, limits?.step ?? 0), limits?.step ?? 0);
}

/** The highest multiple of a step that is not above. */
function stepDown(value: number, step: number): number {
  if (step <= 0) return value;
  // 16.1 / 0.1 is 161.00000000000003: what is a multiple but for the last digits is one.
  const steps = value / step, whole = Math.round(steps);
  return multiple(Math.abs(steps - whole) < 1e-9 ? whole : Math.floor(steps), step);
}

/** 161 tenths are 16.1 and not 16.1 and a bit. */
function multiple(steps: number, step: number): number {
  return step < 1 ? steps / Math.round(1 / step) : steps * step;
}

function highestLegal(legal: ModbusValues | undefined, most: number, step: number): number | undefined {
  if (legal === undefined) return most;
  const candidates = legal.flatMap((part) => {
    const [low, high] = typeof part === "number" ? [part, part] : part;
    if (low > most) return [];
    const value = high <= most ? stepDown(high, step) : most;
    return value >= low ? [value] : [];
  });
  return candidates.length === 0 ? undefined : Math.max(...candidates);
}

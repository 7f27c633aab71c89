import type { EnergyReading, SignedReading } from "../../core/ledger_api.ts";
import { LEDGER_FEED_LIMITS } from "./limits.ts";

/** What a list of meter values says about energy. */
export interface Metered {
  readonly readings: readonly EnergyReading[];
  readonly signed: readonly SignedReading[];
}

/** The register that bills: energy taken from the grid by the vehicle; it is the default of both versions. */
const REGISTER = "Energy.Active.Import.Register";

/**
 * Register readings and signed values of `meterValue` (1.6 and 2.x) or `transactionData` (1.6). Values of a phase or of
 * the inlet are left out. Total: what cannot be read is passed over.
 */
export function readMeterValues(list: unknown): Metered {
  const readings: EnergyReading[] = [], signed: SignedReading[] = [];
  for (const entry of array(list)) {
    const time = text(field(entry, "timestamp"));
    for (const sample of array(field(entry, "sampledValue"))) {
      const proof = signedOf(sample);
      if (proof !== undefined && signed.length < LEDGER_FEED_LIMITS.valuesPerMessage) {
        const context = text(field(sample, "context"));
        signed.push({ ...time ? { time } : {}, ...context ? { context } : {}, value: proof });
      }
      const wh = whOf(sample);
      if (wh !== undefined && readings.length < LEDGER_FEED_LIMITS.valuesPerMessage) {
        readings.push({ ...time ? { time } : {}, wh });
      }
    }
  }
  return { readings, signed };
}

/** 1.6 marks a signed value by its format; 2.x has an object for it beside the plain value. */
function signedOf(sample: unknown): string | undefined {
  const value = field(sample, "format") === "SignedData"
    ? field(sample, "value")
    : field(field(sample, "signedMeterValue"), "signedMeterData");
  return typeof value === "string" && value.length <= LEDGER_FEED_LIMITS.signedChars ? value : undefined;
}

function whOf(sample: unknown): number | undefined {
  if (field(sample, "format") === "SignedData" || field(sample, "phase") !== undefined) return undefined;
  if ((field(sample, "measurand") ?? REGISTER) !== REGISTER || field(sample, "location") === "Inlet") return undefined;
  const raw = field(sample, "value"), unit = field(sample, "unitOfMeasure");
  const value = typeof raw === "string" && /^-?\d{1,15}(\.\d{1,9})?$/.test(raw.trim()) ? Number(raw) : raw;
  if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
  const name = field(sample, "unit") ?? field(unit, "unit") ?? "Wh", power = field(unit, "multiplier") ?? 0;
  const factor = name === "Wh" ? 1 : name === "kWh" ? 1_000 : undefined;
  if (factor === undefined || typeof power !== "number" || Math.abs(power) > 12) return undefined;
  return value * factor * 10 ** power;
}

/** A property of what may be no object. */
export function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** A short text, cut; undefined for anything else. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value.slice(0, LEDGER_FEED_LIMITS.textChars) : undefined;
}

/** A whole number that is safe to keep. */
export function integer(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) ? value : undefined;
}

function array(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, LEDGER_FEED_LIMITS.valuesPerMessage) : [];
}

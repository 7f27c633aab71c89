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
  if (!Array.isArray(list)) return NOTHING;
  const readings: EnergyReading[] = [], signed: SignedReading[] = [];
  const { valuesPerMessage } = LEDGER_FEED_LIMITS;
  for (let i = 0; i < list.length && i < valuesPerMessage; i++) {
    const samples = field(list[i], "sampledValue");
    if (!Array.isArray(samples)) continue;
    const time = text(field(list[i], "timestamp"));
    for (let n = 0; n < samples.length && n < valuesPerMessage; n++) readSample(samples[n], time, readings, signed);
  }
  return { readings, signed };
}

const NOTHING: Metered = Object.freeze({ readings: [], signed: [] });

function readSample(
  sample: unknown,
  time: string | undefined,
  readings: EnergyReading[],
  signed: SignedReading[],
): void {
  if (typeof sample !== "object" || sample === null) return;
  const proof = signedOf(sample as Sample);
  if (proof !== undefined && signed.length < LEDGER_FEED_LIMITS.valuesPerMessage) {
    const context = text((sample as Sample).context);
    signed.push({ ...time ? { time } : {}, ...context ? { context } : {}, value: proof });
  }
  const wh = whOf(sample as Sample);
  if (wh !== undefined && readings.length < LEDGER_FEED_LIMITS.valuesPerMessage) {
    readings.push(time ? { time, wh } : { wh });
  }
}

/** What of a sampled value is looked at, in both versions. */
type Sample = Readonly<
  Partial<
    Record<
      | "context"
      | "format"
      | "location"
      | "measurand"
      | "phase"
      | "signedMeterValue"
      | "unit"
      | "unitOfMeasure"
      | "value",
      unknown
    >
  >
>;

/** 1.6 marks a signed value by its format; 2.x has an object for it beside the plain value. */
function signedOf({ format, value, signedMeterValue }: Sample): string | undefined {
  const proof = format === "SignedData" ? value : field(signedMeterValue, "signedMeterData");
  return typeof proof === "string" && proof.length <= LEDGER_FEED_LIMITS.signedChars ? proof : undefined;
}

function whOf(sample: Sample): number | undefined {
  const raw = sample.value;
  if ((sample.measurand ?? REGISTER) !== REGISTER) return undefined; // nearly all others end here
  if (sample.format === "SignedData" || sample.phase !== undefined || sample.location === "Inlet") return undefined;
  const unit = sample.unitOfMeasure;
  const value = typeof raw === "string" && /^-?\d{1,15}(\.\d{1,9})?$/.test(raw.trim()) ? Number(raw) : raw;
  if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
  const name = sample.unit ?? field(unit, "unit") ?? "Wh", power = field(unit, "multiplier") ?? 0;
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

import type { EnergyReading, SignedReading } from "../../core/ledger_api.ts";
import { LEDGER_FEED_LIMITS } from "./limits.ts";

/** What a list of meter values says about energy. */
export interface Metered {
  readonly readings: readonly EnergyReading[];
  readonly signed: readonly SignedReading[];
  /** Signed values that were too long or too many to keep. */
  readonly signedLost: number;
}

/** The register that bills: energy taken from the grid by the vehicle; it is the default of both versions. */
const REGISTER = "Energy.Active.Import.Register";

/** While a list is read. */
interface Reading {
  readonly readings: EnergyReading[];
  readonly signed: SignedReading[];
  signedLost: number;
}

/**
 * Register readings and signed values of `meterValue` (1.6 and 2.x) or `transactionData` (1.6). Values of a phase or of
 * the inlet are left out; of a long list the first and the last are kept, where begin and end stand. Total: what cannot
 * be read is passed over.
 */
export function readMeterValues(list: unknown): Metered {
  if (!Array.isArray(list)) return NOTHING;
  const into: Reading = { readings: [], signed: [], signedLost: 0 };
  for (let i = 0; i < list.length; i++) {
    const samples = field(list[i], "sampledValue");
    if (!Array.isArray(samples)) continue;
    const time = text(field(list[i], "timestamp"));
    for (let n = 0; n < samples.length; n++) readSample(samples[n], time, into);
  }
  return into;
}

const NOTHING: Metered = Object.freeze({ readings: [], signed: [], signedLost: 0 });

function readSample(sample: unknown, time: string | undefined, into: Reading): void {
  if (typeof sample !== "object" || sample === null) return;
  const proof = signedOf(sample as Sample), { signed, readings } = into;
  if (proof !== undefined && proof.length > LEDGER_FEED_LIMITS.signedChars) into.signedLost++;
  else if (proof !== undefined) {
    const context = text((sample as Sample).context);
    signed.push({ ...time ? { time } : {}, ...context ? { context } : {}, value: proof });
    if (withoutMiddle(signed)) into.signedLost++;
  }
  const wh = whOf(sample as Sample);
  if (wh === undefined) return;
  readings.push(time ? { time, wh } : { wh });
  withoutMiddle(readings);
}

/** Keeps a list at its limit; whether one had to go. */
function withoutMiddle(list: unknown[]): boolean {
  const { valuesPerMessage } = LEDGER_FEED_LIMITS;
  if (list.length <= valuesPerMessage) return false;
  list.splice(valuesPerMessage / 2, 1);
  return true;
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

/** 1.6 marks a signed value by its format, or forgets to; 2.x has an object for it beside the plain value. */
function signedOf({ format, value, signedMeterValue }: Sample): string | undefined {
  const proof = format === "SignedData" || isOcmf(value) ? value : field(signedMeterValue, "signedMeterData");
  return typeof proof === "string" ? proof : undefined;
}

function isOcmf(value: unknown): boolean {
  return typeof value === "string" && value.startsWith("OCMF|");
}

function whOf(sample: Sample): number | undefined {
  const raw = sample.value;
  if ((sample.measurand ?? REGISTER) !== REGISTER) return undefined; // nearly all others end here
  if (sample.format === "SignedData" || sample.phase !== undefined || sample.location === "Inlet") return undefined;
  const unit = sample.unitOfMeasure;
  const value = amount(raw);
  if (value === undefined) return undefined;
  const name = sample.unit ?? field(unit, "unit") ?? "Wh", power = field(unit, "multiplier") ?? 0;
  const factor = name === "Wh" ? 1 : name === "kWh" ? 1_000 : undefined;
  if (factor === undefined || typeof power !== "number" || Math.abs(power) > 12) return undefined;
  return Math.round(value * factor * 10 ** power * 1e6) / 1e6; // 1.1 kWh is not 1100.0000000000002 Wh
}

/** A property of what may be no object. */
export function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** A short text, cut; undefined for anything else. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value.slice(0, LEDGER_FEED_LIMITS.textChars) : undefined;
}

/** Also a float to its last digit, as programs write them: "12.300000190734863". */
const NUMBER = /^-?\d{1,15}(\.\d{1,20})?$/;

/** A number, also one that stands in quotes (quirk loose-numbers: the bill must not depend on it). */
export function amount(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  return typeof value === "string" && NUMBER.test(value.trim()) ? Number(value) : undefined;
}

/** A whole number that is safe to keep, also one that stands in quotes. */
export function integer(value: unknown): number | undefined {
  const number = amount(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

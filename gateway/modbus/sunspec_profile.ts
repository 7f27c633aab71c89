import { SUNSPEC_MODELS, type SunSpecModel, type SunSpecPoint } from "../../profiles/modbus/sunspec.ts";
import type { PointSource, ProfileSource } from "../../profiles/modbus/source.ts";
import { sizeOf } from "./point.ts";
import type { FoundModel } from "./sunspec_chain.ts";

/** A model with its registers as they were read. */
export interface ReadModel extends FoundModel {
  readonly registers: readonly number[];
}

/** What was made of a device, and what was left out and why. */
export interface DiscoveredProfile {
  readonly profile: ProfileSource;
  readonly remarks: readonly string[];
}

/** What SunSpec has in place of a value, by type; a counter at zero may be one that was never counted. */
const NOT_THERE: Readonly<Record<SunSpecPoint["type"], string | undefined>> = {
  u16: "ffff",
  i16: "8000",
  u32: "ffffffff",
  f32: "7fc00000",
  bits: undefined,
  ascii: undefined,
};
/** A scale factor that is not there (0x8000), and the range of those that are. */
const NO_SCALE = 0x8000, MOST_TENS = 10;

/**
 * The profile of a device from its SunSpec models, as a file to review: names, units and scales as the device has them
 * now. What the device says it does not have is left out; a model that comes twice gets a number.
 */
export function sunSpecProfile(id: string, models: readonly ReadModel[], seenOn: string): DiscoveredProfile {
  const remarks: string[] = [];
  const taken = new Map<string, number>();
  const points = models.flatMap((found) => {
    const model = SUNSPEC_MODELS.find(({ ids }) => ids.includes(found.id));
    if (!model) {
      remarks.push(`Model ${found.id} at ${found.address} (${found.length} registers) is not known here`);
      return [];
    }
    const times = (taken.get(model.name) ?? 0) + 1;
    taken.set(model.name, times);
    return pointsOf(model, found, times === 1 ? model.name : `${model.name}-${times}`, seenOn, remarks);
  });
  return {
    profile: { id, name: nameOf(models), notes: `From the SunSpec models that ${seenOn} showed.`, points },
    remarks,
  };
}

function pointsOf(
  model: SunSpecModel,
  found: ReadModel,
  prefix: string,
  seenOn: string,
  remarks: string[],
): PointSource[] {
  return model.points.flatMap((point): PointSource[] => {
    const size = sizeOf(point.type, point.length);
    if (point.at + size > found.length) return []; // an older edition of the model is shorter
    const factor = point.scale === undefined ? 0 : scaleOf(found.registers[point.scale]);
    if (factor === undefined) {
      remarks.push(`${prefix}-${point.name} is left out: its scale factor is not there or beyond 10^${MOST_TENS}`);
      return [];
    }
    const absent = NOT_THERE[point.type];
    const own = found.registers.slice(point.at, point.at + size);
    if (absent !== undefined && hexOf(own) === absent && point.access !== "read-write") return []; // the device has none
    const { type, length, unit, class: pointClass, access, meanings, legal } = point;
    return [{
      name: `${prefix}-${point.name}`,
      at: found.address + point.at,
      type,
      ...length === undefined ? {} : { length },
      ...unit === undefined ? {} : { unit },
      ...factor === 0 ? {} : { scale: 10 ** factor },
      ...absent === undefined ? {} : { absent: [absent] },
      ...pointClass === undefined ? {} : { class: pointClass },
      ...access === undefined ? {} : { access },
      ...meanings === undefined ? {} : { meanings },
      ...legal === undefined ? {} : { legal: legal.map((part) => typeof part === "number" ? part : [...part]) },
      source: `SunSpec model ${found.id}, seen on ${seenOn}`.slice(0, 120),
      rung: "bench",
    }];
  });
}

/** The power of ten that a register holds. */
function scaleOf(register: number | undefined): number | undefined {
  if (register === undefined || register === NO_SCALE) return undefined;
  const tens = register > 0x7fff ? register - 0x10000 : register;
  return Math.abs(tens) <= MOST_TENS ? tens : undefined;
}

function hexOf(registers: readonly number[]): string {
  return registers.map((word) => word.toString(16).padStart(4, "0")).join("");
}

/** Maker and model of model 1; what is not printable is left out. */
function nameOf(models: readonly ReadModel[]): string {
  const common = models.find(({ id }) => id === 1);
  const text = (from: number) =>
    (common?.registers.slice(from, from + 16) ?? []).flatMap((word) => [word >> 8, word & 0xff])
      .map((byte) => byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "").join("").trim();
  const name = [text(0), text(16)].filter((part) => part !== "").join(" ");
  return (name || "SunSpec device").slice(0, 80);
}

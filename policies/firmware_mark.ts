import { compareVersions } from "./version.ts";

/** Versions below which models have published weaknesses. */
export interface FirmwareFloor {
  /** Vendor in lower case, as `stations[].vendor`. */
  readonly vendor: string;
  /** Beginnings of model names, in lower case; empty: all models of the vendor. */
  readonly models: readonly string[];
  /** The first version of each branch that mends it, oldest branch first; empty: none does. */
  readonly fixedIn: readonly string[];
  readonly advisory: string;
  readonly cves: readonly string[];
  /** The weaknesses in a sentence. */
  readonly what: string;
}

/** What a version is to be thought of, worst first. */
export const FIRMWARE_MARKS = ["vulnerable", "outdated", "unknown", "current"] as const;
/** One of them. "unknown": it never told its version. "current": nothing known speaks against it. */
export type FirmwareMark = (typeof FIRMWARE_MARKS)[number];

/** A controller as far as its firmware goes. */
export interface MarkedController {
  readonly vendor?: string;
  readonly model?: string;
  /** As it reported it itself. */
  readonly version?: string;
}

/** A verified image of the vault. */
export interface MarkingImage {
  readonly vendor: string;
  /** One that ends in "*" is a beginning; empty: all of the vendor. */
  readonly models: readonly string[];
  readonly version: string;
}

/** The mark of one controller, with what it stands on. */
export interface Marking {
  readonly mark: FirmwareMark;
  /** What its version is weak against. */
  readonly floors: readonly FirmwareFloor[];
  /** The newest verified version for it, if it is newer than its own. */
  readonly newer?: string;
}

/** Compares a version with the table of known weaknesses and with the images at hand. */
export function markFirmware(
  controller: MarkedController,
  floors: readonly FirmwareFloor[],
  images: readonly MarkingImage[],
): Marking {
  const { version } = controller;
  if (version === undefined) return { mark: "unknown", floors: [] };
  const weak = floors.filter((floor) => isOfFloor(controller, floor) && !isFixed(version, floor.fixedIn));
  const newest = images.filter((image) => fitsModel(image, controller)).map((image) => image.version)
    .reduce(
      (best, one) => best === undefined || compareVersions(one, best) > 0 ? one : best,
      undefined as string | undefined,
    );
  const newer = newest !== undefined && compareVersions(newest, version) > 0 ? { newer: newest } : {};
  const mark = weak.length > 0 ? "vulnerable" : "newer" in newer ? "outdated" : "current";
  return { mark, floors: weak, ...newer };
}

/** Whether an image is for a controller: the vendor exactly, the model by name or beginning. Case does not matter. */
export function fitsModel(
  image: Pick<MarkingImage, "models" | "vendor">,
  { vendor, model }: MarkedController,
): boolean {
  if (!isVendor(vendor, image.vendor)) return false;
  if (image.models.length === 0) return true;
  const name = model?.toLowerCase();
  return name !== undefined && image.models.some((one) => {
    const wanted = one.toLowerCase();
    return wanted.endsWith("*") ? name.startsWith(wanted.slice(0, -1)) : name === wanted;
  });
}

/** A later version of the same branch mends it, or any behind the newest branch; a branch is all but the last number. */
export function isFixed(version: string, fixedIn: readonly string[]): boolean {
  const last = fixedIn.at(-1);
  if (last === undefined) return false;
  if (compareVersions(version, last) >= 0) return true;
  return fixedIn.some((fixed) => {
    const branch = fixed.replace(/\d+$/, "");
    return version.toLowerCase().startsWith(branch.toLowerCase()) && compareVersions(version, fixed) >= 0;
  });
}

function isOfFloor({ vendor, model }: MarkedController, floor: FirmwareFloor): boolean {
  if (!isVendor(vendor, floor.vendor)) return false;
  const name = (model ?? "").toLowerCase();
  return floor.models.length === 0 || floor.models.some((start) => name.startsWith(start));
}

/** Stations say more of their vendor than people write: "Bender GmbH & Co. KG". */
function isVendor(said: string | undefined, vendor: string): boolean {
  const name = said?.toLowerCase();
  return name !== undefined && (name === vendor.toLowerCase() || name.startsWith(`${vendor.toLowerCase()} `));
}

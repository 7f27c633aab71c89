import type { TargetFile } from "tuf-js";
import type { ImageClaim } from "../../core/firmware_api.ts";
import { FIRMWARE_LIMITS } from "../limits.ts";

/** What a target of the repository says about the image it is. */
export interface TargetClaim {
  readonly claim: ImageClaim;
  readonly releaseCounter?: number;
  /** Paths of further targets: SBOM and notes. */
  readonly sbom?: string;
  readonly notes?: string;
}

/** Folder name of images that are for all models of a vendor. */
export const ANY_MODEL = "any";

/**
 * Reads "vendor/model/file" and the custom part of a target; a reason when it names no image. The role that signed it
 * may sign below its vendor's folder only, so the path is what binds an image to vendor and model (Uptane: hardware).
 */
export function claimOfTarget(
  { path, custom }: Pick<TargetFile, "path" | "custom">,
): TargetClaim | { readonly refused: string } {
  const [vendor, model, fileName, ...more] = path.split("/");
  if (!vendor || !model || !fileName || more.length > 0) return { refused: "its path is not vendor/model/file" };
  const { version, models, releaseCounter, signature, certificate, minisig, sbom, notes } = custom;
  if (!isShort(version)) return { refused: "its custom part names no version" };
  if (models !== undefined && !isList(models)) {
    return { refused: "its custom part names models that are no list of names" };
  }
  if (releaseCounter !== undefined && !(Number.isSafeInteger(releaseCounter) && Number(releaseCounter) >= 0)) {
    return { refused: "its release counter is no number" };
  }
  const texts = { signature, certificate, minisig };
  for (const [name, text] of Object.entries({ ...texts, sbom, notes })) {
    if (text !== undefined && typeof text !== "string") return { refused: `its ${name} is no text` };
  }
  return {
    claim: {
      vendor,
      version,
      fileName,
      models: models ?? (model === ANY_MODEL ? [] : [model]),
      ...given(texts as Record<string, string | undefined>),
    },
    ...given({ sbom, notes } as Record<string, string | undefined>),
    ...(releaseCounter === undefined ? {} : { releaseCounter: Number(releaseCounter) }),
  };
}

const isShort = (value: unknown): value is string =>
  typeof value === "string" && value.length > 0 && value.length <= FIRMWARE_LIMITS.nameChars;
const isList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length <= FIRMWARE_LIMITS.models && value.every(isShort);
const given = (texts: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).filter((entry): entry is [string, string] => entry[1] !== undefined));

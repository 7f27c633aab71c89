import { fitsModel } from "../../../policies/firmware_mark.ts";
import type { ImageVerdict } from "../../core/device_link_api.ts";
import type { ImageVault } from "../../core/firmware_api.ts";
import type { Station } from "../../inventory/config.ts";

/** Whether an upload to a station's page is an image that the vault has verified for this kind of controller. */
export function imageVerdictOf(
  vault: Pick<ImageVault, "image" | "images">,
  sha256: string,
  { vendor, model }: Pick<Station, "model" | "vendor">,
): ImageVerdict {
  const image = vault.image(sha256);
  if (!image) {
    const why = vault.images().length === 0 ? "the vault holds no image yet" : "the vault does not know it";
    return { verified: false, why };
  }
  if (image.state !== "verified") return { verified: false, why: `the vault has it as ${image.state}` };
  const fits = fitsModel(image, { vendor: vendor ?? "", ...model === undefined ? {} : { model } });
  return fits ? { verified: true } : {
    verified: false,
    why: `it is for ${image.vendor} ${image.models.join(", ")}`.trim() + ", which this station is not",
  };
}

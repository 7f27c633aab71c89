import type { ImageRecord } from "../../../core/firmware_api.ts";
import type { FirmwareConfig } from "../../../firmware/config.ts";
import { plainFileName } from "../../../firmware/serving/codec_target.ts";

/**
 * The file name at the end of the URL that a station gets: the image's own, or as `firmware.vendors[].urlFileName` says,
 * since some stations only take a certain name. The same for every try, so that a station can go on where it stopped.
 */
export function urlFileName(
  { vendor, version, fileName }: Pick<ImageRecord, "vendor" | "version" | "fileName">,
  model: string | undefined,
  { vendors }: Pick<FirmwareConfig, "vendors">,
): string {
  const template = vendors.find((one) => one.vendor === vendor)?.urlFileName ?? "{file}";
  const parts: Readonly<Record<string, string>> = { file: plainFileName(fileName), version, model: model ?? "station" };
  // A slash in a version is no folder.
  return plainFileName(template.replace(/\{(\w+)\}/g, (_, name: string) => parts[name]!.replace(/[\\/]/g, "_")));
}

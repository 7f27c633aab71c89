import { GatewayError } from "../../../core/errors.ts";
import type { ImageRecord } from "../../../core/firmware_api.ts";

/** Fewest digits of a SHA-256 that name an image. */
const LEAST_DIGITS = 6;

/**
 * The one image that is meant: by its SHA-256, or by its first digits.
 * @throws GatewayError FIRMWARE_UNKNOWN when none is, or several are
 */
export function imageNamed(images: readonly ImageRecord[], name: string): ImageRecord {
  const isName = name.length >= LEAST_DIGITS && /^[0-9a-f]{1,64}$/.test(name);
  const found = isName ? images.filter(({ sha256 }) => sha256.startsWith(name)) : [];
  const [image, ...more] = found;
  if (image && more.length === 0) return image;
  const shown = JSON.stringify(name.slice(0, 64));
  const what = more.length > 0 ? `${found.length} images begin with ${shown}` : `No image ${shown} is stored`;
  throw new GatewayError("FIRMWARE_UNKNOWN", what, {
    hint: `Pass the SHA-256 of one, or at least ${LEAST_DIGITS} digits of it: \`firmware list\``,
  });
}

import { GatewayError } from "../../../core/errors.ts";

/** Whether a text is a SHA-256, or at least its first `least` digits. */
export function isHash(text: string, least = 64): boolean {
  return /^[0-9a-f]+$/.test(text) && text.length >= least && text.length <= 64;
}

/** No image, or several, by this name. */
export function unknownImage(name: string, found: number): GatewayError {
  const shown = JSON.stringify(name.slice(0, 64));
  const what = found > 1 ? `${found} images begin with ${shown}` : `No image ${shown} is stored`;
  return new GatewayError("FIRMWARE_UNKNOWN", what, {
    hint: "`firmware list` names them; the first 8 digits of its SHA-256 or more are enough",
  });
}

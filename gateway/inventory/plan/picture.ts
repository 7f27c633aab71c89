import { ProtocolError } from "../../core/errors.ts";
import { rebuildJpeg } from "./codec_jpeg.ts";
import { PNG_SIGNATURE, rebuildPng, type RebuiltPicture } from "./codec_png.ts";
import { PLAN_LIMITS } from "./limits.ts";

/** A picture that browsers may be given: rebuilt from the parts that draw it. */
export interface Picture extends RebuiltPicture {
  readonly type: "image/jpeg" | "image/png";
}

/** What a picture is of: a plan is exported from a program, a photo comes from a phone. */
export type PictureUse = "photo" | "plan";

const EXPORT: Readonly<Record<PictureUse, string>> = {
  photo: 'Send it as JPEG or PNG; phones have a setting for it ("most compatible")',
  plan: "Export the plan as PNG or JPEG",
};
const SMALLER: Readonly<Record<PictureUse, string>> = {
  photo: "Choose a smaller size when you send it, or less resolution in the camera",
  plan: "Make it smaller: 2,000 pixels in width are enough for a plan",
};

/**
 * Makes a picture safe to show: only PNG and JPEG by their own bytes, whatever a file's name says, without anything that
 * does not draw. SVG is a program as much as a picture and is never taken.
 * @throws ProtocolError PLAN_PICTURE_INVALID
 */
export function makeSafe(bytes: Uint8Array, use: PictureUse = "plan"): Picture {
  const { pictureBytes, sidePixels, pixels } = PLAN_LIMITS;
  if (bytes.length === 0) throw refused("The file is empty", "Choose a PNG or JPEG file");
  if (bytes.length > pictureBytes) {
    throw refused(
      `The picture has ${bytes.length} bytes; at most ${pictureBytes} are kept`,
      SMALLER[use],
    );
  }
  const picture = rebuild(bytes, EXPORT[use]);
  const { width, height } = picture;
  const isGood = width > 0 && height > 0 && Math.max(width, height) <= sidePixels && width * height <= pixels;
  if (!isGood) {
    throw refused(
      `The picture is ${width} by ${height} pixels; wanted are 1 to ${sidePixels} on each side and at most ${pixels} in all`,
      SMALLER[use],
    );
  }
  return picture;
}

function rebuild(bytes: Uint8Array, howElse: string): Picture {
  if (PNG_SIGNATURE.every((byte, at) => bytes[at] === byte)) return { type: "image/png", ...rebuildPng(bytes) };
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return { type: "image/jpeg", ...rebuildJpeg(bytes) };
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, 1_024));
  if (/<svg|<\?xml|<!doctype/i.test(start)) {
    throw refused("An SVG may hold scripts and links, so it is not taken", howElse);
  }
  if (start.startsWith("%PDF")) throw refused("A PDF is no picture", howElse);
  throw refused("The file is neither PNG nor JPEG", howElse);
}

const refused = (what: string, hint: string): ProtocolError =>
  new ProtocolError("PLAN_PICTURE_INVALID", what, { hint });

import { equal, throws } from "node:assert/strict";
import type { ImageRecord } from "../../../core/firmware_api.ts";
import { imageNamed } from "./image_names.ts";

const image = (sha256: string) => ({ sha256 }) as ImageRecord;
const A = `ab12cd${"0".repeat(58)}`, B = `ab12ce${"0".repeat(58)}`;
const images = [image(A), image(B)];

const NAMES: readonly [name: string, sha256: string][] = [[A, A], ["ab12cd", A], ["ab12ce", B], [B.slice(0, 63), B]];
for (const [name, sha256] of NAMES) {
  Deno.test(`image names: ${name.length} digits name one image`, () => equal(imageNamed(images, name).sha256, sha256));
}

const UNKNOWN: readonly [name: string, says: RegExp][] = [
  ["ab12c", /No image "ab12c" is stored/], // one digit too few, though it fits two
  ["ffffff", /No image "ffffff" is stored/],
  ["AB12CD", /No image "AB12CD" is stored/],
  ["ab12c.", /No image "ab12c\." is stored/],
  ["", /No image "" is stored/],
  [`${A}0`, /No image "ab12cd0+" is stored/],
  ["x".repeat(500), /No image "x{64}" is stored/],
];
for (const [name, says] of UNKNOWN) {
  Deno.test(`image names: ${JSON.stringify(name.slice(0, 12))} of ${name.length} characters is refused`, () => {
    throws(() => imageNamed(images, name), { code: "FIRMWARE_UNKNOWN", message: says });
  });
}

Deno.test("image names: digits that several images begin with are refused with their number", () => {
  const three = [...images, image(`ab12cd${"1".repeat(58)}`)];
  throws(() => imageNamed(three, "ab12cd"), { code: "FIRMWARE_UNKNOWN", message: /2 images begin with "ab12cd"/ });
});

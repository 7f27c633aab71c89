import { deepStrictEqual as equal } from "node:assert/strict";
import { concatBytes } from "./concat_bytes.ts";

Deno.test("bytes: parts stand one behind the other, and none is still the caller's", () => {
  const first = Uint8Array.of(1, 2);
  const whole = concatBytes([first, new Uint8Array(0), Uint8Array.of(3)]);
  equal(whole, Uint8Array.of(1, 2, 3));
  first[0] = 9;
  equal(whole[0], 1);
  equal(concatBytes([]), new Uint8Array(0));
  equal(concatBytes([first]).buffer === first.buffer, false);
});

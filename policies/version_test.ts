import { equal } from "node:assert/strict";
import { compareVersions } from "./version.ts";

/** Each is before the next. */
const ORDER = [
  ["5.9", "5.11.2", "5.20.1", "5.20.2-rc1", "5.20.2", "5.20.2-13295", "5.22.1-13295", "5.33.5", "5.33.11-21500"],
  ["R7 V9", "R8 V3.4.0.1", "R8 V3.4.0.2", "R8 V3.10"],
  ["1.3.0.0.6", "1.3.0.0.7b102", "1.3.0.0.7", "1.13.4"],
  ["", "1", "1.0", "1.0.1"],
  ["99999999999999999998", "99999999999999999999", "100000000000000000000"],
];
for (const versions of ORDER) {
  Deno.test(`version: versions in order: ${versions.join(" < ")}`, () => {
    for (const [at, a] of versions.entries()) {
      for (const [other, b] of versions.entries()) {
        equal(Math.sign(compareVersions(a, b)), Math.sign(at - other), `${a} and ${b}`);
      }
    }
  });
}

Deno.test("version: leading zeros, case and separators make no other version", () => {
  for (
    const [a, b] of [["5.01", "5.1"], ["r8 v3", "R8-V3"], ["5.22.1-13295", "5_22_1.13295"], ["v1.2", "V1.2"]] as const
  ) {
    equal(compareVersions(a, b), 0, `${a} and ${b}`);
  }
});

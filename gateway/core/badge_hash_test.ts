import { equal, notEqual } from "node:assert/strict";
import { badgeHash } from "./badge_hash.ts";

Deno.test("badge hash: spellings of one badge are one badge, under one key", () => {
  const key = new Uint8Array(32).fill(1), other = new Uint8Array(32).fill(2);
  equal(badgeHash("04A1B2C3", key), badgeHash(" 04a1b2c3 ", key));
  notEqual(badgeHash("04A1B2C3", key), badgeHash("04A1B2C4", key));
  notEqual(badgeHash("04A1B2C3", key), badgeHash("04A1B2C3", other));
});

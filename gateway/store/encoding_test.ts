import { deepEqual, equal, throws } from "node:assert/strict";
import { decodeValue, describeKey, encodeValue, expiryOf, sizeOfKey } from "./encoding.ts";
import { STORE_LIMITS } from "./limits.ts";

const key = ["test", "a"];
const CORRUPT = { code: "STORE_CORRUPT" };
const TOO_LARGE = { code: "STORE_TOO_LARGE" };

Deno.test("encoding: every kind of value comes back as it was", () => {
  const values = [null, 0, -1.5, "ü", true, [1, [2]], { a: { b: undefined } }, 10n, new Date(5), new Map([[1, 2]])];
  for (const value of [...values, new Uint8Array([0, 255]), undefined]) {
    deepEqual(decodeValue(key, encodeValue(key, value)), { value, expiresAt: undefined });
  }
});

Deno.test("encoding: the expiry is kept and read without the value", () => {
  const bytes = encodeValue(key, "x", 1_767_225_600_123);
  equal(decodeValue(key, bytes).expiresAt, 1_767_225_600_123);
  equal(expiryOf(key, bytes), 1_767_225_600_123);
});

Deno.test("encoding: a value of 65,536 bytes passes, one more is refused", () => {
  const overhead = encodeValue(key, new Uint8Array(60_000)).byteLength - 60_000;
  const fits = STORE_LIMITS.valueBytes - overhead;
  equal(encodeValue(key, new Uint8Array(fits)).byteLength, STORE_LIMITS.valueBytes);
  throws(() => encodeValue(key, new Uint8Array(fits + 1)), TOO_LARGE);
});

Deno.test("encoding: foreign, cut or garbled bytes are reported as damage", () => {
  const good = encodeValue(key, { a: 1 });
  for (
    const bad of [undefined, "text", new Uint8Array(0), good.subarray(0, 8), Uint8Array.from([9, ...good.subarray(1)])]
  ) {
    throws(() => decodeValue(key, bad), CORRUPT);
  }
  for (let cut = 9; cut < good.byteLength; cut++) throws(() => decodeValue(key, good.subarray(0, cut)), CORRUPT);
});

Deno.test("encoding: the computed size of a key is that of Deno KV", async () => {
  const kv = await Deno.openKv(":memory:");
  for (const text of ["a", "ü", "€", "\0", "a\0b"]) {
    const one = sizeOfKey(["", text]) - 2;
    const most = Math.floor((STORE_LIMITS.keyBytes - 2) / (one - 2) - 2 / (one - 2));
    const largest = [text.repeat(most)];
    await kv.set(largest, 1);
    equal(sizeOfKey(largest) <= STORE_LIMITS.keyBytes, true);
  }
  kv.close();
});

Deno.test("encoding: a key of 2,048 bytes passes, one more is refused, as in Deno KV", async () => {
  const kv = await Deno.openKv(":memory:");
  const largest = ["k".repeat(2_037), 7];
  equal(sizeOfKey(largest), STORE_LIMITS.keyBytes);
  await kv.set(largest, 1);
  throws(() => sizeOfKey(["k".repeat(2_038), 7]), TOO_LARGE);
  kv.close();
});

Deno.test("encoding: empty keys and numbers that are not finite are refused", () => {
  for (const bad of [[], ["a", NaN], ["a", Infinity]]) throws(() => sizeOfKey(bad), { code: "STORE_BAD_KEY" });
});

Deno.test("encoding: a key in a message shows its prefix only", () => {
  equal(describeKey(["badges", "04AABB"]), '"badges" (+1)');
  equal(describeKey(["schema"]), '"schema"');
});

import { deepEqual, equal, match, throws } from "node:assert/strict";
import { tarOf } from "../../../tests/support/firmware_rig.ts";
import { seeded } from "../../../tests/support/mutate.ts";
import { paddingOf, readTarHeader, safeName, TAR_BLOCK, writeTarHeader } from "./bundle_codec.ts";

const header = async (name: string, bytes = 3) => (await tarOf([[name, new Uint8Array(bytes)]])).subarray(0, TAR_BLOCK);
const changed = (block: Uint8Array, at: number, text: string): Uint8Array => {
  const copy = block.slice();
  copy.set(new TextEncoder().encode(text), at);
  copy.set(new TextEncoder().encode("        "), 148);
  const sum = copy.reduce((total, byte) => total + byte, 0);
  copy.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  return copy;
};

Deno.test("bundle codec: reads headers of another tar maker, short and long names", async () => {
  for (const name of ["metadata/timestamp.json", `targets/${"d".repeat(120)}/${"f".repeat(90)}`]) {
    deepEqual(readTarHeader(await header(name, 700)), { name, kind: "file", bytes: 700 });
  }
});

Deno.test("bundle codec: what we write is what we read, for every length of name that fits", () => {
  for (const length of [1, 99, 100]) {
    const name = "n".repeat(length);
    deepEqual(readTarHeader(writeTarHeader(name, 8_589_934_591)), { name, kind: "file", bytes: 8_589_934_591 });
  }
  const deep = `${"d".repeat(155)}/${"f".repeat(100)}`;
  deepEqual(readTarHeader(writeTarHeader(deep, 0)), { name: deep, kind: "file", bytes: 0 });
  throws(() => writeTarHeader("n".repeat(101), 0), /too long for a bundle/);
  throws(() => writeTarHeader(`${"d".repeat(156)}/${"f".repeat(100)}`, 0), /too long/);
});

Deno.test("bundle codec: a block of zeros ends it; folders are known", async () => {
  equal(readTarHeader(new Uint8Array(TAR_BLOCK)), undefined);
  const folder = changed(await header("metadata", 0), 156, "5");
  deepEqual(readTarHeader(folder), { name: "metadata", kind: "folder", bytes: 0 });
});

Deno.test("bundle codec: paddings", () => {
  deepEqual([0, 1, 511, 512, 513].map(paddingOf), [0, 511, 1, 0, 511]);
});

const REFUSED: readonly (readonly [string, (block: Uint8Array) => Uint8Array, RegExp])[] = [
  ["a symbolic link", (block) => changed(block, 156, "2"), /type "2": wanted files alone/],
  ["a hard link", (block) => changed(block, 156, "1"), /type "1"/],
  ["a device", (block) => changed(block, 156, "3"), /type "3"/],
  ["an extended header", (block) => changed(block, 156, "x"), /type "x"/],
  ["a GNU long name", (block) => changed(block, 156, "L"), /type "L"/],
  ["a wrong checksum", (block) => block.map((byte, at) => at === 0 ? byte ^ 1 : byte), /checksum is wrong/],
  [
    "a checksum that is no number",
    (block) => block.map((byte, at) => at === 148 ? 0x7a : byte),
    /checksum is no number/,
  ],
  ["a size that is no number", (block) => changed(block, 124, "-1         \0"), /size is no number/],
  ["a size in base 256", (block) => changed(block, 124, "\u0080"), /size is no number/],
  ["half a block", (block) => block.subarray(1), /header of 511 bytes/],
];
for (const [name, change, wanted] of REFUSED) {
  Deno.test(`bundle codec: refuses ${name}`, async () => {
    const block = await header("metadata/timestamp.json");
    throws(() => readTarHeader(change(block)), { code: "FIRMWARE_UNTRUSTED" });
    throws(() => readTarHeader(change(block)), wanted);
  });
}

for (
  const name of ["../x", "a/../../x", "/etc/passwd", "a\\..\\b", "C:/x", "a/..", "..", "a\0b", "a\nb", "", "/"]
) {
  Deno.test(`zip-slip: the name ${JSON.stringify(name)} is refused`, () => {
    throws(() => safeName(name), { code: "FIRMWARE_UNTRUSTED" });
  });
}

Deno.test("zip-slip: names that stay inside pass", () => {
  for (
    const [name, clean] of [["a/b", "a/b"], ["./a", "a"], ["a..b/c...", "a..b/c..."], ["a/", "a"], ["./", ""]] as const
  ) {
    equal(safeName(name), clean);
  }
});

Deno.test("bundle codec: whatever bytes come, the answer is an entry or a refusal", async () => {
  const block = await header("metadata/timestamp.json"), random = seeded(7);
  for (let round = 0; round < 10_000; round++) {
    const broken = block.slice();
    for (let hits = random(4); hits >= 0; hits--) broken[random(TAR_BLOCK)] = random(256);
    try {
      readTarHeader(round % 2 ? changed(broken, 300, "") : broken);
    } catch (error) {
      equal((error as { code?: string }).code, "FIRMWARE_UNTRUSTED");
      match((error as Error).message, /^The archive holds /);
    }
  }
});

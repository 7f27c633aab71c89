import { deepEqual, equal, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { systemRandom } from "../core/timers.ts";
import { ImageStore } from "./image_store.ts";

const IMAGE = new TextEncoder().encode("an image ".repeat(500));
const SHA256 = createHash("sha256").update(IMAGE).digest("hex");

async function* inParts(bytes: Uint8Array, size = 1_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** A store in a folder of its own; `open` opens it anew, as after a restart. */
async function withStore(
  use: (rig: { store: ImageStore; folder: string; open(): Promise<ImageStore> }) => Promise<void>,
  quotaBytes = 1_000_000,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const open = () => ImageStore.open({ folder, quotaBytes, random: systemRandom });
  try {
    await use({ store: await open(), folder, open });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function names(folder: string, part: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir(`${folder}/${part}`)) found.push(name);
  return found;
}

Deno.test("image store: an image is hashed while it is written, observed, and kept in quarantine", () =>
  withStore(async ({ store, folder }) => {
    let observed = 0;
    const digest = await store.receive(inParts(IMAGE), { maxBytes: IMAGE.length, md5: true, sha512: true }, [
      { update: (part) => observed += part.length },
    ]);
    deepEqual(digest, {
      sha256: SHA256,
      sha512: createHash("sha512").update(IMAGE).digest("hex"),
      md5: createHash("md5").update(IMAGE).digest("hex"),
      bytes: IMAGE.length,
    });
    equal(observed, IMAGE.length);
    equal(await store.state(SHA256), "quarantine");
    deepEqual(await Deno.readFile(`${folder}/quarantine/${SHA256}`), IMAGE);
    equal(store.usedBytes, IMAGE.length);
    await rejects(store.openChecked("verified", SHA256), { code: "FIRMWARE_UNKNOWN" });
  }));

Deno.test("image store: verified, it can be read by nobody but its owner and written by none", () =>
  withStore(async ({ store, folder, open }) => {
    await store.receive(inParts(IMAGE), { maxBytes: 10_000 });
    await store.promote(SHA256);
    equal(await store.state(SHA256), "verified");
    equal((await Deno.stat(`${folder}/verified/${SHA256}`)).mode! & 0o777, 0o400);
    equal((await Deno.stat(`${folder}/verified`)).mode! & 0o777, 0o700);
    using file = await (await open()).openChecked("verified", SHA256);
    const read = new Uint8Array(9);
    await file.read(read);
    deepEqual(read, IMAGE.subarray(0, 9));
  }));

Deno.test("invariant 13: an image that was changed on the disk is noticed before it is verified and before it is served", () =>
  withStore(async ({ store, folder }) => {
    await store.receive(inParts(IMAGE), { maxBytes: 10_000 });
    const swapped = IMAGE.map((byte, at) => at === 4_000 ? byte ^ 1 : byte);
    await Deno.writeFile(`${folder}/quarantine/${SHA256}`, swapped);
    await rejects(store.promote(SHA256), { code: "FIRMWARE_CHANGED" });
    equal(await store.state(SHA256), "quarantine");
    await Deno.writeFile(`${folder}/quarantine/${SHA256}`, IMAGE);
    await store.promote(SHA256);
    for (const change of [swapped, IMAGE.subarray(1), new Uint8Array([...IMAGE, 0]), new Uint8Array()]) {
      await Deno.remove(`${folder}/verified/${SHA256}`);
      await Deno.writeFile(`${folder}/verified/${SHA256}`, change);
      await rejects(store.openChecked("verified", SHA256), { code: "FIRMWARE_CHANGED" });
    }
    await store.withdraw(SHA256);
    equal(await store.state(SHA256), "quarantine");
  }));

Deno.test("image store: as large as the vendor's most passes, one byte more leaves nothing behind", () =>
  withStore(async ({ store, folder }) => {
    await rejects(store.receive(inParts(IMAGE), { maxBytes: IMAGE.length - 1 }), { code: "FIRMWARE_TOO_LARGE" });
    deepEqual([await names(folder, "incoming"), await names(folder, "quarantine"), store.usedBytes], [[], [], 0]);
    await store.receive(inParts(IMAGE), { maxBytes: IMAGE.length });
  }));

Deno.test("image store: as much as the quota fits, one byte more does not, and room that was freed counts again", () =>
  withStore(async ({ store }) => {
    await store.receive(inParts(IMAGE), { maxBytes: 10_000 });
    const more = new Uint8Array(101);
    await rejects(store.receive(inParts(more), { maxBytes: 10_000 }), { code: "FIRMWARE_QUOTA" });
    await store.receive(inParts(more.subarray(1)), { maxBytes: 10_000 });
    equal(store.usedBytes, IMAGE.length + 100);
    await store.remove("quarantine", SHA256);
    await store.receive(inParts(more), { maxBytes: 10_000 });
  }, IMAGE.length + 100));

Deno.test("image store: images that come at the same time share the quota", () =>
  withStore(async ({ store }) => {
    const both = await Promise.allSettled([
      store.receive(inParts(IMAGE), { maxBytes: 10_000 }),
      store.receive(inParts(new Uint8Array(IMAGE.length)), { maxBytes: 10_000 }),
    ]);
    equal(both.some(({ status }) => status === "rejected"), true);
    equal(store.usedBytes <= IMAGE.length + 100, true);
    for (const sha256 of await store.list("quarantine")) await store.remove("quarantine", sha256);
    await store.receive(inParts(IMAGE), { maxBytes: 10_000 });
  }, IMAGE.length + 100));

Deno.test("image store: the same image twice is kept once, and stays verified", () =>
  withStore(async ({ store }) => {
    await store.receive(inParts(IMAGE), { maxBytes: 10_000 });
    await store.promote(SHA256);
    equal((await store.receive(inParts(IMAGE, 7), { maxBytes: 10_000 })).sha256, SHA256);
    equal(await store.state(SHA256), "verified");
    equal(store.usedBytes, IMAGE.length);
    deepEqual(await store.list("quarantine"), []);
  }));

Deno.test("image store: a source that breaks off leaves nothing; what a crash left is thrown away; the rest is counted", () =>
  withStore(async ({ store, folder, open }) => {
    async function* broken() {
      yield* inParts(IMAGE);
      throw new Error("the line is down");
    }
    await rejects(store.receive(broken(), { maxBytes: 10_000 }), /could not be stored: the line is down/);
    deepEqual(await names(folder, "incoming"), []);
    await Deno.writeFile(`${folder}/incoming/half`, IMAGE);
    await Deno.writeFile(`${folder}/quarantine/README`, IMAGE);
    await store.receive(inParts(IMAGE), { maxBytes: 10_000 });
    const again = await open();
    deepEqual([await names(folder, "incoming"), again.usedBytes], [[], IMAGE.length]);
    deepEqual(await again.list("quarantine"), [SHA256]);
  }));

Deno.test("image store: a name that is no hash leads to no file", () =>
  withStore(async ({ store }) => {
    for (const name of ["", "..", "../../etc/passwd", SHA256.toUpperCase(), `${SHA256}/x`]) {
      await rejects(store.check("verified", name), { code: "FIRMWARE_UNKNOWN" });
      await rejects(store.state(name), { code: "FIRMWARE_UNKNOWN" });
    }
  }));

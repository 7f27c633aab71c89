import { deepEqual, equal, rejects } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { planPicture, pngChunk } from "../../tests/support/plan_picture.ts";
import { seededRandom } from "../demo/seeded_random.ts";
import { makeSafe } from "../inventory/plan/picture.ts";
import { openStore } from "../store/kv_store.ts";
import type { Store } from "../store/store.ts";
import { PHOTO_LIMITS } from "./limits.ts";
import { PhotoStore } from "./photo_store.ts";

const PREFIX = ["plan", "part"] as const;

/** A store of photos whose owner names those in `named`. */
async function withPhotos(test: (photos: PhotoStore, named: Set<string>, store: Store) => Promise<void>) {
  const time = new ManualTime(Date.UTC(2026, 10, 21));
  const store = await openStore({ path: ":memory:", clock: time, timers: time });
  const named = new Set<string>();
  try {
    await test(new PhotoStore(store, PREFIX, (sha256) => named.has(sha256)), named, store);
  } finally {
    await store.close();
  }
}

const count = async (store: Store) => (await Array.fromAsync(store.list(PREFIX, { limit: Infinity }))).length;
const large = (bytes: number) =>
  makeSafe(planPicture(20, 20, [pngChunk("IDAT", seededRandom(5).bytes(bytes))]), "photo");

Deno.test("photos: a photo of more parts than one commit comes back byte by byte", async () => {
  await withPhotos(async (photos, _named, store) => {
    const picture = large(PHOTO_LIMITS.storedBytes * (PHOTO_LIMITS.storedTogether + 1));
    const record = await photos.keep(picture);
    deepEqual(await photos.read(record, "bay"), picture.bytes);
    equal(await count(store), Math.ceil(picture.bytes.length / PHOTO_LIMITS.storedBytes));
  });
});

Deno.test("photos: the same photo is kept once, and stays while a record names it", async () => {
  await withPhotos(async (photos, named, store) => {
    const first = await photos.keep(large(100)), again = await photos.keep(large(100));
    equal(first.sha256, again.sha256);
    equal(await count(store), 1);
    named.add(first.sha256);
    await photos.forget(first.sha256);
    equal(await count(store), 1);
    named.clear();
    await photos.forget(first.sha256);
    equal(await count(store), 0);
  });
});

Deno.test("photos: what a crash left without a record is swept, many parts too", async () => {
  await withPhotos(async (photos, named, store) => {
    const kept = await photos.keep(large(100));
    await photos.keep(large(PHOTO_LIMITS.storedBytes * (PHOTO_LIMITS.storedTogether + 2)));
    named.add(kept.sha256);
    await photos.sweep();
    equal(await count(store), 1);
    deepEqual(await photos.read(kept, "bay"), large(100).bytes);
  });
});

Deno.test("photos: a part that is gone or changed on the disk is noticed, by name", async () => {
  await withPhotos(async (photos, _named, store) => {
    const record = await photos.keep(large(PHOTO_LIMITS.storedBytes + 10));
    await store.commit([{ set: [...PREFIX, record.sha256, 1], value: Uint8Array.of(1, 2, 3) }]);
    await rejects(photos.read(record, "the bay 7"), {
      code: "PLAN_PICTURE_INVALID",
      message: "The picture of the bay 7 is not what was stored",
    });
    await store.commit([{ delete: [...PREFIX, record.sha256, 1] }]);
    await rejects(photos.read(record, "the bay 7"), { code: "PLAN_PICTURE_INVALID" });
  });
});

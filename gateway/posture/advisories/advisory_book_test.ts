import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { StorageError } from "../../core/errors.ts";
import { openStore } from "../../store/kv_store.ts";
import { KEYS } from "../../store/keys.ts";
import type { Store } from "../../store/store.ts";
import { AdvisoryBook, type KeptAdvisory } from "./advisory_book.ts";
import { ADVISORY_LIMITS } from "./limits.ts";

const advisory = (id: string, more: Partial<KeptAdvisory> = {}): KeptAdvisory => ({
  ...{ id, title: "t", publisher: "p", version: "1", releasedAt: 1, products: [], weaknesses: [] },
  ...{ importedBy: "eva", importedAt: 1, sha256: "" },
  ...more,
});
/** As long as so many characters that packing does not shorten. */
const noise = (length: number): string => {
  let state = 7;
  return Array.from({ length }, () => String.fromCharCode(33 + (state = (state * 48_271) % 2_147_483_647) % 90)).join(
    "",
  );
};

async function withStore(test: (store: Store) => Promise<void>): Promise<void> {
  const time = new ManualTime(), store = await openStore({ path: ":memory:", clock: time, timers: time });
  try {
    await test(store);
  } finally {
    await store.close();
  }
}

async function partsOf(store: Store): Promise<number> {
  let count = 0;
  for await (const _part of store.list([...KEYS.posture, "advisory"], { limit: Infinity })) count++;
  return count;
}

Deno.test("advisory book: what is kept is there after a restart to the letter, small or in parts", () =>
  withStore(async (store) => {
    const book = await AdvisoryBook.open(store);
    const all = [advisory("SMALL"), advisory("Ümläut/ID"), advisory("LARGE", { title: noise(200_000) })];
    for (const one of all) await book.put(one);
    ok(await partsOf(store) > all.length, "the large one has parts");
    const again = await AdvisoryBook.open(store);
    for (const one of all) deepEqual(again.get(one.id), one, one.id);
    equal(again.get("small"), undefined, "ids are exact");
  }));

Deno.test("advisory book: a newer version that is smaller leaves no part of the larger one behind", () =>
  withStore(async (store) => {
    const book = await AdvisoryBook.open(store);
    await book.put(advisory("A", { title: noise(300_000) }));
    await book.put(advisory("A", { version: "2" }));
    equal(await partsOf(store), 1);
    equal((await AdvisoryBook.open(store)).get("A")?.version, "2");
    equal(await book.remove("A"), true);
    deepEqual([await partsOf(store), await book.remove("A"), book.all()], [0, false, []]);
  }));

Deno.test("advisory book: the newest release stands first, those of one day by their id", () =>
  withStore(async (store) => {
    const book = await AdvisoryBook.open(store);
    for (const [id, releasedAt] of [["B", 5], ["C", 9], ["A", 5]] as const) {
      await book.put(advisory(id, { releasedAt }));
    }
    deepEqual(book.all().map(({ id }) => id), ["C", "A", "B"]);
  }));

Deno.test("advisory book: what the disk did not take does not count, and the one before it stays", () =>
  withStore(async (store) => {
    const book = await AdvisoryBook.open(store);
    await book.put(advisory("A"));
    const full = store as { commit: Store["commit"] }, commit = full.commit;
    full.commit = () => Promise.reject(new StorageError("STORE_FULL", "no room"));
    await rejects(book.put(advisory("A", { version: "2" })), { code: "STORE_FULL" });
    await rejects(book.put(advisory("B")), { code: "STORE_FULL" });
    await rejects(book.remove("A"), { code: "STORE_FULL" });
    deepEqual(book.all().map(({ id, version }) => [id, version]), [["A", "1"]]);
    full.commit = commit;
    await book.put(advisory("B"));
    equal((await AdvisoryBook.open(store)).all().length, 2);
  }));

Deno.test("advisory book: as many parts as the limit, and not one more", () =>
  withStore(async (store) => {
    const book = await AdvisoryBook.open(store);
    // noise of 90 letters packs to about 0.82 of itself, and base64 makes it a third longer
    const fits = Math.floor(ADVISORY_LIMITS.partBytes * ADVISORY_LIMITS.parts * 0.85);
    await book.put(advisory("FITS", { title: noise(fits) }));
    ok(await partsOf(store) >= ADVISORY_LIMITS.parts - 2);
    const over = advisory("OVER", { title: noise(fits * 2) });
    await rejects(book.put(over), { code: "ADVISORY_INVALID", message: /"OVER" is too large to be kept/ });
    equal((await AdvisoryBook.open(store)).get("OVER"), undefined);
  }));

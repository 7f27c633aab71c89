import { deepEqual, equal, rejects } from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { openStore } from "../../store/kv_store.ts";
import type { Store } from "../../store/store.ts";
import { FixBook, type FixRecord } from "./fix_book.ts";
import { GOLDEN_LIMITS } from "./limits.ts";

const fix = (station: string, more: Partial<FixRecord> = {}): Omit<FixRecord, "id"> => ({
  ...{ station, profile: "lab", items: [], madeBy: "eva", madeAt: 1, at: 1, state: "waits" },
  ...more,
});

async function withBook(test: (book: FixBook, store: Store) => Promise<void>): Promise<void> {
  const time = new ManualTime(), store = await openStore({ path: ":memory:", clock: time, timers: time });
  try {
    await test(await FixBook.open(store), store);
  } finally {
    await store.close();
  }
}

Deno.test("fix book: ids go on over a restart, in the order in which they were asked for", () =>
  withBook(async (book, store) => {
    for (let at = 0; at < 11; at++) await book.add(fix(`CP${at}`));
    const again = await FixBook.open(store);
    equal((await again.add(fix("CP99"))).id, "F12");
    deepEqual(again.all().map(({ id }) => id), Array.from({ length: 12 }, (_, at) => `F${at + 1}`), "F10 after F9");
  }));

Deno.test("fix book: one that is open is found by its exact station; one that is over is not open", () =>
  withBook(async (book) => {
    await book.add(fix("CP001", { state: "done" }));
    const { id } = await book.add(fix("CP001"));
    equal(book.openOf("CP001")?.id, id);
    deepEqual([book.openOf("CP00"), book.openOf("cp001")], [undefined, undefined]);
    await book.change(id, ["waits"], (is) => ({ ...is, state: "cancelled" }));
    equal(book.openOf("CP001"), undefined);
  }));

Deno.test("fix book: a change is made only from the states that it may come from, one after the other", () =>
  withBook(async (book, store) => {
    const { id } = await book.add(fix("CP001"));
    const changes = await Promise.all([
      book.change(id, ["waits"], (is) => ({ ...is, state: "approved", approvedBy: "otto" })),
      book.change(id, ["waits"], (is) => ({ ...is, state: "cancelled" })),
      book.change(id, ["approved"], (is) => ({ ...is, why: "it is busy" })),
      book.change("F9", ["waits"], (is) => is),
    ]);
    deepEqual(changes.map((changed) => changed?.state), ["approved", undefined, "approved", undefined]);
    deepEqual((await FixBook.open(store)).get(id), book.get(id));
    equal(book.get(id)?.why, "it is busy");
  }));

Deno.test("fix book: a change that fails changes nothing, and the next one is made", () =>
  withBook(async (book) => {
    const { id } = await book.add(fix("CP001"));
    await rejects(book.change(id, ["waits"], () => Promise.reject(new Error("no audit"))), /no audit/);
    equal(book.get(id)?.state, "waits");
    equal((await book.change(id, ["waits"], (is) => ({ ...is, state: "approved" })))?.state, "approved");
  }));

Deno.test("fix book: only one of which nothing was begun is taken back", () =>
  withBook(async (book) => {
    for (const state of ["approved", "writing", "done"] as const) await book.add(fix("CP001", { state }));
    for (const id of ["F1", "F2", "F3", "F9"]) await book.takeBack(id);
    deepEqual(book.all().map(({ id }) => id), ["F2", "F3"]);
  }));

Deno.test("fix book: what came of a fix whose station has left is not kept", () =>
  withBook(async (book, store) => {
    const one = await book.add(fix("CP001", { state: "writing" }));
    await book.keepOnly(new Set(["CP002"]));
    await book.put({ ...one, state: "done" });
    deepEqual([book.all(), (await FixBook.open(store)).all()], [[], []]);
  }));

Deno.test("fix book: as many as the limit; the oldest that is over makes room, and where none is one more is refused", () =>
  withBook(async (book) => {
    await book.add(fix("CP0"));
    await book.add(fix("CP1", { state: "done" }));
    for (let at = 2; at < GOLDEN_LIMITS.fixes; at++) await book.add(fix(`CP${at}`));
    await book.add(fix("LAST"));
    deepEqual([book.all().length, book.get("F1")?.station, book.get("F2")], [GOLDEN_LIMITS.fixes, "CP0", undefined]);
    await rejects(book.add(fix("MORE")), { code: "POSTURE_REFUSED" });
  }));

import { deepEqual, equal } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { openStore } from "../store/kv_store.ts";
import { RecordBook } from "./record_book.ts";

const PREFIX = ["people", "test"];

Deno.test("record book: changes of one record at one moment are all kept, also after a restart", async () => {
  const time = new ManualTime(), store = await openStore({ path: ":memory:", clock: time, timers: time });
  const book = await RecordBook.open<readonly number[]>(store, PREFIX);
  await book.put("a", []);
  await Promise.all([1, 2, 3].map((one) => book.change("a", (known) => [...known, one])));
  deepEqual([...book.get("a")!].sort(), [1, 2, 3]);
  deepEqual((await RecordBook.open<readonly number[]>(store, PREFIX)).get("a"), book.get("a"));
  equal(await book.change("a", () => undefined), undefined);
  equal(await book.change("b", () => [1]), undefined);
  await store.close();
});

Deno.test("record book: one that is removed while it is changed stays gone", async () => {
  const time = new ManualTime(), store = await openStore({ path: ":memory:", clock: time, timers: time });
  const book = await RecordBook.open<number>(store, PREFIX);
  await book.put("a", 1);
  const [changed] = await Promise.all([book.change("a", () => 2), book.remove(["a"]), book.change("a", () => 3)]);
  equal(changed, undefined);
  deepEqual([book.size, (await RecordBook.open<number>(store, PREFIX)).size], [0, 0]);
  await store.close();
});

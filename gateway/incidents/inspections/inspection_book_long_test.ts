import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { openStore } from "../../store/kv_store.ts";
import { InspectionBook } from "./inspection_book.ts";
import { INSPECTION_LIMITS } from "./limits.ts";

async function withBook(test: (book: InspectionBook) => Promise<void>): Promise<void> {
  const time = new ManualTime(), store = await openStore({ path: ":memory:", clock: time, timers: time });
  try {
    await test(await InspectionBook.open(store));
  } finally {
    await store.close();
  }
}
const filled = (subject: string, at: number) => ({
  template: "housing",
  subject,
  said: [],
  person: "eva",
  by: "eva",
  at,
});
const picture = (bytes: number, first: number) => {
  const content = new Uint8Array(bytes);
  content[0] = first;
  return { type: "image/png" as const, width: 1, height: 1, bytes: content };
};

Deno.test("inspection book: as many lists as the limit, and one past it: the oldest goes, the newest of each stays", () =>
  withBook(async (book) => {
    const { records } = INSPECTION_LIMITS;
    await book.add(filled("ONCE", 0));
    for (let at = 1; at < records; at++) await book.add(filled("CP001", at));
    equal(book.all().length, records);
    await book.add(filled("CP001", records));
    equal(book.all().length, records);
    ok(book.newest("housing", "ONCE"), "the oldest of all is the newest of its kind");
    equal(book.get("C-2"), undefined);
  }));

Deno.test("inspection book: as many bytes of photos as the limit, and one past it: older lists make room, else it is refused", () =>
  withBook(async (book) => {
    const half = INSPECTION_LIMITS.photoBytes / 2, more = { by: "eva", at: 0 };
    const first = await book.add(filled("CP001", 0));
    await book.addPhoto(first.id, picture(half, 1), more);
    const second = await book.add(filled("CP001", 1));
    await book.addPhoto(second.id, picture(half, 2), more);
    deepEqual(book.all().map(({ id }) => id), [second.id, first.id], "exactly the limit");
    const third = await book.add(filled("CP002", 2));
    await book.addPhoto(third.id, picture(1, 3), more);
    deepEqual(book.all().map(({ id }) => id), [third.id, second.id], "the older list of CP001 has made room");
    await rejects(book.addPhoto(third.id, picture(half, 4), more), /no room for a photo of/);
    equal(book.get(third.id)!.photos.length, 1);
  }));

Deno.test("inspection book: as many assignments as the limit, and one past it; one that is there may be changed", () =>
  withBook(async (book) => {
    const { assignments } = INSPECTION_LIMITS;
    const of = (subject: string) => ({ template: "housing", subject, everyDays: 30, by: "eva", at: 0 });
    for (let at = 0; at < assignments; at++) await book.assign(of(`CP${at}`));
    await rejects(book.assign(of("one more")), /4000 lists are assigned already/);
    await book.assign({ ...of("CP0"), everyDays: 60 });
    equal(book.assigned("housing", "CP0")?.everyDays, 60);
  }));

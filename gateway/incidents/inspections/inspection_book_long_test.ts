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
/** Stored, and told of before. */
const add = (book: InspectionBook, list: ReturnType<typeof filled>, photo?: ReturnType<typeof picture>) =>
  book.add(list, photo, () => Promise.resolve());
const picture = (bytes: number, first: number) => {
  const content = new Uint8Array(bytes);
  content[0] = first;
  return { type: "image/png" as const, width: 1, height: 1, bytes: content };
};

Deno.test("inspection book: as many lists as the limit, and one past it: the oldest goes, the newest of each stays", () =>
  withBook(async (book) => {
    const { records } = INSPECTION_LIMITS;
    await add(book, filled("ONCE", 0));
    for (let at = 1; at < records; at++) await add(book, filled("CP001", at));
    equal(book.all().length, records);
    await add(book, filled("CP001", records));
    equal(book.all().length, records);
    ok(book.newest("housing", "ONCE"), "the oldest of all is the newest of its kind");
    equal(book.get("C-2"), undefined);
  }));

Deno.test("inspection book: as many bytes of photos as the limit, and one past it: older lists make room, else it is refused", () =>
  withBook(async (book) => {
    const half = INSPECTION_LIMITS.photoBytes / 2, more = { by: "eva", at: 0 };
    const first = await add(book, filled("CP001", 0));
    await book.addPhoto(first.id, picture(half, 1), more);
    const second = await add(book, filled("CP001", 1));
    await book.addPhoto(second.id, picture(half, 2), more);
    deepEqual(book.all().map(({ id }) => id), [second.id, first.id], "exactly the limit");
    const third = await add(book, filled("CP002", 2));
    await book.addPhoto(third.id, picture(1, 3), more);
    deepEqual(book.all().map(({ id }) => id), [third.id, second.id], "the older list of CP001 has made room");
    await rejects(book.addPhoto(third.id, picture(half, 4), more), /no room for a photo of/);
    equal(book.get(third.id)!.photos.length, 1);
  }));

Deno.test("inspection book: a list comes with its photo or not at all; the older list of its kind makes room for it", () =>
  withBook(async (book) => {
    const { photoBytes } = INSPECTION_LIMITS, half = photoBytes / 2;
    await add(book, filled("CP002", 0), picture(half, 1));
    await add(book, filled("CP001", 1), picture(half, 2));
    const next = await add(book, filled("CP001", 2), picture(half, 3));
    deepEqual(book.all().map(({ id, photos }) => [id, photos.length]), [[next.id, 1], ["C-1", 1]]);
    const told: string[] = [];
    const more = () => Promise.resolve(told.push("told"));
    await rejects(book.add(filled("CP001", 3), picture(half + 1, 4), more), /no room for a photo of/);
    deepEqual([book.all().length, told], [2, []], "nothing is stored, nothing told");
    const disk = book.add(filled("CP001", 4), undefined, () => Promise.reject(new Error("the chain")));
    await rejects(disk, /the chain/);
    equal((await add(book, filled("CP003", 5))).id, "C-4", "and no number is lost");
    await rejects(book.addPhoto("C-2", picture(1, 5), { by: "eva", at: 0 }), /has made room for newer lists/);
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

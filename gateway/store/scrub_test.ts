import { deepEqual, equal, rejects } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { openStore } from "./kv_store.ts";
import type { OpenedStore } from "./store.ts";

/** How often a text stands in the store's files, whatever part of them it is in. */
function occurrences(file: string, text: string): number {
  return ["", "-wal"].reduce((sum, suffix) => {
    const bytes = new TextDecoder("latin1").decode(Deno.readFileSync(file + suffix));
    return sum + bytes.split(text).length - 1;
  }, 0);
}

async function withFile(run: (store: OpenedStore, file: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir(), file = `${folder}/kv`, time = new ManualTime();
  const store = await openStore({ path: file, clock: time, timers: time });
  try {
    await run(store, file);
  } finally {
    await store.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const text = (word: string, length: number) => word.repeat(Math.ceil(length / word.length)).slice(0, length);

Deno.test("scrub: what was deleted or written over is in the store's files no more, what stands is", () =>
  withFile(async (store, file) => {
    const ids = Array.from({ length: 60 }, (_, n) => n);
    await store.commit(
      ids.map((n) => ({ set: ["test", `gone-${n}`], value: text("DELETED", n % 5 === 0 ? 9_000 : 90) })),
    );
    await store.commit(ids.map((n) => ({ set: ["test", `kept-${n}`], value: text("OLDVALUE", 700) })));
    await store.commit(ids.map((n) => ({ set: ["test", `kept-${n}`], value: `NEWVALUE ${n}` })));
    await store.commit(ids.map((n) => ({ delete: ["test", `gone-${n}`] })));
    for (const word of ["DELETED", "OLDVALUE", "gone-"]) equal(occurrences(file, word) > 0, true, `${word} before`);
    equal(await store.scrub(), true);
    for (const word of ["DELETED", "OLDVALUE", "gone-"]) equal(occurrences(file, word), 0, word);
    equal(Deno.statSync(`${file}-wal`).size, 0);
    equal((await Array.fromAsync(store.list(["test"]))).length, ids.length);
    equal((await store.get(["test", "kept-7"]))?.value, "NEWVALUE 7");
    equal(integrity(file), "ok");
  }));

Deno.test("scrub: commits that come meanwhile wait for it, and none is lost", () =>
  withFile(async (store, file) => {
    await store.commit([{ set: ["test", "a"], value: text("GONE", 5_000) }]);
    const before = store.commit([{ delete: ["test", "a"] }]);
    const scrubbed = store.scrub();
    const after = ["b", "c", "d"].map((name) => store.commit([{ set: ["test", name], value: name }]));
    await Promise.all([before, scrubbed, ...after]);
    deepEqual((await Array.fromAsync(store.list(["test"]))).map(({ value }) => value), ["b", "c", "d"]);
    equal(occurrences(file, "GONEGONE"), 0);
  }));

Deno.test("scrub: versions of entries stay, so that a check made before it holds after it", () =>
  withFile(async (store) => {
    await store.commit([{ set: ["test", "a"], value: 1 }]);
    const { version } = (await store.get(["test", "a"]))!;
    await store.scrub();
    await store.commit([{ set: ["test", "a"], value: 2 }], [{ key: ["test", "a"], version }]);
    equal((await store.get(["test", "a"]))?.value, 2);
  }));

Deno.test("scrub: twice in a row does not make the file grow further", () =>
  withFile(async (store, file) => {
    await store.commit([{ set: ["test", "a"], value: text("x", 50_000) }]);
    await store.scrub();
    await store.scrub();
    const { size } = Deno.statSync(file);
    await store.scrub();
    equal(Deno.statSync(file).size, size);
  }));

Deno.test("scrub: a writer that holds the file makes it fail with STORE_LOCKED, and changes nothing", () =>
  withFile(async (store, file) => {
    await store.commit([{ set: ["test", "a"], value: "stays" }]);
    using other = new DatabaseSync(file);
    other.exec("BEGIN IMMEDIATE");
    await rejects(store.scrub({ busyMs: 1 }), { code: "STORE_LOCKED" });
    other.exec("ROLLBACK");
    equal((await store.get(["test", "a"]))?.value, "stays");
    equal(await store.scrub(), true);
  }));

Deno.test("scrub: a store that is not on this disk says so, a closed one is STORE_CLOSED", async () => {
  const time = new ManualTime();
  const store = await openStore({ path: ":memory:", clock: time, timers: time });
  equal(await store.scrub(), false);
  await store.close();
  await rejects(store.scrub(), { code: "STORE_CLOSED" });
});

function integrity(file: string): unknown {
  using database = new DatabaseSync(file, { readOnly: true });
  return Object.values(database.prepare("PRAGMA integrity_check").get()!)[0];
}

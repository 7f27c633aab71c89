import { deepEqual, equal, rejects } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { KEYS } from "./keys.ts";
import { openStore } from "./kv_store.ts";
import { currentForm, migrate, type Migration, MIGRATIONS } from "./migrations.ts";
import type { Store } from "./store.ts";

const time = new ManualTime();
const open = (path: string, migrations: readonly Migration[]) =>
  openStore({ path, clock: time, timers: time, migrations });

/** Form 1: ["test", name] -> "first last". Form 2: { first, last }. Form 3: also { greeting }. */
const SPLIT: Migration = {
  number: 2,
  name: "split names",
  async run(store) {
    for await (const { key, value } of store.list<unknown>(["test"])) {
      if (typeof value !== "string") continue;
      const [first, last] = value.split(" ");
      await store.commit([{ set: key, value: { first, last } }]);
    }
  },
};
const GREET: Migration = {
  number: 3,
  name: "add greetings",
  async run(store) {
    for await (const { key, value } of store.list<{ first: string }>(["test"])) {
      await store.commit([{ set: key, value: { ...value, greeting: `Hello ${value.first}` } }]);
    }
  },
};

async function withOldStore(run: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const store = await open(`${folder}/kv`, []);
    await store.commit([1, 2, 3].map((n) => ({ set: ["test", n], value: `First${n} Last${n}` })));
    await store.close();
    await run(`${folder}/kv`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function values(store: Store): Promise<unknown[]> {
  return (await Array.fromAsync(store.list(["test"]))).map((entry) => entry.value);
}
const migrated = [1, 2, 3].map((n) => ({ first: `First${n}`, last: `Last${n}`, greeting: `Hello First${n}` }));

Deno.test("migrations: a blank store gets the number of the newest form and runs nothing", async () => {
  const failing = { ...SPLIT, run: () => Promise.reject(new Error("must not run")) };
  const store = await open(":memory:", [failing]);
  equal((await store.get(KEYS.schema))?.value, 2);
  await store.close();
});

Deno.test("migrations: an older store is brought forward in order and stays so", () =>
  withOldStore(async (path) => {
    for (let turn = 0; turn < 2; turn++) {
      const store = await open(path, [SPLIT, GREET]);
      deepEqual(await values(store), migrated);
      equal((await store.get(KEYS.schema))?.value, 3);
      await store.close();
    }
  }));

Deno.test("migrations: a store from before the number was written counts as form 1", () =>
  withOldStore(async (path) => {
    const old = await open(path, []);
    await old.commit([{ delete: KEYS.schema }]);
    await old.close();
    const store = await open(path, [SPLIT, GREET]);
    deepEqual(await values(store), migrated);
    await store.close();
  }));

Deno.test("migrations: one cut off half way is run again at the next start, earlier ones are not", () =>
  withOldStore(async (path) => {
    let splits = 0;
    const counted = { ...SPLIT, run: (store: Store) => (splits++, SPLIT.run(store)) };
    const cutOff = { ...GREET, run: () => Promise.reject(new Error("power cut")) };
    await rejects(open(path, [counted, cutOff]), { code: "STORE_FAILED" });
    const store = await open(path, [counted, GREET]);
    deepEqual(await values(store), migrated);
    equal(splits, 1);
    await store.close();
  }));

Deno.test("migrations: a store from a newer gateway is refused unchanged, in words", () =>
  withOldStore(async (path) => {
    await (await open(path, [SPLIT, GREET])).close();
    await rejects(open(path, [SPLIT]), { code: "STORE_NEWER", message: /form 3.*up to 2/, hint: /newer gateway/ });
    const store = await open(path, [SPLIT, GREET]);
    deepEqual(await values(store), migrated);
    await store.close();
  }));

Deno.test("migrations: a gap or a wrong order in the list is refused at start", async () => {
  const store = await open(":memory:", []);
  await rejects(migrate(store, [GREET]), /number 3, wanted 2/);
  await rejects(migrate(store, [SPLIT, SPLIT]), /number 2, wanted 3/);
  await store.close();
});

Deno.test("migrations: the released list is in order", async () => {
  equal(currentForm(), 1 + MIGRATIONS.length);
  await (await open(":memory:", MIGRATIONS)).close();
});

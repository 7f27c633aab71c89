import { deepEqual, equal, rejects } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import type { Metrics } from "../core/metrics.ts";
import { openStore } from "./kv_store.ts";
import { STORE_LIMITS } from "./limits.ts";
import type { Store, StoreEntry, StoreKey } from "./store.ts";

const TOO_LARGE = { code: "STORE_TOO_LARGE" };

async function withStore(run: (store: Store, time: ManualTime) => Promise<void>, metrics?: Metrics): Promise<void> {
  const time = new ManualTime();
  const store = await openStore({ path: ":memory:", clock: time, timers: time, ...(metrics ? { metrics } : {}) });
  try {
    await run(store, time);
  } finally {
    await store.close();
  }
  equal(time.armed, 0);
}

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function keys(entries: AsyncIterable<StoreEntry<unknown>>): Promise<StoreKey[]> {
  return (await Array.fromAsync(entries)).map((entry) => entry.key);
}

const openAt = (path: string, time = new ManualTime()) => openStore({ path, clock: time, timers: time });
const mode = (path: string) => (Deno.statSync(path).mode! & 0o777).toString(8);

Deno.test("store: what was committed is read back with a version that changes with every write", () =>
  withStore(async (store) => {
    equal(await store.get(["test", "a"]), undefined);
    await store.commit([{ set: ["test", "a"], value: { n: 1 } }]);
    const first = await store.get<{ n: number }>(["test", "a"]);
    deepEqual(first?.value, { n: 1 });
    await store.commit([{ set: ["test", "a"], value: { n: 1 } }]);
    const second = await store.get(["test", "a"]);
    equal(first?.version === second?.version, false);
    await store.commit([{ delete: ["test", "a"] }]);
    equal(await store.get(["test", "a"]), undefined);
  }));

Deno.test("store: within merged commits the last write of a key wins", () =>
  withStore(async (store) => {
    const set = (value: number) => store.commit([{ set: ["test", "a"], value }]);
    await Promise.all([set(1), set(2), store.commit([{ delete: ["test", "b"] }]), set(3)]);
    equal((await store.get(["test", "a"]))?.value, 3);
  }));

Deno.test("store: a commit whose check fails changes nothing and is STORE_CONFLICT", () =>
  withStore(async (store) => {
    await store.commit([{ set: ["test", "a"], value: 1 }]);
    const { version } = (await store.get(["test", "a"]))!;
    await store.commit([{ set: ["test", "a"], value: 2 }], [{ key: ["test", "a"], version }]);
    const late = store.commit([{ set: ["test", "b"], value: 3 }], [{ key: ["test", "a"], version }]);
    await rejects(late, { code: "STORE_CONFLICT" });
    const taken = store.commit([{ set: ["test", "b"], value: 3 }], [{ key: ["test", "a"], version: null }]);
    await rejects(taken, { code: "STORE_CONFLICT" });
    equal(await store.get(["test", "b"]), undefined);
  }));

Deno.test("store: of a hundred racing claims exactly one wins", () =>
  withStore(async (store) => {
    const claim = (value: number) =>
      store.commit([{ set: ["test", "claim"], value }], [{ key: ["test", "claim"], version: null }])
        .then(() => 1, () => 0);
    const wins = await Promise.all(Array.from({ length: 100 }, (_, n) => claim(n)));
    equal(wins.reduce<number>((sum, win) => sum + win, 0), 1);
  }));

Deno.test("store: an entry is gone at its expiry to the millisecond, in get, list and checks", () =>
  withStore(async (store, time) => {
    await store.commit([{ set: ["test", "a"], value: 1, expiresAt: time.now() + 1_000 }, {
      set: ["test", "b"],
      value: 2,
    }]);
    time.advance(999);
    equal((await store.get(["test", "a"]))?.value, 1);
    time.advance(1);
    equal(await store.get(["test", "a"]), undefined);
    deepEqual(await keys(store.list(["test"])), [["test", "b"]]);
    await store.commit([{ set: ["test", "a"], value: 3 }], [{ key: ["test", "a"], version: null }]);
    equal((await store.get(["test", "a"]))?.value, 3);
  }));

Deno.test("store: the sweeper deletes expired entries, in bounded turns, and leaves the rest", async () => {
  let swept = 0;
  const metrics = {
    count: (name: string, _labels?: unknown, amount = 1) => void (swept += name.endsWith("swept_total") ? amount : 0),
    set: () => {},
    observe: () => {},
  };
  await withStore(async (store, time) => {
    const count = STORE_LIMITS.sweepEntries + 50;
    const all = Array.from({ length: count }, (_, n) => store.commit([{ set: ["test", n], value: n, expiresAt: 1 }]));
    await Promise.all([...all, store.commit([{ set: ["zz"], value: 1 }])]);
    await turn(time, () => swept >= STORE_LIMITS.sweepEntries - 1);
    equal(swept < count, true);
    await turn(time, () => swept === count);
    equal((await store.get(["zz"]))?.value, 1);
  }, metrics);
});

Deno.test("store: list is in key order, bounded, and goes on after a key in both directions", () =>
  withStore(async (store) => {
    await store.commit([3, 1, 2, 10].map((n) => ({ set: ["test", n], value: n })));
    await store.commit([{ set: ["tes"], value: 0 }, { set: ["test2", 1], value: 0 }]);
    const values = async (options: Parameters<Store["list"]>[1]) =>
      (await Array.fromAsync(store.list<number>(["test"], options))).map((entry) => entry.value);
    deepEqual(await values({}), [1, 2, 3, 10]);
    deepEqual(await values({ reverse: true }), [10, 3, 2, 1]);
    deepEqual(await values({ limit: 2 }), [1, 2]);
    deepEqual(await values({ limit: 0 }), []);
    deepEqual(await values({ after: ["test", 2] }), [3, 10]);
    deepEqual(await values({ after: ["test", 2], limit: 1 }), [3]);
    deepEqual(await values({ after: ["test", 3], reverse: true }), [2, 1]);
  }));

Deno.test("store: list gives 1,000 entries when no limit is named", () =>
  withStore(async (store) => {
    const set = (n: number) => ({ set: ["test", n], value: n });
    await store.commit(Array.from({ length: STORE_LIMITS.listEntries }, (_, n) => set(n)));
    equal((await keys(store.list(["test"]))).length, STORE_LIMITS.listEntries);
    await store.commit([set(STORE_LIMITS.listEntries)]);
    equal((await keys(store.list(["test"]))).length, STORE_LIMITS.listEntries);
    equal((await keys(store.list(["test"], { limit: 1_001 }))).length, STORE_LIMITS.listEntries + 1);
  }));

Deno.test("store: a commit of 1,000 mutations passes, one more is refused", () =>
  withStore(async (store) => {
    const many = (count: number) => Array.from({ length: count }, (_, n) => ({ set: ["test", n], value: n }));
    await store.commit(many(STORE_LIMITS.commitMutations));
    await rejects(store.commit(many(STORE_LIMITS.commitMutations + 1)), TOO_LARGE);
  }));

Deno.test("store: a commit of 800,000 bytes passes, one more is refused", () =>
  withStore(async (store) => {
    const value = (bytes: number) => new Uint8Array(bytes);
    const sized = (bytes: number) =>
      Array.from({ length: 20 }, (_, n) => ({ set: ["t", n], value: value(n === 0 ? bytes : 39_000) }));
    const over = 800_000;
    // Each mutation costs its value, 9 + 5 or so bytes of framing and 12 of key: found by trying, and exact afterwards.
    let bytes = 0;
    const fits = (size: number) => store.commit(sized(size)).then(() => true, () => false);
    for (let step = 32_768; step >= 1; step /= 2) if (await fits(bytes + step)) bytes += step;
    equal(bytes > 0 && bytes < over, true);
    await store.commit(sized(bytes));
    await rejects(store.commit(sized(bytes + 1)), TOO_LARGE);
  }));

Deno.test("store: a commit of 100 checks passes, one more is refused", () =>
  withStore(async (store) => {
    const checks = (count: number) => Array.from({ length: count }, (_, n) => ({ key: ["test", n], version: null }));
    await store.commit([{ set: ["a"], value: 1 }], checks(STORE_LIMITS.commitChecks));
    await rejects(store.commit([{ set: ["a"], value: 1 }], checks(STORE_LIMITS.commitChecks + 1)), TOO_LARGE);
  }));

Deno.test("store: after close every call is STORE_CLOSED, what was queued before is stored", () =>
  withFolder(async (folder) => {
    const store = await openAt(`${folder}/kv`);
    const queued = Array.from({ length: 50 }, (_, n) => store.commit([{ set: ["test", n], value: n }]));
    await store.close();
    await Promise.all(queued);
    await store.close();
    const closed = { code: "STORE_CLOSED" };
    await rejects(store.get(["a"]), closed);
    await rejects(keys(store.list([])), closed);
    await rejects(store.commit([{ delete: ["a"] }]), closed);
    await rejects(store.snapshot(`${folder}/copy`), closed);
    const again = await openAt(`${folder}/kv`);
    equal((await keys(again.list(["test"]))).length, 50);
    await again.close();
  }));

Deno.test("store: folder and files are for their owner only, an open folder is closed", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/data`, { mode: 0o755 });
    const store = await openAt(`${folder}/data/kv`);
    equal(mode(`${folder}/data`), "700");
    for (const { name } of Deno.readDirSync(`${folder}/data`)) equal(mode(`${folder}/data/${name}`), "600", name);
    await store.close();
  }));

Deno.test("store: a second owner is refused in words, and let in after the first closed", () =>
  withFolder(async (folder) => {
    const first = await openAt(`${folder}/kv`);
    await rejects(openAt(`${folder}/kv`), {
      code: "STORE_LOCKED",
      message: /another process owns/,
      hint: /site\.dataDir/,
    });
    await first.commit([{ set: ["test"], value: 1 }]);
    await first.close();
    const second = await openAt(`${folder}/kv`);
    equal((await second.get(["test"]))?.value, 1);
    await second.close();
  }));

Deno.test("store: a file that is no database is STORE_CORRUPT and leaves the lock free", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/kv`, "not a database ".repeat(500));
    await rejects(openAt(`${folder}/kv`), { code: "STORE_CORRUPT", hint: /backup/ });
    await Deno.remove(`${folder}/kv`);
    await (await openAt(`${folder}/kv`)).close();
  }));

Deno.test("store: a snapshot under load opens as a store and holds all that was acknowledged before it", () =>
  withFolder(async (folder) => {
    const store = await openAt(`${folder}/kv`);
    let acknowledged = 0, stop = false;
    const writer = (async () => {
      while (!stop) {
        await store.commit([{ set: ["test", acknowledged], value: acknowledged }]).then(() => acknowledged++);
      }
    })();
    while (acknowledged < 200) await store.get(["test", 0]);
    const before = acknowledged;
    await store.snapshot(`${folder}/copy`);
    stop = true;
    await writer;
    await rejects(store.snapshot(`${folder}/copy`), { code: "STORE_FAILED" });
    await store.close();
    equal(mode(`${folder}/copy`), "600");
    const copy = await openAt(`${folder}/copy`);
    const held = await keys(copy.list(["test"], { limit: 100_000 }));
    equal(held.length >= before, true);
    deepEqual(held.slice(0, before), Array.from({ length: before }, (_, n) => ["test", n]));
    await copy.close();
  }));

Deno.test("store: a store in memory or behind a URL is not copied, in words", () =>
  withStore((store) =>
    rejects(store.snapshot("/nonexistent/copy"), { code: "STORE_NO_SNAPSHOT", hint: /store\.url/ })
  ));

Deno.test("store: exactly one of path and url is wanted", async () => {
  const time = new ManualTime();
  await rejects(openStore({ clock: time, timers: time }), { code: "STORE_FAILED" });
  await rejects(openStore({ path: "a", url: "https://b", clock: time, timers: time }), { code: "STORE_FAILED" });
});

/** Lets the sweeper take one turn and waits for what it brings about. */
async function turn(time: ManualTime, done: () => boolean): Promise<void> {
  time.advance(STORE_LIMITS.sweepEveryMs);
  await waitFor("the sweeper", done);
}

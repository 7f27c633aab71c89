import { deepEqual, equal, rejects } from "node:assert/strict";
import type { Store } from "../../gateway/store/store.ts";
import { CountedStore } from "./counted_store.ts";

/** A store whose operations end when the test says so. */
function steered() {
  const asked: PromiseWithResolvers<unknown>[] = [];
  let isReturned = false, isClosed = false;
  const ask = () => (asked.push(Promise.withResolvers()), asked.at(-1)!.promise);
  const store = {
    get: ask,
    commit: ask,
    snapshot: ask,
    close: () => Promise.resolve(void (isClosed = true)),
    list: () => ({
      [Symbol.asyncIterator]: () => ({ next: ask, return: () => Promise.resolve(void (isReturned = true)) }),
    }),
  } as unknown as Store;
  return { store: new CountedStore(store), asked, isReturned: () => isReturned, isClosed: () => isClosed };
}

/** Whether the store has come to rest; asked again and again, it comes to rest when it can. */
function watched(store: CountedStore) {
  const state = { isIdle: false };
  const end = store.idle().then(() => void (state.isIdle = true));
  return { state, end };
}

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) {
    const { port1, port2 } = new MessageChannel();
    await new Promise<void>((resolve) => (port1.onmessage = () => resolve(), port2.postMessage(0)));
    port1.close();
  }
};

const OPERATIONS: Record<string, (store: CountedStore) => Promise<unknown>> = {
  get: (store) => store.get(["a"]),
  commit: (store) => store.commit([]),
  snapshot: (store) => store.snapshot("file"),
  list: async (store) => {
    for await (const _ of store.list(["a"]));
  },
};

for (const [name, operation] of Object.entries(OPERATIONS)) {
  Deno.test(`counted store: it is not idle while a ${name} is under way`, async () => {
    const { store, asked } = steered();
    const end = operation(store);
    const { state, end: idle } = watched(store);
    await turns(20);
    equal(state.isIdle, false);
    asked[0]!.resolve({ done: true });
    await Promise.all([end, idle]);
  });

  Deno.test(`counted store: it is idle after a ${name} that failed, whose fault the caller has`, async () => {
    const { store, asked } = steered();
    const end = rejects(operation(store), /full/);
    asked[0]!.reject(new Error("full"));
    await end;
    await store.idle();
  });
}

Deno.test("counted store: who had an answer and asks again at once is waited for", async () => {
  const { store, asked } = steered();
  const work = store.get(["a"]).then(() => store.commit([]));
  const { state, end } = watched(store);
  asked[0]!.resolve(undefined);
  await turns(20);
  equal([asked.length, state.isIdle].join(), "2,false");
  asked[1]!.resolve(undefined);
  await Promise.all([work, end]);
});

Deno.test("counted store: a list gives the entries, is not under way between two of them, and ends where its reader ends", async () => {
  const { store, asked, isReturned } = steered();
  const entries = store.list(["a"])[Symbol.asyncIterator]();
  const first = entries.next();
  asked[0]!.resolve({ done: false, value: "one" });
  deepEqual(await first, { done: false, value: "one" });
  await store.idle();
  await entries.return?.();
  equal(isReturned(), true);
});

Deno.test("counted store: closed, the store behind it is closed", async () => {
  const { store, isClosed } = steered();
  await store.close();
  equal(isClosed(), true);
});

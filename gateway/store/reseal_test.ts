import { deepEqual, equal } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { openStore } from "./kv_store.ts";
import { STORE_LIMITS } from "./limits.ts";
import { resealAll } from "./reseal.ts";
import { createSealBox, getSealed, putSealed, type SealedValue, sealFor } from "./sealer.ts";
import type { Store } from "./store.ts";

const from = await createSealBox(new Uint8Array(32).fill(1));
const to = await createSealBox(new Uint8Array(32).fill(2));
const plain = new TextEncoder().encode("secret");

async function withStore(run: (store: Store, time: ManualTime) => Promise<void>): Promise<void> {
  const time = new ManualTime();
  const store = await openStore({ path: ":memory:", clock: time, timers: time });
  try {
    await run(store, time);
  } finally {
    await store.close();
  }
}

Deno.test("reseal: sealed values open under the new key only, plain ones keep their version", () =>
  withStore(async (store) => {
    await putSealed(store, from, ["test", "a"], plain);
    await store.commit([{ set: ["test", "b"], value: { sealed: "a word", context: 1 } }]);
    const before = await store.get(["test", "b"]);
    deepEqual(await resealAll(store, from, to), { resealed: 1, unreadable: 0 });
    deepEqual(await getSealed(store, to, ["test", "a"]), plain);
    deepEqual(await store.get(["test", "b"]), before);
    deepEqual(await resealAll(store, from, to), { resealed: 0, unreadable: 1 });
  }));

Deno.test("reseal: sealed parts inside objects and lists are found, the rest of the value stays", () =>
  withStore(async (store) => {
    const secret = await sealFor(from, ["test", "n"], plain);
    const value = { name: "x", at: new Date(3), keys: [{ private: secret, bytes: new Uint8Array([1]) }] };
    await store.commit([{ set: ["test", "n"], value }]);
    equal((await resealAll(store, from, to)).resealed, 1);
    const found = (await store.get<typeof value>(["test", "n"]))!.value;
    deepEqual({ ...found, keys: [{ ...found.keys[0], private: secret }] }, value);
    const sealed: SealedValue = found.keys[0]!.private;
    deepEqual(await to.unseal(sealed.sealed, sealed.context), plain);
  }));

Deno.test("reseal: the expiry of a sealed value is kept", () =>
  withStore(async (store, time) => {
    await putSealed(store, from, ["test", "a"], plain, { expiresAt: time.now() + 10 });
    await resealAll(store, from, to);
    deepEqual(await getSealed(store, to, ["test", "a"]), plain);
    time.advance(10);
    equal(await getSealed(store, to, ["test", "a"]), undefined);
  }));

Deno.test("reseal: a damaged sealed value is counted, stays as it is and does not stop the others", () =>
  withStore(async (store) => {
    const damaged = { sealed: new Uint8Array(40), context: "x" };
    await store.commit([{ set: ["test", "a"], value: damaged }]);
    await putSealed(store, from, ["test", "b"], plain);
    deepEqual(await resealAll(store, from, to), { resealed: 1, unreadable: 1 });
    deepEqual((await store.get(["test", "a"]))?.value, damaged);
  }));

Deno.test("reseal: sealed parts are found 8 levels deep, one past is left alone", () =>
  withStore(async (store) => {
    const nest = (value: unknown, levels: number): unknown => levels === 0 ? value : { in: nest(value, levels - 1) };
    const secret = await sealFor(from, ["test"], plain);
    await store.commit([{ set: ["test", 1], value: nest(secret, STORE_LIMITS.sealedDepth) }]);
    await store.commit([{ set: ["test", 2], value: nest(secret, STORE_LIMITS.sealedDepth + 1) }]);
    deepEqual(await resealAll(store, from, to), { resealed: 1, unreadable: 0 });
  }));

import { deepEqual, equal, notDeepEqual, rejects } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { KEYS } from "./keys.ts";
import { openStore } from "./kv_store.ts";
import { STORE_LIMITS } from "./limits.ts";
import { contextOf, createSealBox, createSealer, getSealed, isSealedValue, putSealed, sealFor } from "./sealer.ts";
import type { Store } from "./store.ts";

const BROKEN = { name: "IntegrityError", code: "SEAL_BROKEN" };
const rootKey = (fill = 7) => new Uint8Array(32).fill(fill);
const text = (value: string) => new TextEncoder().encode(value);

async function withStore(run: (store: Store) => Promise<void>): Promise<void> {
  const time = new ManualTime();
  const store = await openStore({ path: ":memory:", clock: time, timers: time });
  try {
    await run(store);
  } finally {
    await store.close();
  }
}

async function tag(key: CryptoKey): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, text("message")));
}

Deno.test("sealer: sealed bytes open under the same context only", async () => {
  const box = await createSealBox(rootKey());
  const sealed = await box.seal(text("secret"), "a");
  deepEqual(await box.unseal(sealed, "a"), text("secret"));
  await rejects(box.unseal(sealed, "b"), BROKEN);
  await rejects((await createSealBox(rootKey(8))).unseal(sealed, "a"), BROKEN);
});

Deno.test("sealer: an empty secret and one of 60,000 bytes come back", async () => {
  const box = await createSealBox(rootKey());
  for (const plain of [new Uint8Array(0), crypto.getRandomValues(new Uint8Array(60_000))]) {
    deepEqual(await box.unseal(await box.seal(plain, ""), ""), plain);
  }
});

Deno.test("sealer: any changed bit and any cut is refused", async () => {
  const box = await createSealBox(rootKey());
  const sealed = await box.seal(text("s"), "a");
  for (let at = 0; at < sealed.byteLength; at++) {
    const changed = sealed.slice();
    changed[at]! ^= 1;
    await rejects(box.unseal(changed, "a"), BROKEN);
    await rejects(box.unseal(sealed.slice(0, at), "a"), BROKEN);
  }
});

Deno.test("sealer: the same secret never gives the same bytes, and they hold no part of it", async () => {
  const box = await createSealBox(rootKey());
  const first = await box.seal(text("correct horse"), "a"), second = await box.seal(text("correct horse"), "a");
  notDeepEqual(first, second);
  equal(new TextDecoder("latin1").decode(first).includes("horse"), false);
});

Deno.test("sealer: a root key that is not 32 bytes is refused without naming its bytes", async () => {
  for (const length of [0, 16, 31, 33]) {
    await rejects(createSealBox(new Uint8Array(length)), { code: "STORE_FAILED", message: /wanted 32/ });
  }
});

Deno.test("sealer: put and get keep a secret, its expiry counts, absent is undefined", () =>
  withStore(async (store) => {
    const sealer = await createSealer(rootKey(), store);
    await putSealed(store, sealer, ["test", "a"], text("secret"));
    await putSealed(store, sealer, ["test", "old"], text("secret"), { expiresAt: 1 });
    deepEqual(await getSealed(store, sealer, ["test", "a"]), text("secret"));
    equal(await getSealed(store, sealer, ["test", "old"]), undefined);
    equal(await getSealed(store, sealer, ["test", "b"]), undefined);
    equal(isSealedValue((await store.get(["test", "a"]))?.value), true);
  }));

Deno.test("sealer: a sealed value moved to another key, with its context, does not open there", () =>
  withStore(async (store) => {
    const sealer = await createSealer(rootKey(), store);
    await store.commit([{ set: ["test", "b"], value: await sealFor(sealer, ["test", "a"], text("secret")) }]);
    await rejects(getSealed(store, sealer, ["test", "b"]), BROKEN);
    await store.commit([{ set: ["test", "b"], value: "plain" }]);
    await rejects(getSealed(store, sealer, ["test", "b"]), BROKEN);
  }));

Deno.test("sealer: derived keys differ by purpose, are the same after a restart and cannot be exported", () =>
  withStore(async (store) => {
    const first = await createSealer(rootKey(), store), second = await createSealer(rootKey(), store);
    const a = await first.derive("machine-secrets");
    deepEqual(await tag(a), await tag(await second.derive("machine-secrets")));
    notDeepEqual(await tag(a), await tag(await first.derive("machine-secret")));
    equal(a.extractable, false);
  }));

Deno.test("sealer: derived keys stay the same under a new root key once the secret is sealed again", () =>
  withStore(async (store) => {
    const before = await tag(await (await createSealer(rootKey(), store)).derive("a"));
    const key = [...KEYS.sealer, "derivation"];
    const secret = (await getSealed(store, await createSealBox(rootKey()), key))!;
    await putSealed(store, await createSealBox(rootKey(9)), key, secret);
    deepEqual(await tag(await (await createSealer(rootKey(9), store)).derive("a")), before);
  }));

Deno.test("sealer: a store sealed under another root key is refused with the way out", () =>
  withStore(async (store) => {
    await createSealer(rootKey(), store);
    await rejects(createSealer(rootKey(8), store), { ...BROKEN, hint: /restore/ });
  }));

Deno.test("sealer: 256 derived keys are kept in memory, one more lets the oldest go and still derives the same", () =>
  withStore(async (store) => {
    const sealer = await createSealer(rootKey(), store);
    const first = sealer.derive("0");
    for (let n = 1; n < STORE_LIMITS.derivedKeys; n++) await sealer.derive(`${n}`);
    equal(await sealer.derive("0"), await first);
    for (let n = 0; n < STORE_LIMITS.derivedKeys; n++) await sealer.derive(`more ${n}`);
    const again = await sealer.derive("0");
    equal(again === await first, false);
    deepEqual(await tag(again), await tag(await first));
  }));

Deno.test("sealer: the context of a key cannot be mistaken for that of another", () => {
  equal(contextOf(["a", "b"]) === contextOf(["a,b"]), false);
  equal(contextOf(["a", 1]) === contextOf(["a", "1"]), false);
});

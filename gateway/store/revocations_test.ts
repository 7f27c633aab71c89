import { deepEqual, equal } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { KEYS } from "./keys.ts";
import { openStore } from "./kv_store.ts";
import { addRevocation, forgetLogins, listRevocations, mergeUnion, revoke, revokedAt } from "./revocations.ts";
import type { Store } from "./store.ts";

async function withStores(run: (restored: Store, old: Store) => Promise<void>): Promise<void> {
  const time = new ManualTime();
  const open = () => openStore({ path: ":memory:", clock: time, timers: time });
  const restored = await open(), old = await open();
  try {
    await run(restored, old);
  } finally {
    await restored.close();
    await old.close();
  }
}
const certificate = (id: string, at: number) => ({ kind: "certificate", id, at }) as const;

Deno.test("revocations: recorded ones are listed by kind and found by id", () =>
  withStores(async (store) => {
    await store.commit([revoke(certificate("0a", 5)), revoke({ kind: "credential", id: "CP1", at: 6 })]);
    deepEqual(await Array.fromAsync(listRevocations(store, "certificate")), [certificate("0a", 5)]);
    equal(await revokedAt(store, "credential", "CP1"), 6);
    equal(await revokedAt(store, "certificate", "CP1"), undefined);
  }));

Deno.test("revocations: an earlier time never replaces a later one", () =>
  withStores(async (store) => {
    equal(await addRevocation(store, certificate("0a", 5)), true);
    equal(await addRevocation(store, certificate("0a", 4)), false);
    equal(await addRevocation(store, certificate("0a", 5)), false);
    equal(await addRevocation(store, certificate("0a", 6)), true);
    equal(await revokedAt(store, "certificate", "0a"), 6);
  }));

Deno.test("revocations: a restore keeps those of the backup and takes over those of the old box", () =>
  withStores(async (restored, old) => {
    await restored.commit([revoke(certificate("01", 1)), revoke(certificate("02", 9))]);
    await old.commit([revoke(certificate("02", 2)), revoke(certificate("03", 3)), { set: ["other"], value: 1 }]);
    equal(await mergeUnion(restored, old), 1);
    const all = await Array.fromAsync(listRevocations(restored, "certificate"));
    deepEqual(all, [certificate("01", 1), certificate("02", 9), certificate("03", 3)]);
    equal(await restored.get(["other"]), undefined);
  }));

Deno.test("revocations: a password renewed after the backup leaves none in the restored store, an older renewal leaves it", () =>
  withStores(async (restored, old) => {
    const renewed = (id: string, at: number) => revoke({ kind: "credential", id, at });
    const verifier = (id: string, value: string) => ({ set: [...KEYS.stationCredential, id], value });
    await restored.commit([renewed("CP1", 1), verifier("CP1", "old"), renewed("CP2", 1), verifier("CP2", "same")]);
    await old.commit([renewed("CP1", 2), verifier("CP1", "new"), renewed("CP2", 1), verifier("CP2", "same")]);
    equal(await mergeUnion(restored, old), 1);
    equal(await restored.get([...KEYS.stationCredential, "CP1"]), undefined);
    equal((await restored.get([...KEYS.stationCredential, "CP2"]))?.value, "same");
    equal(await revokedAt(restored, "credential", "CP1"), 2);
  }));

Deno.test("revocations: a removed person and a revoked API token stay gone in a restored store", () =>
  withStores(async (restored, old) => {
    const account = { set: [...KEYS.people, "account", "anna"], value: 1 };
    const token = { set: [...KEYS.people, "token", "t1"], value: 1 };
    await restored.commit([account, token, { set: [...KEYS.people, "account", "olga"], value: 1 }]);
    await old.commit([revoke({ kind: "person", id: "anna", at: 5 }), revoke({ kind: "token", id: "t1", at: 5 })]);
    equal(await mergeUnion(restored, old), 2);
    deepEqual([await restored.get(account.set), await restored.get(token.set)], [undefined, undefined]);
    equal((await restored.get([...KEYS.people, "account", "olga"]))?.value, 1);
  }));

Deno.test("revocations: a restored store knows no logins, no open ways and no sealed password", () =>
  withStores(async (restored) => {
    const kept = [...KEYS.people, "account", "anna"];
    await restored.commit([
      { set: kept, value: 1 },
      { set: [...KEYS.people, "break-glass"], value: 1 },
      ...["session", "lease", "provider"].map((kind) => ({ set: [...KEYS.people, kind, "x"], value: 1 })),
    ]);
    await forgetLogins(restored);
    const left = await Array.fromAsync(restored.list(KEYS.people), ({ key }) => key);
    deepEqual(left, [kept]);
  }));

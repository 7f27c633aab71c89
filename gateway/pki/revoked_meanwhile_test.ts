import { deepEqual } from "node:assert/strict";
import { createPkiRig, issueCert, openPki, PKI_SITE, type PkiRig, runCert } from "../../tests/support/pki_rig.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import type { Store } from "../store/store.ts";

/** The rig on a store that a test can make slow: what `wait` gives is waited for, of a read or with a list that was read. */
async function slowRig() {
  const rig = await createPkiRig(PKI_SITE), inner: Store = rig.store;
  const slow = { wait: (_key: string): Promise<void> | undefined => undefined };
  const store: Store = {
    get: async (key) => (await slow.wait(`get ${key.join(" ")}`), await inner.get(key)),
    list: async function* (prefix, options) {
      const all = await Array.fromAsync(inner.list<never>(prefix, options));
      await slow.wait(`list ${prefix.join(" ")}`);
      yield* all;
    },
    commit: (mutations, checks) => inner.commit(mutations, checks),
    snapshot: (file) => inner.snapshot(file),
    close: () => inner.close(),
  };
  Object.assign(rig.context, { store });
  return { rig, slow };
}

/** Stops the first access that fits, until it is let go. */
function stopAt(slow: { wait: (key: string) => Promise<void> | undefined }, fits: RegExp) {
  const reached = { is: false }, gate = Promise.withResolvers<void>();
  slow.wait = (key) => {
    if (reached.is || !fits.test(key)) return undefined;
    reached.is = true;
    return gate.promise;
  };
  return { reached: () => waitFor("the access", () => reached.is), go: gate.resolve };
}

const TWO = PKI_SITE.replace("tls: {} }", 'tls: {} }\n    - { id: late, listen: "127.0.0.1:8447", tls: {} }');
const revoke = (pki: Awaited<ReturnType<typeof openPki>>, serial: string) => runCert(pki, "cert revoke", { serial });

async function withSlowPki(
  test: (
    parts: { rig: PkiRig; pki: Awaited<ReturnType<typeof openPki>> } & Awaited<ReturnType<typeof slowRig>>,
  ) => Promise<void>,
): Promise<void> {
  const slow = await slowRig(), pki = await openPki(slow.rig.context);
  try {
    await test({ ...slow, pki });
  } finally {
    await pki.stop!();
    await slow.rig.store.close();
  }
}

Deno.test("pki: a certificate that is revoked while a reload makes keys is refused by every listener after it", () =>
  withSlowPki(async ({ rig, pki, slow }) => {
    const { serial } = await issueCert(pki);
    const stop = stopAt(slow, /^get .*8447/);
    const reloaded = pki.reconfigure!(rig.useSite(TWO));
    await stop.reached();
    await revoke(pki, serial);
    stop.go();
    await reloaded;
    for (const listener of ["ot", "late"]) deepEqual(pki.trustOf(listener).denied.serials, [serial]);
  }));

Deno.test("pki: of two revocations at one moment the list that was read first does not take the other back", () =>
  withSlowPki(async ({ pki, slow }) => {
    const [first, second] = [(await issueCert(pki)).serial, (await issueCert(pki, "CP002")).serial];
    const stop = stopAt(slow, /^list .*revo/i);
    const slowly = revoke(pki, first);
    await stop.reached();
    await revoke(pki, second);
    stop.go();
    await slowly;
    deepEqual([...pki.trustOf("ot").denied.serials].sort(), [first, second].sort());
  }));

Deno.test("pki: of two revocation lists at one moment the higher number holds all that the lower one holds", () =>
  withSlowPki(async ({ pki, slow }) => {
    const { serial } = await issueCert(pki);
    const stop = stopAt(slow, /^list .*revo/i);
    const lists = [runCert(pki, "cert export-crl")];
    await stop.reached();
    await revoke(pki, serial);
    lists.push(runCert(pki, "cert export-crl"));
    await issueCert(pki, "CP002"); // time enough for a list that would not wait for the first
    stop.go();
    const told = (await Promise.all(lists)).map(({ data }) => data as { number: number; entries: number });
    told.sort((a, b) => a.number - b.number);
    deepEqual(told.map(({ number, entries }) => [number - told[0]!.number, entries]), [[0, 0], [1, 1]]);
  }));

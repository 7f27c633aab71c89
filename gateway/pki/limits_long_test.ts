import { strict as assert } from "node:assert";
import { createPkiRig, openPki, PKI_SITE } from "../../tests/support/pki_rig.ts";
import { makeTestCsr, TestCa } from "../../tests/support/test_ca.ts";
import { KEYS } from "../store/keys.ts";
import type { IssuedCertificate } from "./issued_certificates.ts";
import { PKI_LIMITS } from "./limits.ts";
import { verifyPeer } from "./verify_peer.ts";

Deno.test("pki limits: the site CA issues 20,000 certificates, one more is refused", async () => {
  await using rig = await createPkiRig(PKI_SITE);
  const pki = await openPki(rig.context);
  const record = (index: number): IssuedCertificate => ({
    ...{ serial: index.toString(16).padStart(8, "0"), stationId: `OLD${index}`, fingerprint: "f", who: "eva" },
    ...{ keyHash: `k${index}`, issuedAt: 0, notAfter: 0 },
  });
  for (let at = 1; at < PKI_LIMITS.issued; at += 1_000) {
    const indexes = Array.from({ length: Math.min(1_000, PKI_LIMITS.issued - at) }, (_, index) => at + index);
    await rig.store.commit(
      indexes.map(record).map((value) => ({ set: [...KEYS.certificate, value.serial], value })),
    );
  }
  const issue = (station: string) =>
    pki.commands!["cert issue"]!({ station, csr: makeTestCsr([["CN", station]]).csrPem }, "eva");
  await issue("CP001");
  await assert.rejects(issue("CP002"), { code: "PKI_REQUEST_REFUSED", message: /20000 certificates, its limit/ });
  await pki.stop!();
});

/** Distinct chains that need no signature check: a version 1 leaf with others presented along in every order. */
function* cheapChains(): Generator<readonly Uint8Array[]> {
  const leaf = new TestCa().client("CP002", { version: 1 }).der;
  const others = Array.from({ length: 9 }, (_, index) => new TestCa(`CA ${index}`).certificate.der);
  for (const a of others) {
    for (const b of others) for (const c of others) for (const d of others) yield [leaf, a, b, c, d];
  }
}

for (const { others, isKnown } of [{ others: -1, isKnown: true }, { others: 0, isKnown: false }]) {
  Deno.test(`pki limits: ${PKI_LIMITS.cachedChains + others} other chains later a verdict is ${isKnown ? "still" : "no longer"} remembered`, () => {
    const ca = new TestCa();
    const organizations: string[] = [];
    const trust = { clientCas: [ca.pem], denied: { fingerprints: [], serials: [] }, organizations };
    const chain = [ca.client("CP001").der];
    const now = Date.UTC(2026, 0, 1);
    assert.equal(verifyPeer(chain, trust, now).ok, true);
    for (const other of cheapChains().take(PKI_LIMITS.cachedChains + others)) {
      const verdict = verifyPeer(other, trust, now);
      assert.equal(!verdict.ok && verdict.rule, "peer.version");
    }
    // Changed behind its back, which callers must not do: only a verdict made anew sees it.
    organizations.push("Other");
    assert.equal(verifyPeer(chain, trust, now).ok, isKnown);
  });
}

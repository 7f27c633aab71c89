import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { createPkiRig, PKI_SITE } from "../../tests/support/pki_rig.ts";
import { makeTestKey } from "../../tests/support/test_ca.ts";
import { AcmeAccount, openAccount, type SigningOrder } from "./acme_account.ts";
import { ACME_CONTROL_LIMITS as LIMITS } from "./acme_limits.ts";

const SCOPE = { directoryUrl: "https://ca.example/dir", names: ["a.example"], csr: "AAAA", contact: "a@b.example" };
const REGISTER = JSON.stringify({ termsOfServiceAgreed: true, contact: ["mailto:a@b.example"] });
const account = "https://ca.example/account/1";
const order: SigningOrder = { url: "https://ca.example/order/1", nonce: "n0nce", payload: "", account };
const ec = () => generateKeyPairSync("ec", { namedCurve: "P-256" });

Deno.test("acme account: signs what a run needs, with the key's public half or the account's URL", () => {
  const { privateKey, publicKey } = ec();
  const made = new AcmeAccount(privateKey);
  const ids = JSON.stringify({ identifiers: [{ type: "dns", value: "a.example" }] });
  for (const payload of ["", "{}", ids, JSON.stringify({ csr: "AAAA" })]) {
    const jws = made.sign({ ...order, payload }, SCOPE);
    const head = JSON.parse(Buffer.from(jws.protected, "base64url").toString());
    assert.deepEqual(head, { alg: "ES256", nonce: "n0nce", url: order.url, kid: account });
    const signed = Buffer.from(`${jws.protected}.${jws.payload}`);
    const key = { key: publicKey, dsaEncoding: "ieee-p1363" as const };
    assert.ok(verify("sha256", signed, key, Buffer.from(jws.signature, "base64url")));
  }
  const { account: _, ...first } = order;
  const head = made.sign({ ...first, payload: REGISTER }, SCOPE).protected;
  assert.deepEqual(Object.keys(JSON.parse(Buffer.from(head, "base64url").toString()).jwk), ["crv", "kty", "x", "y"]);
});

const REFUSED: readonly { readonly name: string; readonly order: SigningOrder }[] = [
  { name: "another server", order: { ...order, url: "https://evil.example/order/1" } },
  { name: "an account elsewhere", order: { ...order, account: "https://evil.example/account/1" } },
  { name: "a deactivation of the account", order: { ...order, payload: '{"status":"deactivated"}' } },
  {
    name: "an order for another name",
    order: { ...order, payload: '{"identifiers":[{"type":"dns","value":"b.example"}]}' },
  },
  { name: "another certificate request", order: { ...order, payload: '{"csr":"BBBB"}' } },
  { name: "another contact", order: { url: order.url, nonce: "n", payload: '{"termsOfServiceAgreed":true}' } },
  { name: "a nonce of the wrong form", order: { ...order, nonce: 'n"' } },
  { name: "a nonce that is too long", order: { ...order, nonce: "n".repeat(LIMITS.nonceChars + 1) } },
  { name: "a URL that is too long", order: { ...order, url: `https://ca.example/${"x".repeat(LIMITS.urlChars)}` } },
  { name: "a payload that is too long", order: { ...order, payload: " ".repeat(LIMITS.payloadChars + 1) } },
];

for (const { name, order } of REFUSED) {
  Deno.test(`acme account: does not sign ${name}`, () => {
    assert.throws(() => new AcmeAccount(ec().privateKey).sign(order, SCOPE), { code: "CTL_REFUSED" });
  });
}

Deno.test("acme account: signs at the limits of nonce and URL", () => {
  const url = `https://ca.example/${"x".repeat(LIMITS.urlChars - 19)}`;
  assert.equal(url.length, LIMITS.urlChars);
  new AcmeAccount(ec().privateKey).sign({ ...order, url, nonce: "n".repeat(LIMITS.nonceChars) }, SCOPE);
});

Deno.test("acme account: the key is made once, kept sealed, and a file of the customer wins", async () => {
  await using rig = await createPkiRig(PKI_SITE);
  const { store, sealer } = rig.context;
  const first = await openAccount(store, sealer, undefined);
  assert.equal((await openAccount(store, sealer, undefined)).thumbprint, first.thumbprint);
  const own = makeTestKey("rsa2048");
  const fromFile = await openAccount(store, sealer, own.keyPem);
  assert.notEqual(fromFile.thumbprint, first.thumbprint);
  const jws = fromFile.sign(order, SCOPE);
  const signed = Buffer.from(`${jws.protected}.${jws.payload}`);
  assert.ok(verify("sha256", signed, createPublicKey(own.key), Buffer.from(jws.signature, "base64url")));
});

Deno.test("acme account: weak and unreadable keys are refused, without quoting them", async () => {
  await using rig = await createPkiRig(PKI_SITE);
  const { store, sealer } = rig.context;
  for (const pem of [makeTestKey("rsa1024").keyPem, makeTestKey("p384").keyPem, "-----BEGIN PRIVATE KEY-----\nQUJD"]) {
    await assert.rejects(openAccount(store, sealer, pem), (error: Error) => !error.message.includes("QUJD"));
  }
});

import { deepEqual, equal, rejects } from "node:assert/strict";
import { openSigner } from "../../control/audit/signer.ts";
import { openStore } from "../../store/kv_store.ts";
import { createSealer } from "../../store/sealer.ts";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { DECOMMISSION_LIMITS } from "../limits.ts";
import {
  createErasureKey,
  ENDORSEMENT_PREFIX,
  isSiteCertificate,
  readOwnCertificate,
  signSiteCertificate,
  verifySiteCertificate,
} from "./certificate.ts";

const BROKEN = { code: "DECOMMISSION_CERTIFICATE_BROKEN" };
const HEAD = { seq: 9, hash: "ab".repeat(32) };
const TEXT = JSON.stringify({ site: "garage", audit: { head: HEAD }, erased: [] });

/** A certificate of a site with its own audit key; `text` is what it says, `named` what its key was made for. */
async function made({ text = TEXT, named = {}, prefix = ENDORSEMENT_PREFIX }: {
  readonly text?: string;
  readonly named?: object;
  readonly prefix?: string;
} = {}) {
  const time = new ManualTime(), store = await openStore({ path: ":memory:", clock: time, timers: time });
  try {
    const signer = await openSigner(store, await createSealer(new Uint8Array(32).fill(1), store));
    const { pkcs8, publicPem } = await createErasureKey();
    const said = JSON.stringify({ site: "garage", publicPem, head: HEAD, ...named });
    const endorsement = { text: said, keyId: signer.keyId, signature: await signer.sign(prefix + said) };
    return { file: await signSiteCertificate(pkcs8, text, endorsement), auditPem: signer.publicPem };
  } finally {
    await store.close();
  }
}

Deno.test("gateway's certificate: genuine with the public key of its own audit chain alone", async () => {
  const { file, auditPem } = await made(), other = await made();
  deepEqual(await verifySiteCertificate(file, auditPem), JSON.parse(TEXT));
  deepEqual(await verifySiteCertificate(file.replace(/\n$/, "\r\n"), auditPem), JSON.parse(TEXT));
  deepEqual(await readOwnCertificate(file), JSON.parse(TEXT));
  await rejects(verifySiteCertificate(file, other.auditPem), BROKEN);
  await rejects(verifySiteCertificate(file, "no key"), { code: "AUDIT_KEY_INVALID" });
});

Deno.test("gateway's certificate: one changed byte anywhere is found", async () => {
  const { file, auditPem } = await made();
  for (let at = 0; at < file.length - 1; at += 3) {
    const other = file[at] === "1" ? "2" : "1";
    await rejects(verifySiteCertificate(file.slice(0, at) + other + file.slice(at + 1), auditPem), `byte ${at}`);
  }
});

const forged: readonly (readonly [name: string, how: Parameters<typeof made>[0]])[] = [
  ["another site's certificate under this site's key", { named: { site: "garage-2" } }],
  ["another end of the audit chain", { named: { head: { seq: 10, hash: HEAD.hash } } }],
  ["another key than the one that was vouched for", {
    named: { publicPem: "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n" },
  }],
  ["a text that was signed as something else", { prefix: "bulkhead-erasure-v1\n" }],
  ["a certificate without its site", { text: "{}" }],
];
for (const [name, how] of forged) {
  Deno.test(`gateway's certificate: refused: ${name}`, async () => {
    const { file, auditPem } = await made(how);
    await rejects(verifySiteCertificate(file, auditPem), BROKEN);
  });
}

Deno.test("gateway's certificate: parts of two certificates make none", async () => {
  const one = await made(), two = await made();
  const mixed = { ...JSON.parse(one.file), endorsement: JSON.parse(two.file).endorsement };
  await rejects(verifySiteCertificate(`${JSON.stringify(mixed, null, 2)}\n`, two.auditPem), BROKEN);
});

Deno.test("gateway's certificate: what is no certificate is told, and none too large is read", async () => {
  const { file, auditPem } = await made(), { certificateBytes } = DECOMMISSION_LIMITS;
  const more = `${JSON.stringify({ ...JSON.parse(file), more: 1 }, null, 2)}\n`;
  for (const text of ["", "{}", "null", "[]", "{", `${file} `, more, " ".repeat(certificateBytes + 1)]) {
    await rejects(verifySiteCertificate(text, auditPem), BROKEN);
  }
  await rejects(verifySiteCertificate(" ".repeat(certificateBytes), auditPem), /it is no JSON/);
});

Deno.test("gateway's certificate: is told apart from a station's", async () => {
  equal(isSiteCertificate((await made()).file), true);
  equal(isSiteCertificate('{\n  "form": "bulkhead-erasure-1"'), false);
  equal(
    isSiteCertificate(`{"form": "bulkhead-site-erasure-1"${" ".repeat(DECOMMISSION_LIMITS.certificateBytes)}`),
    false,
  );
});

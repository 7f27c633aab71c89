import { deepEqual, equal, match } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { constants, createHash, generateKeyPairSync, sign } from "node:crypto";
import { makeTestKey, TestCa } from "../../tests/support/test_ca.ts";
import type { ImageClaim } from "../core/firmware_api.ts";
import { Digester } from "./image_digest.ts";
import { ImageExamination } from "./image_examination.ts";
import { FIRMWARE_LIMITS } from "./limits.ts";
import type { VendorTrust } from "./vendor_trust.ts";

const NOW = Date.UTC(2026, 10, 21);
const IMAGE = Buffer.from("firmware ".repeat(1_000));
const SHA256 = createHash("sha256").update(IMAGE).digest("hex");
const MD5 = createHash("md5").update(IMAGE).digest("hex");
const root = new TestCa("Bender firmware root");
const ec = root.issue({});
const rsa = root.issue({ keyKind: "rsa2048" });
const ecSignature = sign("sha256", IMAGE, ec.key).toString("base64");

const minisignPair = generateKeyPairSync("ed25519");
const minisignId = Buffer.from("0102030405060708", "hex");
const raw = minisignPair.publicKey.export({ format: "der", type: "spki" }).subarray(-32);
const minisignKey = Buffer.concat([Buffer.from("Ed"), minisignId, raw]).toString("base64");
function minisig(image = IMAGE, id = minisignId): string {
  const signature = sign(null, createHash("blake2b512").update(image).digest(), minisignPair.privateKey);
  const global = sign(null, Buffer.concat([signature, Buffer.from("5.33")]), minisignPair.privateKey);
  const first = Buffer.concat([Buffer.from("ED"), id, signature]).toString("base64");
  return `untrusted comment: x\n${first}\ntrusted comment: 5.33\n${global.toString("base64")}\n`;
}

const TRUST: VendorTrust = {
  vendor: "bender",
  roots: root.pem,
  revokedSerials: [],
  algorithms: ["RSA-PSS-SHA256", "ECDSA-SHA256"],
  salt: "any",
  evidence: [["ocpp-signature"]],
  onUnverified: "refuse",
  formats: [],
  maxBytes: 1_000_000,
};

function prove(claim: Partial<ImageClaim>, trust: Partial<VendorTrust> | null = {}, image = IMAGE) {
  const examination = new ImageExamination(
    { vendor: "bender", version: "1", ...claim },
    trust === null ? undefined : { ...TRUST, ...trust },
    NOW,
  );
  const digester = new Digester({ md5: claim.md5 !== undefined });
  for (let at = 0; at < image.length; at += 1_000) {
    const part = image.subarray(at, at + 1_000);
    digester.update(part);
    examination.update(part);
  }
  return examination.proofs(digester.digest());
}
const found = (proofs: ReturnType<typeof prove>) =>
  Object.fromEntries(Object.entries(proofs).map(([k, v]) => [k, v.found]));
const NOTHING = {
  certificate: "absent",
  signature: "absent",
  minisign: "absent",
  vendorSha256: "absent",
  md5: "absent",
};
const flip = (image: Buffer) => Buffer.from(image.map((byte, at) => at === 4_321 ? byte ^ 1 : byte));

Deno.test("image examination: a claim that says nothing proves nothing", () => {
  deepEqual(found(prove({})), NOTHING);
  deepEqual(found(prove({}, null)), NOTHING);
});

Deno.test("image examination: the vendor's signature counts, a flipped bit of the image ends it", () => {
  const claim = { signature: ecSignature, certificate: ec.certPem };
  deepEqual(found(prove(claim)), { ...NOTHING, certificate: "good", signature: "good" });
  match(prove(claim).signature.detail, /ECDSA-SHA256 over the whole file/);
  deepEqual(found(prove(claim, {}, flip(IMAGE))), { ...NOTHING, certificate: "good", signature: "bad" });
  equal(prove(claim, {}, IMAGE.subarray(1)).signature.found, "bad", "truncated at the front");
  equal(prove(claim, {}, IMAGE.subarray(0, -1)).signature.found, "bad", "truncated at the end");
});

Deno.test("image examination: PKCS#1 v1.5, as the main open station stack signs, only where the profile names it", () => {
  const claim = { certificate: rsa.certPem, signature: sign("sha256", IMAGE, rsa.key).toString("base64") };
  equal(prove(claim).signature.found, "bad");
  equal(prove(claim, { algorithms: ["RSA-PKCS1-SHA256"] }).signature.found, "good");
});

Deno.test("image examination: the salt of RSA-PSS, any or as long as the hash", () => {
  const claim = (saltLength: number) => ({
    certificate: rsa.certPem,
    signature: sign("sha256", IMAGE, { key: rsa.key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })
      .toString("base64"),
  });
  deepEqual([prove(claim(222)).signature.found, prove(claim(222), { salt: "hash" }).signature.found], ["good", "bad"]);
  equal(prove(claim(32), { salt: "hash" }).signature.found, "good");
});

Deno.test("image examination: a profile whose algorithms do not fit the signer's key refuses by naming them", () => {
  const { signature } = prove({ signature: ecSignature, certificate: ec.certPem }, { algorithms: ["RSA-PSS-SHA256"] });
  match(signature.detail, /RSA-PSS-SHA256\) fits the signer's key/);
});

const HALVES: readonly (readonly [string, Partial<ImageClaim>, "certificate" | "signature", RegExp])[] = [
  ["a signature without certificate", { signature: ecSignature }, "signature", /no signing certificate/],
  ["a certificate without signature", { certificate: ec.certPem }, "signature", /no signature/],
  ["a signature that is no base64", { signature: "%", certificate: ec.certPem }, "signature", /is no base64/],
  [
    "a signature of another key",
    {
      signature: sign("sha256", IMAGE, makeTestKey().key).toString("base64"),
      certificate: ec.certPem,
    },
    "signature",
    /not the signer's over this file/,
  ],
  [
    "wrong vendor key",
    {
      signature: ecSignature,
      certificate: new TestCa("Acme").issue({ key: ec }).certPem,
    },
    "certificate",
    /is not issued by a ManufacturerRootCertificate of bender/,
  ],
];
for (const [name, claim, part, wanted] of HALVES) {
  Deno.test(`image examination: refuses ${name}`, () => {
    const proofs = prove(claim);
    equal(proofs[part].found, "bad");
    match(proofs[part].detail, wanted);
  });
}

Deno.test("image examination: a signature is not checked with a certificate that does not count", () => {
  const claim = { signature: ecSignature, certificate: new TestCa("Acme").issue({ key: ec }).certPem };
  match(prove(claim).signature.detail, /not checked/);
});

Deno.test("image examination: an expired signer's signature is checked, and its age stays said", () => {
  const old = root.issue({ notAfter: Date.UTC(2025, 0, 1) });
  const { certificate, signature } = prove({
    certificate: old.certPem,
    signature: sign("sha256", IMAGE, old.key).toString("base64"),
  });
  deepEqual([certificate.found, certificate.aged, signature.found], ["bad", true, "good"]);
});

Deno.test("image examination: a signature as long as OCPP allows is read, one character more is not", () => {
  const limit = FIRMWARE_LIMITS.signatureChars;
  const claim = (chars: number) => ({
    certificate: ec.certPem,
    signature: ecSignature + " ".repeat(chars - ecSignature.length),
  });
  equal(prove(claim(limit)).signature.found, "good");
  match(prove(claim(limit + 1)).signature.detail, /at most 800 characters/);
});

Deno.test("image examination: hashes that others publish, in either case of letters", () => {
  deepEqual(found(prove({ sha256: SHA256.toUpperCase(), md5: MD5 })), {
    ...NOTHING,
    vendorSha256: "good",
    md5: "good",
  });
  deepEqual(found(prove({ sha256: SHA256, md5: MD5 }, {}, flip(IMAGE))), {
    ...NOTHING,
    vendorSha256: "bad",
    md5: "bad",
  });
  match(prove({ sha256: "00".repeat(32) }).vendorSha256.detail, new RegExp(`has SHA-256 ${SHA256}: wanted 0000`));
});

Deno.test("image examination: minisign, with the key of the profile alone", () => {
  const trust = { minisignKey };
  equal(prove({ minisig: minisig() }, trust).minisign.found, "good");
  equal(prove({ minisig: minisig() }, trust, flip(IMAGE)).minisign.found, "bad");
  match(
    prove({ minisig: minisig(IMAGE, Buffer.alloc(8)) }, trust).minisign.detail,
    /key 0000000000000000: wanted 0102/,
  );
  match(prove({ minisig: "no file" }, trust).minisign.detail, /cannot be read/);
  match(prove({ minisig: minisig() }, { minisignKey: "no key" }).minisign.detail, /key of the vendor's profile cannot/);
  equal(prove({ minisig: minisig() }).minisign.found, "absent", "a profile without a key");
});

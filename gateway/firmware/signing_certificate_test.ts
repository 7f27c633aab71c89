import { brainpoolP256r1 } from "@noble/curves/misc.js";
import { equal, match, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";
import { TestCa, type TestCertificate } from "../../tests/support/test_ca.ts";
import { type Certificate, readCertificate } from "../pki/certificate.ts";
import { bitString, oid, sequence, toPem } from "../pki/der_writer.ts";
import { DerReader, TAG } from "../pki/der_reader.ts";
import { KEY_USAGE } from "../pki/extensions.ts";
import { FIRMWARE_LIMITS } from "./limits.ts";
import { judgeSigner, type SigningTrust } from "./signing_certificate.ts";

const NOW = Date.UTC(2026, 10, 21);
const root = new TestCa("Bender firmware root");
const rootOf = (ca: TestCa): Certificate => readCertificate(ca.certificate.der);
const signer = root.issue({ subject: [["O", "Bender"], ["CN", "firmware 2026"]], purposes: null });
const TRUST: SigningTrust = { vendor: "bender", roots: [rootOf(root)], revokedSerials: [] };
const judge = (certificate: TestCertificate | string, trust: Partial<SigningTrust> = {}, now = NOW) =>
  judgeSigner(typeof certificate === "string" ? certificate : certificate.certPem, { ...TRUST, ...trust }, now);

Deno.test("signing certificate: issued by a pinned root, without extended key usage, it counts", () => {
  const { finding, key } = judge(signer);
  equal(finding.found, "good");
  match(finding.detail, /firmware 2026.*holds until 2040/);
  equal(key?.kind, "ec");
});

Deno.test("signing certificate: PEM, and DER as base64 or hex of the first whitepaper, are one certificate", () => {
  for (const text of [Buffer.from(signer.der).toString("base64"), Buffer.from(signer.der).toString("hex")]) {
    equal(judge(text).finding.found, "good");
  }
});

const other = new TestCa("Bender firmware root"); // the same name, another key
const between = root.intermediate("Bender line 2");
const short = { notBefore: Date.UTC(2026, 0, 1), notAfter: Date.UTC(2026, 5, 1) };
const BAD: readonly (readonly [string, () => ReturnType<typeof judge>, RegExp])[] = [
  ["wrong vendor key: a root of the same name and another key", () => judge(other.issue({})), /is not issued by/],
  ["wrong vendor key: the root of another vendor", () => judge(new TestCa("Acme").issue({})), /is not issued by/],
  ["an intermediate certificate between", () => judge(toPem("CERTIFICATE", between.issue({}).der)), /is not issued by/],
  ["two certificates in one text", () => judge(signer.certPem + between.certificate.certPem), /allows no intermediate/],
  ["the root itself", () => judge(root.certificate), /is a CA: a root signs certificates/],
  ["a version 1 certificate", () => judge(root.issue({ version: 1 })), /X.509 version 1: wanted 3/],
  ["RSA of 1024 bits", () => judge(root.issue({ keyKind: "rsa1024" })), /1024 bits: wanted 2048/],
  ["an Ed25519 key", () => judge(root.issue({ keyKind: "ed25519" })), /ed25519: wanted RSA or a named curve/],
  [
    "a key that may only agree on keys",
    () => judge(root.issue({ usage: [KEY_USAGE.keyEncipherment] })),
    /digital signatures/,
  ],
  ["a certificate signed with SHA-1", () => judge(root.issue({ hash: "sha1" })), /is not issued by/],
  ["no roots at all", () => judge(signer, { roots: [] }), /no ManufacturerRootCertificate of bender/],
  ["text that is nothing", () => judge("%%%"), /neither PEM nor base64 nor hex/],
  ["base64 that is no certificate", () => judge("AAAA"), /cannot be read/],
  ["an empty text", () => judge(""), /cannot be read/],
  ["a PEM block of something else", () => judge(signer.keyPem), /no PEM block CERTIFICATE/],
  ["a date before it holds", () => judge(root.issue(short), {}, Date.UTC(2025, 0, 1)), /holds from 2026-01-01 only/],
  [
    "a root that has expired",
    () => judge(signer, { roots: [rootOf(new TestCa("Bender firmware root", short))] }),
    /issued/,
  ],
];
for (const [name, run, wanted] of BAD) {
  Deno.test(`signing certificate: refuses ${name}`, () => {
    const { finding, key, isRevoked } = run();
    equal(finding.found, "bad");
    match(finding.detail, wanted);
    equal(finding.aged, undefined);
    equal(key, undefined);
    equal(isRevoked, undefined);
  });
}

Deno.test("signing certificate: an expired signer is refused, and known to be bad for its age alone", () => {
  const { finding, key } = judge(root.issue(short));
  match(finding.detail, /expired on 2026-06-01/);
  equal(finding.aged, true);
  ok(key);
  equal(judge(root.issue(short), {}, short.notAfter).finding.found, "good", "it holds to its last moment");
  equal(judge(root.issue(short), {}, short.notAfter + 1).finding.found, "bad");
});

Deno.test("signing certificate: a revoked signer is refused by serial, whatever its zeros and case", () => {
  for (const serial of [signer.serial, signer.serial.toUpperCase(), `00${signer.serial}`]) {
    const { finding, isRevoked, key } = judge(signer, { revokedSerials: ["ab", serial] });
    match(finding.detail, /is revoked/);
    equal(isRevoked, true);
    equal(key, undefined);
  }
  equal(judge(signer, { revokedSerials: [signer.serial.slice(2)] }).finding.found, "good");
});

Deno.test("signing certificate: a text as long as OCPP allows is read, one character more is not", () => {
  const padded = signer.certPem + "\n".repeat(FIRMWARE_LIMITS.certificateChars - signer.certPem.length);
  equal(judge(padded).finding.found, "good");
  match(judge(`${padded}\n`).finding.detail, /5501 characters: at most 5500/);
});

Deno.test("signing certificate: one flipped bit anywhere never counts", () => {
  for (let at = 0; at < signer.der.length; at++) {
    const flipped = signer.der.map((byte, index) => index === at ? byte ^ 1 : byte);
    equal(judge(toPem("CERTIFICATE", flipped)).finding.found, "bad", `byte ${at}`);
  }
});

/** A certificate whose key and signature are replaced by those of a curve that the runtime lacks. */
function brainpoolSigned(by: TestCertificate, issuerName: Certificate, secretKey: Uint8Array) {
  const certificate = readCertificate(by.der);
  ok(certificate.issuer.raw.length === issuerName.subject.raw.length);
  const digest = new Uint8Array(createHash("sha256").update(certificate.signed).digest());
  const signature = brainpoolP256r1.sign(digest, secretKey, { prehash: false, lowS: false, format: "der" });
  return sequence(certificate.signed, certificate.signatureAlgorithm, bitString(signature));
}

Deno.test("signing certificate: a root on a brainpool curve, by fallback", () => {
  const { secretKey, publicKey } = brainpoolP256r1.keygen();
  const point = brainpoolP256r1.Point.fromBytes(publicKey).toBytes(false);
  const spki = sequence(sequence(oid("1.2.840.10045.2.1"), oid("1.3.36.3.3.2.8.1.1.7")), bitString(point));
  const rootCertificate = rootOf(root);
  const brainpoolRoot: Certificate = {
    ...rootCertificate,
    publicKey: { kind: "unknown", bits: 0, oid: "1.3.36.3.3.2.8.1.1.7", spki },
  };
  const leaf = toPem("CERTIFICATE", brainpoolSigned(signer, rootCertificate, secretKey));
  equal(judge(leaf, { roots: [brainpoolRoot] }).finding.found, "good");
  equal(judge(leaf).finding.found, "bad", "by the P-256 root of the same name");
  equal(judge(signer, { roots: [brainpoolRoot] }).finding.found, "bad");
  equal(new DerReader(spki).open(TAG.sequence).nextTag, TAG.sequence);
});

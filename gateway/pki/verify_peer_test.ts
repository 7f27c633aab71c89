import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import {
  makeTestCertificate,
  makeTestKey,
  TestCa,
  type TestCertificate,
  type TestCertificateOptions,
} from "../../tests/support/test_ca.ts";
import { der, integer, oid, sequence, setOf, utf8String } from "./der_writer.ts";
import { extension, generalName, permittedNames } from "./extension_writer.ts";
import { PURPOSE } from "./extensions.ts";
import { PKI_LIMITS } from "./limits.ts";
import { PEER_RULES, type PeerRule } from "./peer_rules.ts";
import { type PeerTrust, standingOf, verifyPeer } from "./verify_peer.ts";

const NOW = Date.UTC(2026, 5, 1);
const ca = new TestCa();
const otherCa = new TestCa("Other listener's CA");
const impostor = new TestCa(); // same name as `ca`, another key

function trust(more: Partial<PeerTrust> = {}): PeerTrust {
  return { clientCas: [ca.pem], denied: { fingerprints: [], serials: [] }, organizations: [], ...more };
}

interface Case {
  readonly name: string;
  readonly rule: PeerRule | "accepted";
  readonly chain: () => readonly TestCertificate[];
  readonly trust?: (chain: readonly TestCertificate[]) => PeerTrust;
  readonly now?: number;
}

const client = (options: TestCertificateOptions = {}, commonName = "CP001") => () => [ca.client(commonName, options)];
const below = (options: TestCertificateOptions, leaf: TestCertificateOptions = {}) => () => {
  const intermediate = ca.intermediate("Below", options);
  return [intermediate.client("CP001", leaf), intermediate.certificate];
};
const commonName = (...values: readonly Uint8Array[]) => ({
  subjectDer: sequence(...values.map((value) => setOf(sequence(oid("2.5.4.3"), value)))),
});
const text = (value: string) => commonName(utf8String(value));
const chainOf = (length: number): TestCertificate[] => {
  const cas = [ca];
  for (let i = 0; i < length; i++) cas.unshift(cas[0]!.intermediate(`Level ${i}`));
  return [cas[0]!.client("CP001"), ...cas.slice(0, -1).map((each) => each.certificate)];
};

const CASES: readonly Case[] = [
  { name: "a good P-256 certificate", rule: "accepted", chain: client() },
  { name: "a good P-384 certificate", rule: "accepted", chain: client({ keyKind: "p384" }) },
  { name: "a good Ed25519 certificate", rule: "accepted", chain: client({ keyKind: "ed25519" }) },
  { name: "RSA-2048", rule: "accepted", chain: client({ keyKind: "rsa2048" }) },
  { name: "SHA-384", rule: "accepted", chain: client({ hash: "sha384" }) },
  { name: "no purposes and no key usage", rule: "accepted", chain: client({ purposes: null, usage: null }) },
  { name: "an intermediate that was presented", rule: "accepted", chain: below({}) },
  { name: "as many intermediates as allowed", rule: "accepted", chain: () => chainOf(PKI_LIMITS.intermediates) },
  { name: "a name-constrained CA and no DNS name", rule: "accepted", chain: below({ moreExtensions: [permitted()] }) },
  { name: "the first millisecond of validity", rule: "accepted", chain: client({ notBefore: NOW }) },
  { name: "the last millisecond of validity", rule: "accepted", chain: client({ notAfter: NOW }) },
  { name: "an accepted O", rule: "accepted", chain: client(), trust: () => trust({ organizations: ["Test CPO"] }) },
  {
    name: "two CAs of one name, the right one second",
    rule: "accepted",
    chain: client(),
    trust: () => trust({ clientCas: [impostor.pem, ca.pem] }),
  },
  { name: "no certificate", rule: "peer.presented", chain: () => [] },
  { name: "version 1", rule: "peer.version", chain: client({ version: 1 }) },
  { name: "an issuer of version 1", rule: "peer.version", chain: () => [withV1Issuer()[0]!], trust: () => v1Trust() },
  { name: "another listener's CA", rule: "peer.chain", chain: () => [otherCa.client("CP001")] },
  { name: "a CA of the right name and the wrong key", rule: "peer.chain", chain: () => [impostor.client("CP001")] },
  { name: "self-signed", rule: "peer.chain", chain: () => [makeTestCertificate({})] },
  { name: "no CA trusted at all", rule: "peer.chain", chain: client(), trust: () => trust({ clientCas: [] }) },
  { name: "an intermediate without the CA flag", rule: "peer.issuer-not-ca", chain: leafAsIssuer },
  { name: "an intermediate that may not sign", rule: "peer.issuer-not-ca", chain: below({ usage: [0] }) },
  {
    name: "an intermediate for servers only",
    rule: "peer.issuer-not-ca",
    chain: below({ purposes: [PURPOSE.serverAuth] }),
  },
  { name: "an intermediate with RSA-1024", rule: "peer.key", chain: below({ keyKind: "rsa1024" }) },
  { name: "an intermediate signed with SHA-1", rule: "peer.signature-algorithm", chain: below({ hash: "sha1" }) },
  { name: "an unknown critical extension above", rule: "peer.chain", chain: below({ moreExtensions: [unknown()] }) },
  { name: "one intermediate too many", rule: "peer.chain", chain: () => chainOf(PKI_LIMITS.intermediates + 1) },
  { name: "a path longer than its CA allows", rule: "peer.path-length", chain: tooDeep },
  {
    name: "a DNS name outside of the constraints",
    rule: "peer.name-constraints",
    chain: below({ moreExtensions: [permitted()] }, { altNames: ["cp001.elsewhere.example"] }),
  },
  {
    name: "an unknown critical extension",
    rule: "peer.critical-extension",
    chain: client({ moreExtensions: [unknown()] }),
  },
  { name: "a CA's own certificate", rule: "peer.is-ca", chain: client({ ca: {} }) },
  { name: "RSA-1024", rule: "peer.key", chain: client({ keyKind: "rsa1024" }) },
  { name: "SHA-1", rule: "peer.signature-algorithm", chain: client({ hash: "sha1" }) },
  { name: "serverAuth only", rule: "peer.purpose", chain: client({ purposes: [PURPOSE.serverAuth] }) },
  { name: "a key usage without signatures", rule: "peer.purpose", chain: client({ usage: [2] }) },
  { name: "expired", rule: "peer.expired", chain: client({ notAfter: NOW - 1_000 }) },
  { name: "not yet valid", rule: "peer.not-yet-valid", chain: client({ notBefore: NOW + 1_000 }) },
  { name: "an expired intermediate", rule: "peer.expired", chain: below({ notAfter: NOW - 1_000 }) },
  { name: "an expired root", rule: "peer.expired", chain: client(), now: Date.UTC(2041, 0, 1) },
  {
    name: "revoked by serial",
    rule: "peer.revoked",
    chain: client(),
    trust: ([leaf]) => trust({ denied: { fingerprints: [], serials: [leaf!.serial] } }),
  },
  {
    name: "revoked by fingerprint",
    rule: "peer.revoked",
    chain: client(),
    trust: ([leaf]) => trust({ denied: { fingerprints: [leaf!.fingerprint], serials: [] } }),
  },
  {
    name: "a revoked intermediate",
    rule: "peer.revoked",
    chain: below({}),
    trust: (chain) => trust({ denied: { fingerprints: [chain[1]!.fingerprint], serials: [] } }),
  },
  { name: "a wrong O", rule: "peer.organization", chain: client(), trust: () => trust({ organizations: ["Other"] }) },
  {
    name: "O in another case",
    rule: "peer.organization",
    chain: client(),
    trust: () => trust({ organizations: ["test cpo"] }),
  },
  {
    name: "no O where one is wanted",
    rule: "peer.organization",
    chain: client({ subject: [["CN", "CP001"]] }),
    trust: () => trust({ organizations: ["Test CPO"] }),
  },
  {
    name: "a second O",
    rule: "peer.organization",
    chain: client({ subject: [["O", "Test CPO"], ["O", "Evil"], ["CN", "CP001"]] }),
    trust: () => trust({ organizations: ["Test CPO"] }),
  },
  { name: "no CN", rule: "peer.common-name", chain: client({ subject: [["O", "Test CPO"]] }) },
  { name: "two CNs", rule: "peer.common-name", chain: client(commonName(utf8String("CP001"), utf8String("CP002"))) },
  { name: "a CN with NUL", rule: "peer.common-name", chain: client(text("CP001\0.evil")) },
  { name: "a CN with a trailing space", rule: "peer.common-name", chain: client(text("CP001 ")) },
  { name: "a CN with a leading space", rule: "peer.common-name", chain: client(text(" CP001")) },
  { name: "a CN with a newline", rule: "peer.common-name", chain: client(text("CP001\n")) },
  { name: "a CN with a look-alike letter", rule: "peer.common-name", chain: client(text("СP001")) },
  { name: "an empty CN", rule: "peer.common-name", chain: client(text("")) },
  { name: "a CN as long as allowed", rule: "accepted", chain: client({}, "C".repeat(PKI_LIMITS.commonNameChars)) },
  {
    name: "a CN one too long",
    rule: "peer.common-name",
    chain: client({}, "C".repeat(PKI_LIMITS.commonNameChars + 1)),
  },
  {
    name: "a CN that is not text",
    rule: "peer.encoding",
    chain: client(commonName(der(0x0c, new Uint8Array([0xff])))),
  },
  { name: "a repeated extension", rule: "peer.encoding", chain: client({ moreExtensions: [unknown(), unknown()] }) },
  {
    name: "as many certificates as allowed",
    rule: "accepted",
    chain: () => [
      ca.client("CP001"),
      ...new Array<TestCertificate>(PKI_LIMITS.presentedCertificates - 1).fill(ca.certificate),
    ],
  },
  {
    name: "one certificate too many",
    rule: "peer.encoding",
    chain:
      () => [ca.client("CP001"), ...new Array<TestCertificate>(PKI_LIMITS.presentedCertificates).fill(ca.certificate)],
  },
  {
    name: "as many signature checks as allowed",
    rule: "accepted",
    chain: client(),
    trust: () => trust({ clientCas: [...impostors(PKI_LIMITS.signatureChecks - 1), ca.pem] }),
  },
  {
    name: "one signature check too many",
    rule: "peer.chain",
    chain: client(),
    trust: () => trust({ clientCas: [...impostors(PKI_LIMITS.signatureChecks), ca.pem] }),
  },
  {
    name: "a bad CA in the trust",
    rule: "peer.encoding",
    chain: client(),
    trust: () => trust({ clientCas: ["-----BEGIN X"] }),
  },
];

for (const { name, rule, chain, trust: trustOf = () => trust(), now = NOW } of CASES) {
  Deno.test(`verify_peer: ${name}: ${rule}`, () => {
    const certificates = chain();
    const verdict = verifyPeer(certificates.map((each) => each.der), trustOf(certificates), now);
    assert.equal(verdict.ok ? "accepted" : verdict.rule, rule, verdict.ok ? "" : verdict.message);
  });
}

Deno.test("verify_peer: every rule has a case here or is a socket's", () => {
  const tested = new Set<string>([...CASES.map(({ rule }) => rule), "peer.authorized", "peer.resumed-unproven"]);
  assert.deepEqual(Object.keys(PEER_RULES).filter((rule) => !tested.has(rule)), []);
});

Deno.test("verify_peer: the verdict holds the names as written and the earliest end of the chain", () => {
  const soon = Date.UTC(2027, 0, 1);
  const intermediate = ca.intermediate("Short", { notAfter: soon });
  const leaf = intermediate.client("cp-001 Left/ü".replace("ü", "U"), { serial: new Uint8Array([0, 0x8f, 1]) });
  const verdict = verifyPeer([leaf.der, intermediate.certificate.der], trust(), NOW);
  const { fingerprint } = leaf;
  assert.deepEqual(verdict, { ok: true, commonName: "cp-001 Left/U", fingerprint, serial: "8f01", notAfter: soon });
});

Deno.test("verify_peer: a remembered chain is still judged by dates and revocation", () => {
  const leaf = ca.client("CP001", { notAfter: NOW + 10_000 });
  const rules = trust();
  assert.equal(verifyPeer([leaf.der], rules, NOW).ok, true);
  const later = verifyPeer([leaf.der], rules, NOW + 20_000);
  assert.equal(!later.ok && later.rule, "peer.expired");
  const denied = trust({ denied: { fingerprints: [leaf.fingerprint], serials: [] } });
  const revoked = verifyPeer([leaf.der], denied, NOW);
  assert.equal(!revoked.ok && revoked.rule, "peer.revoked");
});

Deno.test("verify_peer: a wrong chain that was remembered does not help another listener's chain", () => {
  const leaf = otherCa.client("CP001");
  assert.equal(verifyPeer([leaf.der], trust({ clientCas: [otherCa.pem] }), NOW).ok, true);
  assert.equal(verifyPeer([leaf.der], trust(), NOW).ok, false);
});

Deno.test("verify_peer: one changed bit anywhere in the certificate is refused", () => {
  const leaf = ca.client("CP001").der;
  const rules = trust();
  for (let at = 0; at < leaf.length; at++) {
    const changed = new Uint8Array(leaf);
    changed[at]! ^= 1 << (at % 8);
    assert.equal(verifyPeer([changed], rules, NOW).ok, false, `byte ${at}`);
  }
});

Deno.test("verify_peer: every prefix of a certificate and seeded noise are refused without another error", () => {
  const leaf = ca.client("CP001").der;
  const rules = trust();
  for (let length = 0; length < leaf.length; length++) {
    const verdict = verifyPeer([leaf.subarray(0, length)], rules, NOW);
    assert.equal(!verdict.ok && verdict.rule, "peer.encoding");
  }
  let seed = 7;
  const random = () => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
  for (let round = 0; round < 10_000; round++) {
    const changed = new Uint8Array(leaf);
    for (let i = 0; i < 3; i++) changed[Math.floor(random() * leaf.length)] = Math.floor(random() * 256);
    assert.equal(verifyPeer([changed], rules, NOW).ok && changed.some((byte, i) => byte !== leaf[i]), false);
  }
});

Deno.test("verify_peer: a certificate as large as allowed is read, one byte more is not", () => {
  const leaf = ca.client("CP001").der;
  const sized = (size: number) => {
    const padded = new Uint8Array(size);
    padded.set(leaf);
    const verdict = verifyPeer([padded], trust(), NOW);
    return verdict.ok ? "" : verdict.message;
  };
  assert.match(sized(PKI_LIMITS.certificateBytes), /left over/);
  assert.match(sized(PKI_LIMITS.certificateBytes + 1), /more than 16384 bytes/);
});

/** CAs of the right name with other keys: each costs a signature check. */
function impostors(count: number): string[] {
  return Array.from({ length: count }, () => new TestCa().pem);
}

function unknown(): Uint8Array {
  return extension("1.3.6.1.4.1.99999.1", true, integer(1));
}

function permitted(): Uint8Array {
  return permittedNames([generalName("garage.example")]);
}

function leafAsIssuer(): TestCertificate[] {
  const middle = ca.client("Station as CA");
  return [makeTestCertificate({ purposes: [PURPOSE.clientAuth] }, middle), middle];
}

function tooDeep(): TestCertificate[] {
  const upper = ca.intermediate("Upper", { ca: { pathLength: 0 } });
  const lower = upper.intermediate("Lower");
  return [lower.client("CP001"), lower.certificate, upper.certificate];
}

const v1Root = makeTestCertificate({ version: 1, subject: [["CN", "Old root"]], key: makeTestKey() });
function withV1Issuer(): TestCertificate[] {
  return [makeTestCertificate({ purposes: [PURPOSE.clientAuth] }, v1Root)];
}
function v1Trust(): PeerTrust {
  return trust({ clientCas: [v1Root.certPem] });
}

const STRANGERS: readonly (readonly [name: string, chain: () => readonly TestCertificate[], is: boolean])[] = [
  ["a maker's CA", () => [otherCa.client("X-4711")], true],
  ["a maker's CA, with the CA beside it", () => [otherCa.client("X-4711"), otherCa.certificate], true],
  ["nobody: self-signed and of version 1", () => [makeTestCertificate({ version: 1 })], true],
  ["a maker's CA, expired and for servers", () => [otherCa.client("X", { notAfter: 1_000, purposes: [] })], true],
  ["our CA, expired", () => [ca.client("CP001", { notAfter: NOW - 1_000 })], false],
  ["our CA, of version 1", () => [ca.client("CP001", { version: 1 })], false],
  ["a CA with our CA's name", () => [impostor.client("CP001")], false],
  ["a CA below ours", below({ usage: [0] }), false],
];
for (const [name, chain, is] of STRANGERS) {
  Deno.test(`verify_peer: a certificate of ${name} is ${is ? "" : "not "}a stranger's`, () => {
    assert.equal(standingOf(chain().map(({ der }) => der), trust()), is ? "stranger" : "known");
  });
}

Deno.test("verify_peer: what was revoked is no stranger's, by serial and by fingerprint, also when it cannot be read", () => {
  const leaf = otherCa.client("X-4711"), broken = Uint8Array.of(0x30, 1, 2);
  const denied = (more: { fingerprints?: string[]; serials?: string[] }) =>
    trust({ denied: { fingerprints: [], serials: [], ...more } });
  assert.equal(standingOf([leaf.der], denied({ serials: [leaf.serial] })), "revoked");
  assert.equal(standingOf([leaf.der], denied({ fingerprints: [leaf.fingerprint] })), "revoked");
  assert.equal(standingOf([broken], trust()), "stranger");
  const fingerprint = createHash("sha256").update(broken).digest("hex");
  assert.equal(standingOf([broken], denied({ fingerprints: [fingerprint] })), "revoked");
});

Deno.test("verify_peer: a revoked CA is told before the dates of what it signed", () => {
  const intermediate = ca.intermediate("Below"), leaf = intermediate.client("CP001", { notAfter: NOW - 1_000 });
  const { serial } = intermediate.certificate;
  const verdict = verifyPeer(
    [leaf.der, intermediate.certificate.der],
    trust({ denied: { fingerprints: [], serials: [serial] } }),
    NOW,
  );
  assert.equal(!verdict.ok && verdict.rule, "peer.revoked");
});

import { strict as assert } from "node:assert";
import { X509Certificate } from "node:crypto";
import { makeTestCertificate, TestCa, type TestCertificateOptions } from "../../tests/support/test_ca.ts";
import { readCertificate } from "./certificate.ts";
import { bitString, integer, oid, sequence } from "./der_writer.ts";
import { DerReader } from "./der_reader.ts";
import { extension, permittedNames, subjectAltName } from "./extension_writer.ts";
import { addressBytes, generalName } from "./extension_writer.ts";
import { PKI_LIMITS } from "./limits.ts";
import { faultOfNames } from "./name_constraints.ts";
import { faultOfKey, readPublicKey } from "./public_key.ts";
import { readSignatureAlgorithm } from "./signature.ts";

Deno.test("certificate: reads the same fields as node:crypto", () => {
  const made = new TestCa().server(["gw.garage.example", "10.20.0.1", "fd00::1"], {
    serial: new Uint8Array([0x8f, 1, 2]),
  });
  const mine = readCertificate(made.der);
  const theirs = new X509Certificate(made.certPem);
  assert.equal(mine.serial, theirs.serialNumber.toLowerCase());
  assert.equal(mine.fingerprint, theirs.fingerprint256.replaceAll(":", "").toLowerCase());
  assert.equal(mine.notAfter, Date.parse(theirs.validTo));
  assert.deepEqual(mine.subject.commonNames, ["gw.garage.example"]);
  assert.match(
    theirs.subjectAltName!,
    /DNS:gw\.garage\.example, IP Address:10\.20\.0\.1, IP Address:fd00::1/i,
  );
  assert.deepEqual([mine.version, mine.publicKey.kind, mine.publicKey.bits], [3, "ec", 256]);
});

const read = (options: TestCertificateOptions) => readCertificate(makeTestCertificate(options).der);
const numbered = (count: number) =>
  Array.from({ length: count }, (_, i) => extension(`1.3.6.1.4.1.99999.${i + 1}`, false, integer(i)));

Deno.test("certificate: takes as many extensions as allowed and not one more", () => {
  read({ moreExtensions: numbered(PKI_LIMITS.extensions - 2) }); // two stand there by default
  assert.throws(() => read({ moreExtensions: numbered(PKI_LIMITS.extensions - 1) }), /more than 32 extensions/);
});

Deno.test("certificate: takes as many names as allowed and not one more", () => {
  const names = (count: number) => Array.from({ length: count }, (_, i) => `h${i}.example`);
  const parts = (count: number) => names(count).map((name) => ["OU", name] as const);
  assert.equal(read({ altNames: names(PKI_LIMITS.names) }).extensions.altNames.length, PKI_LIMITS.names);
  assert.throws(() => read({ altNames: names(PKI_LIMITS.names + 1) }), /more than 64 alternative names/);
  assert.equal(read({ subject: parts(PKI_LIMITS.names) }).subject.rdns.length, PKI_LIMITS.names);
  assert.throws(() => read({ subject: parts(PKI_LIMITS.names + 1) }), /more than 64 parts/);
});

Deno.test("certificate: an alternative name with a control character is refused", () => {
  assert.throws(() => read({ moreExtensions: [subjectAltName(["a\0b"])] }), /not ASCII/);
});

const rsaKey = (bits: number, exponent = 65_537) => {
  const modulus = new Uint8Array(Math.ceil(bits / 8));
  modulus[0] = 1 << ((bits - 1) % 8);
  const spki = sequence(
    sequence(oid("1.2.840.113549.1.1.1")),
    bitString(sequence(integer(modulus), integer(exponent))),
  );
  return readPublicKey(new DerReader(spki).read());
};

Deno.test("public key: RSA from 2048 to 8192 bits and nothing else", () => {
  for (const bits of [1_024, 2_047]) assert.match(faultOfKey(rsaKey(bits))!, new RegExp(`${bits} bits: wanted 2048`));
  for (const bits of [2_048, 3_072, 8_192]) assert.equal(faultOfKey(rsaKey(bits)), undefined);
  assert.match(faultOfKey(rsaKey(8_193))!, /8193 bits: at most 8192/);
});

Deno.test("public key: RSA exponents 1 and even ones are refused", () => {
  assert.throws(() => rsaKey(2_048, 1), /exponent 01/);
  assert.throws(() => rsaKey(2_048, 65_536), /exponent 010000/);
});

Deno.test("public key: curves by name from 224 bits; brainpool and explicit parameters are unknown", () => {
  const curve = (...parameters: Uint8Array[]) =>
    readPublicKey(
      new DerReader(sequence(sequence(oid("1.2.840.10045.2.1"), ...parameters), bitString(new Uint8Array([4])))).read(),
    );
  assert.equal(faultOfKey(curve(oid("1.3.132.0.33"))), undefined);
  assert.match(faultOfKey(curve(oid("1.2.840.10045.3.1.1")))!, /192 bits/);
  assert.match(faultOfKey(curve(oid("1.3.36.3.3.2.8.1.1.7")))!, /unknown kind/);
  assert.match(faultOfKey(curve(sequence()))!, /explicit parameters/);
});

Deno.test("signature: MD5, SHA-1 and SHA-224 are named when they are refused", () => {
  const refused = (dotted: string) => {
    const algorithm = readSignatureAlgorithm(sequence(oid(dotted)));
    return "refused" in algorithm ? algorithm.refused : "";
  };
  assert.equal(refused("1.2.840.113549.1.1.4"), "RSA with MD5");
  assert.equal(refused("1.2.840.10045.4.1"), "ECDSA with SHA-1");
  assert.equal(refused("1.2.840.10045.4.3.1"), "ECDSA with SHA-224");
  assert.match(refused("1.2.3.4"), /unknown algorithm 1.2.3.4/);
  assert.match(refused("1.2.840.113549.1.1.10"), /unusual parameters/);
});

Deno.test("addresses: text becomes 4 or 16 bytes", () => {
  assert.deepEqual([...addressBytes("10.20.0.1")], [10, 20, 0, 1]);
  assert.deepEqual([...addressBytes("fd00::1")], [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  assert.deepEqual([...addressBytes("::")], new Array(16).fill(0));
  assert.deepEqual([...addressBytes("::ffff:10.0.0.1")].slice(10), [0xff, 0xff, 10, 0, 0, 1]);
});

for (
  const [names, tree, allowed] of [
    [["garage.example"], "garage.example", true],
    [["CP1.Garage.EXAMPLE"], "garage.example", true],
    [["evilgarage.example"], "garage.example", false],
    [["garage.example.evil"], "garage.example", false],
    [["garage.example"], ".garage.example", false],
    [["a.garage.example"], ".garage.example", true],
    [["a.garage.example", "b.example"], "garage.example", false],
    [[], "garage.example", true],
    [["10.0.0.1"], "garage.example", true],
  ] as const
) {
  Deno.test(`name constraints: [${names}] below "${tree}" ${allowed ? "may stand" : "is refused"}`, () => {
    const { extensions } = read({ ca: {}, moreExtensions: [permittedNames([generalName(tree)])] });
    const fault = faultOfNames(read({ altNames: names }), extensions.nameConstraints!);
    assert.equal(fault === undefined, allowed, fault ?? "no fault");
  });
}

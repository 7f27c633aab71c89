import { Buffer } from "node:buffer";
import { strict as assert } from "node:assert";
import { DerReader, readBits, readOid, readUnsigned, TAG } from "./der_reader.ts";
import {
  bitList,
  bitString,
  der,
  explicit,
  implicit,
  integer,
  oid,
  sequence,
  setOf,
  time,
  toPem,
  TRUE,
  utf8String,
} from "./der_writer.ts";
import { readOnePem } from "./pem.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

for (
  const { size, head } of [
    { size: 0, head: "0400" },
    { size: 127, head: "047f" },
    { size: 128, head: "048180" },
    { size: 255, head: "0481ff" },
    { size: 256, head: "04820100" },
    { size: 65_535, head: "0482ffff" },
    { size: 65_536, head: "0483010000" },
  ]
) {
  Deno.test(`der: ${size} bytes have the shortest length field`, () => {
    const written = der(TAG.octetString, new Uint8Array(size));
    assert.equal(hex(written.subarray(0, written.length - size)), head);
  });
}

for (
  const { value, wanted } of [
    { value: 0, wanted: "020100" },
    { value: 127, wanted: "02017f" },
    { value: 128, wanted: "02020080" },
    { value: 255, wanted: "020200ff" },
    { value: 256, wanted: "02020100" },
    { value: 2 ** 40, wanted: "0206010000000000" },
    { value: new Uint8Array([0, 0, 1]), wanted: "020101" },
    { value: new Uint8Array([0x80]), wanted: "02020080" },
    { value: new Uint8Array([0, 0]), wanted: "020100" },
  ]
) {
  Deno.test(`der: integer ${typeof value === "number" ? value : hex(value)} is positive and as short as it can be`, () => {
    assert.equal(hex(integer(value)), wanted);
  });
}

for (
  const { dotted, wanted } of [
    { dotted: "2.5.4.3", wanted: "0603550403" },
    { dotted: "1.2.840.113549.1.1.11", wanted: "06092a864886f70d01010b" },
    { dotted: "1.3.6.1.5.5.7.3.1", wanted: "06082b06010505070301" },
    { dotted: "2.999.16384", wanted: "06058837818000" },
  ]
) {
  Deno.test(`der: object identifier ${dotted} has the bytes of X.690 and is read back`, () => {
    assert.equal(hex(oid(dotted)), wanted);
    if (!dotted.startsWith("2.999")) assert.equal(readOid(new DerReader(oid(dotted)).read(TAG.oid)), dotted);
  });
}

for (
  const { at, wanted } of [
    { at: Date.UTC(1950, 0, 1), wanted: "170d500101000000Z" },
    { at: Date.UTC(2026, 6, 9, 8, 7, 6, 999), wanted: "170d260709080706Z" },
    { at: Date.UTC(2049, 11, 31, 23, 59, 59), wanted: "170d491231235959Z" },
    { at: Date.UTC(2050, 0, 1), wanted: "180f20500101000000Z" },
    { at: Date.UTC(1949, 11, 31), wanted: "180f19491231000000Z" },
  ]
) {
  Deno.test(`der: ${new Date(at).toISOString()} is written as RFC 5280 wants it for its year`, () => {
    const written = time(at);
    assert.equal(hex(written.subarray(0, 2)) + new TextDecoder().decode(written.subarray(2)), wanted);
  });
}

for (
  const { bits, wanted } of [
    { bits: [0], wanted: "03020780" },
    { bits: [5, 6], wanted: "03020106" },
    { bits: [0, 2], wanted: "030205a0" },
    { bits: [8], wanted: "0303070080" },
  ]
) {
  Deno.test(`der: named bits ${bits} leave out what is zero at the end and are read back`, () => {
    const written = bitList(bits);
    assert.equal(hex(written), wanted);
    assert.deepEqual([...readBits(new DerReader(written).read(TAG.bitString))], bits);
  });
}

Deno.test("der: a set is sorted, a sequence is not", () => {
  const [a, b] = [utf8String("a"), utf8String("b")];
  assert.equal(hex(setOf(b, a)), hex(setOf(a, b)));
  assert.notEqual(hex(sequence(b, a)), hex(sequence(a, b)));
  assert.equal(hex(setOf(utf8String("aa"), utf8String("b"))), hex(setOf(utf8String("b"), utf8String("aa"))));
});

Deno.test("der: tags, booleans and whole bits have the bytes of X.690", () => {
  assert.equal(hex(explicit(3, TRUE)), "a3030101ff");
  assert.equal(hex(implicit(2, new Uint8Array([7]))), "820107");
  assert.equal(hex(bitString(new Uint8Array([0xaa]))), "030200aa");
  assert.equal(hex(utf8String("é")), "0c02c3a9");
});

Deno.test("der: PEM has lines of 64 characters and is read back", () => {
  const bytes = new Uint8Array(200).map((_, index) => index);
  const lines = toPem("X509 CRL", bytes).split("\n");
  assert.deepEqual([lines[0], lines.at(-2), lines.at(-1)], ["-----BEGIN X509 CRL-----", "-----END X509 CRL-----", ""]);
  assert.ok(lines.slice(1, -3).every((line) => line.length === 64));
  assert.deepEqual(readOnePem(toPem("X509 CRL", bytes), "X509 CRL"), bytes);
});

Deno.test("der: a number read back is the one written", () => {
  for (const value of [0, 1, 127, 128, 65_535, 2 ** 32]) {
    assert.equal(Number.parseInt(readUnsigned(new DerReader(integer(value)).read(TAG.integer)), 16), value);
  }
});

import { strict as assert } from "node:assert";
import { Buffer } from "node:buffer";
import { ProtocolError } from "../core/errors.ts";
import {
  type Der,
  DerReader,
  readBits,
  readBoolean,
  readBytesOfBitString,
  readOid,
  readText,
  readTime,
  readUnsigned,
  TAG,
} from "./der_reader.ts";
import { bitList, bitString, der, integer, oid, sequence, setOf, time, toPem, utf8String } from "./der_writer.ts";
import { PKI_LIMITS } from "./limits.ts";
import { readOnePem, readPem } from "./pem.ts";

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replace(/ /g, ""), "hex");
const one = (hex: string): Der => new DerReader(bytes(hex)).read();
const fails = (run: () => unknown, wanted: RegExp): void => {
  assert.throws(run, (error: unknown) => error instanceof ProtocolError && wanted.test(error.message));
};

for (
  const { name, hex, wanted } of [
    { name: "no bytes", hex: "", wanted: /too early/ },
    { name: "a tag alone", hex: "30", wanted: /too early/ },
    { name: "a multi-byte tag", hex: "1f8101 00", wanted: /multi-byte/ },
    { name: "an indefinite length", hex: "3080 0000", wanted: /length form 80/ },
    { name: "a length of four bytes", hex: "3084 00000001 00", wanted: /length form 84/ },
    { name: "a long form for a short length", hex: "0481 7f", wanted: /shortest/ },
    { name: "a long form with a leading zero", hex: "048200ff", wanted: /shortest/ },
    { name: "content one byte short", hex: "0402 01", wanted: /cut off/ },
  ]
) {
  Deno.test(`der reader: refuses ${name}`, () => fails(() => one(hex), wanted));
}

Deno.test("der reader: reads lengths of one, two and three bytes", () => {
  for (const size of [0, 127, 128, 255, 256, 65_535, 65_536]) {
    assert.equal(new DerReader(der(TAG.octetString, new Uint8Array(size))).read(TAG.octetString).value.length, size);
  }
});

Deno.test("der reader: names the tag that it wanted and the bytes left over", () => {
  fails(() => new DerReader(bytes("0200")).read(TAG.sequence), /tag 02 at 0, wanted 30/);
  const reader = new DerReader(bytes("0500 0500"));
  reader.read();
  fails(() => reader.end(), /2 bytes are left over/);
});

Deno.test("der reader: opens values as deep as allowed and not one deeper", () => {
  const dive = (depth: number) => {
    let value: Uint8Array = sequence();
    for (let i = 1; i < depth; i++) value = sequence(value);
    for (let reader = new DerReader(value); !reader.done;) reader = reader.open(TAG.sequence);
  };
  dive(PKI_LIMITS.derDepth);
  fails(() => dive(PKI_LIMITS.derDepth + 1), /nested deeper/);
});

for (const dotted of ["2.5.29.19", "1.2.840.113549.1.1.11", "0.9.2342.19200300.100.1.25", "2.999.1", "1.3.101.112"]) {
  Deno.test(`der: object identifier ${dotted} survives writing and reading`, () => {
    if (dotted !== "2.999.1") assert.equal(readOid(new DerReader(oid(dotted)).read()), dotted);
    else assert.equal(readOid(one("0603 883701")), dotted);
  });
}

for (const hex of ["0600", "0601 80", "0602 8001", "0609 ffffffffffffffff7f"]) {
  Deno.test(`der reader: refuses the object identifier ${hex}`, () => fails(() => readOid(one(hex)), /identifier/));
}

Deno.test("der: integers are unsigned, shortest and in hex of whole bytes", () => {
  assert.equal(readUnsigned(one("0201 00")), "00");
  assert.equal(readUnsigned(one("0202 00ff")), "ff");
  assert.equal(readUnsigned(new DerReader(integer(bytes("00008001"))).read()), "8001");
  assert.equal(readUnsigned(new DerReader(integer(65_537)).read()), "010001");
  fails(() => readUnsigned(one("0200")), /empty/);
  fails(() => readUnsigned(one("0201 80")), /negative/);
  fails(() => readUnsigned(one("0202 0001")), /needless/);
});

Deno.test("der: booleans, bit strings and bit lists have one form each", () => {
  assert.equal(readBoolean(one("0101 ff")), true);
  assert.equal(readBoolean(one("0101 00")), false);
  fails(() => readBoolean(one("0101 01")), /boolean/);
  assert.deepEqual(readBytesOfBitString(new DerReader(bitString(bytes("0102"))).read()), new Uint8Array([1, 2]));
  fails(() => readBytesOfBitString(one("0302 01fe")), /unused bits/);
  assert.deepEqual([...readBits(new DerReader(bitList([0, 5, 8])).read())], [0, 5, 8]);
  fails(() => readBits(one("0302 0880")), /bit list/);
});

Deno.test("der: times have the two forms of RFC 5280", () => {
  for (const iso of ["1950-01-01T00:00:00.000Z", "2049-12-31T23:59:59.000Z", "2050-01-01T00:00:00.000Z"]) {
    assert.equal(new Date(readTime(new DerReader(time(Date.parse(iso))).read())).toISOString(), iso);
  }
  assert.equal(time(Date.UTC(2049, 0, 1))[0], TAG.utcTime);
  assert.equal(time(Date.UTC(2050, 0, 1))[0], TAG.generalizedTime);
  const utc = (text: string) => readTime({ ...one("1700"), value: new TextEncoder().encode(text) });
  for (
    const text of [
      "2606010000Z",
      "260601000000+0100",
      "260631000000Z",
      "261301000000Z",
      "260601240000Z",
      "",
      "2606010000\0Z",
    ]
  ) {
    fails(() => utc(text), /time/);
  }
  fails(() => readTime(one("0500")), /time with tag 05/);
});

Deno.test("der: text of every string type decodes or is refused", () => {
  assert.equal(readText(new DerReader(utf8String("Garage ä")).read()), "Garage ä");
  assert.equal(readText(one("1402 e441")), "äA");
  assert.equal(readText(one("1e04 00430050")), "CP");
  fails(() => readText(one("0c01 ff")), /decode/);
  fails(() => readText(one("0201 01")), /text with tag/);
});

Deno.test("der writer: sets are sorted as DER wants", () => {
  assert.deepEqual(setOf(integer(2), integer(1)), new Uint8Array(bytes("3106 020101 020102")));
});

Deno.test("pem: reads what it wrote, passes over text and other labels", () => {
  const text = `Garage\n${toPem("CERTIFICATE", bytes("0102"))}# note\n${toPem("X509 CRL", bytes("03"))}`;
  assert.deepEqual(readPem(text, "CERTIFICATE"), [new Uint8Array([1, 2])]);
  assert.deepEqual(readOnePem(text, "X509 CRL"), new Uint8Array([3]));
  fails(() => readOnePem(text, "PRIVATE KEY"), /no PEM block "PRIVATE KEY"/);
  fails(() => readOnePem(text + text, "CERTIFICATE"), /2 PEM blocks/);
});

Deno.test("pem: a block that is cut off or not base64 is an error, not a shorter list", () => {
  const good = toPem("CERTIFICATE", bytes("0102"));
  fails(() => readPem(good + good.slice(0, -10), "CERTIFICATE"), /cut off/);
  fails(() => readPem(good.replace("AQI=", "A=I="), "CERTIFICATE"), /not base64/);
});

Deno.test("pem: takes as many blocks as allowed and not one more", () => {
  const good = toPem("CERTIFICATE", bytes("0102"));
  assert.equal(readPem(good.repeat(3), "CERTIFICATE", 3).length, 3);
  fails(() => readPem(good.repeat(4), "CERTIFICATE", 3), /more than 3/);
});

import { strict as assert } from "node:assert";
import { DerReader, TAG } from "./der_reader.ts";
import { der, oid, sequence, setOf, utf8String } from "./der_writer.ts";
import { printable, readName, showName, writeName } from "./distinguished_name.ts";
import { addressBytes, generalName, keyId, showAddress } from "./extension_writer.ts";
import { PKI_LIMITS } from "./limits.ts";

const read = (bytes: Uint8Array) => readName(new DerReader(bytes).read(TAG.sequence));
const CN = oid("2.5.4.3");

Deno.test("name: parts come back in order, country as PrintableString", () => {
  const bytes = writeName([["C", "DE"], ["O", "CPO"], ["CN", "CP001"]]);
  const name = read(bytes);
  assert.deepEqual([name.commonNames, name.organizations, name.rdns.length], [["CP001"], ["CPO"], 3]);
  assert.deepEqual(name.raw, bytes);
  assert.equal(name.rdns[0]!.includes(TAG.printableString), true);
});

Deno.test("name: several attributes in one part are all seen, so that no second common name hides", () => {
  const two = sequence(setOf(sequence(CN, utf8String("CP001")), sequence(CN, utf8String("CP002"))));
  assert.deepEqual(read(two).commonNames, ["CP001", "CP002"]);
});

Deno.test("name: 64 parts are read, one more is refused", () => {
  const name = (count: number) => writeName(Array.from({ length: count }, () => ["OU", "x"] as const));
  assert.equal(read(name(PKI_LIMITS.names)).rdns.length, PKI_LIMITS.names);
  assert.throws(() => read(name(PKI_LIMITS.names + 1)), { code: "PKI_MALFORMED", message: /more than 64 parts/ });
});

for (
  const { name, bytes } of [
    { name: "an empty part", bytes: sequence(der(TAG.set)) },
    { name: "a sequence in the place of a set", bytes: sequence(sequence(sequence(CN, utf8String("x")))) },
    { name: "an attribute without a value", bytes: sequence(setOf(sequence(CN))) },
    { name: "an attribute with two values", bytes: sequence(setOf(sequence(CN, utf8String("x"), utf8String("y")))) },
  ]
) {
  Deno.test(`name: ${name} is refused`, () => {
    assert.throws(() => read(bytes), { code: "PKI_MALFORMED" });
  });
}

Deno.test("name: shown by its common name, else its organization, else its bytes", () => {
  assert.equal(showName(read(writeName([["O", "CPO"], ["CN", "CP001"]]))), '"CP001"');
  assert.equal(showName(read(writeName([["O", "CPO"]]))), '"CPO"');
  assert.match(showName(read(writeName([["OU", "x"]]))), /^DER [0-9a-f]+$/);
  assert.equal(printable(`a\n\u001b[é${"x".repeat(100)}`), `a??[?${"x".repeat(59)}`);
});

for (
  const { address, bytes, shown } of [
    { address: "10.0.0.255", bytes: [10, 0, 0, 255], shown: "10.0.0.255" },
    { address: "::1", bytes: [...new Array(15).fill(0), 1], shown: "::1" },
    {
      address: "2001:DB8::a:0",
      bytes: [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0],
      shown: "2001:db8::a:0",
    },
    { address: "::ffff:1.2.3.4", bytes: [...new Array(10).fill(0), 255, 255, 1, 2, 3, 4], shown: "::ffff:102:304" },
    { address: "1:2:3:4:5:6:7:8", bytes: [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8], shown: "1:2:3:4:5:6:7:8" },
  ]
) {
  Deno.test(`address: ${address} has its bytes and its short form`, () => {
    assert.deepEqual([...addressBytes(address)], bytes);
    assert.equal(showAddress(addressBytes(address)), shown);
    assert.deepEqual([...generalName(address).subarray(0, 2)], [0x87, bytes.length]);
  });
}

Deno.test("address: a host name is no address, and a key identifier has 20 bytes of SHA-256", () => {
  assert.deepEqual([...generalName("a.b")], [0x82, 3, 97, 46, 98]);
  assert.equal(keyId(new Uint8Array()).toHex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4");
});

import { deepEqual, equal, ok } from "node:assert/strict";
import { authenticate, authenticationBytes, decrypt, encrypt, isAuthentic, localKey } from "./usm.ts";

const hex = (text: string) => Uint8Array.fromHex(text.replaceAll(" ", ""));

Deno.test("snmp usm: the key of the example in RFC 3414 section A.3.2", () => {
  const key = localKey("sha1", "maplesyrup", hex("000000000000000000000002"));
  equal(key.toHex(), "6695febc9288e36282235fc7151f128497b38f3f");
});

// NIST SP 800-38A section F.3.13, with its initial vector as boots, time and salt.
const NIST = {
  key: hex("2b7e151628aed2a6abf7158809cf4f3c"),
  boots: 0x00010203,
  time: 0x04050607,
  salt: hex("08090a0b0c0d0e0f"),
};
const PLAIN = hex("6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51 30c81c46a35ce411e5fbc1191a0a52ef");
const ENCRYPTED = "3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b26751f67a3cbb140b1808cf187a4f4df";

Deno.test("snmp usm: AES-128-CFB of the example of NIST, both ways, at every length", () => {
  equal(encrypt(NIST, PLAIN).toHex(), ENCRYPTED);
  equal(decrypt(NIST, hex(ENCRYPTED)).toHex(), PLAIN.toHex());
  for (let length = 0; length <= PLAIN.length; length++) {
    equal(encrypt(NIST, PLAIN.subarray(0, length)).toHex(), ENCRYPTED.slice(0, length * 2));
    equal(decrypt(NIST, hex(ENCRYPTED).subarray(0, length)).toHex(), PLAIN.toHex().slice(0, length * 2));
  }
});

Deno.test("snmp usm: only the first 16 octets of a longer key are the cipher's", () => {
  equal(encrypt({ ...NIST, key: hex(`${NIST.key.toHex()}ffffffff`) }, PLAIN).toHex(), ENCRYPTED);
});

for (const [hash, length] of [["sha1", 12], ["sha256", 24], ["sha512", 48]] as const) {
  Deno.test(`snmp usm: a message is authentic by ${hash} until one bit of it changes`, () => {
    const key = localKey(hash, "authpass1", hex("80001f8804"));
    const message = new Uint8Array(100).fill(7);
    const at = 40;
    message.fill(0, at, at + length);
    equal(authenticationBytes(hash), length);
    message.set(authenticate(hash, key, message), at);
    ok(isAuthentic(hash, key, message, at));
    for (let byte = 0; byte < message.length; byte++) {
      const changed = Uint8Array.from(message);
      changed[byte]! ^= 1;
      ok(!isAuthentic(hash, key, changed, at), `octet ${byte}`);
    }
    ok(!isAuthentic(hash, localKey(hash, "authpass2", hex("80001f8804")), message, at));
    ok(!isAuthentic(hash, localKey(hash, "authpass1", hex("80001f8805")), message, at));
  });
}

Deno.test("snmp usm: a key is of its password to the last letter, whatever letters", () => {
  const engine = hex("80001f8804");
  const keys = ["authpass1", "authpass12", "authpäss1", "x".repeat(255)].map((one) =>
    localKey("sha1", one, engine).toHex()
  );
  deepEqual(new Set(keys).size, keys.length);
});

import { brainpoolP256r1, brainpoolP384r1, brainpoolP512r1 } from "@noble/curves/misc.js";
import { p521 } from "@noble/curves/nist.js";
import { deepEqual, equal, match } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { constants, createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { bitString, oid, sequence } from "../pki/der_writer.ts";
import { checkSignature, readSigningKey, type SigningKey, usableAlgorithms } from "./detached_signature.ts";
import { hashOf, SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from "./signature_algorithms.ts";

const IMAGE = Buffer.from("firmware ".repeat(1_000));
const rsa = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });

function keyOf(spki: Uint8Array): SigningKey {
  const key = readSigningKey(spki);
  if ("refused" in key) throw new Error(key.refused);
  return key;
}
const spkiOf = (key: KeyObject) => new Uint8Array(key.export({ format: "der", type: "spki" }));

/** Whether the signature is good for the image, given in parts. */
function isGood(
  key: SigningKey,
  algorithm: SignatureAlgorithm,
  signature: Uint8Array,
  image = IMAGE,
  salt: "any" | "hash" = "any",
) {
  const check = checkSignature(key, algorithm, salt);
  for (let at = 0; at < image.length; at += 1_000) check.update(image.subarray(at, at + 1_000));
  return check.isGood(signature);
}

const flipped = (bytes: Uint8Array, at: number) => bytes.map((byte, index) => index === at ? byte ^ 1 : byte);

for (const algorithm of SIGNATURE_ALGORITHMS) {
  Deno.test(`firmware signature: ${algorithm} counts for its image, and for none with a bit flipped`, () => {
    const pss = algorithm.startsWith("RSA-PSS");
    const pair = algorithm.startsWith("RSA") ? rsa : p256;
    const options = {
      key: pair.privateKey,
      ...(pss ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : {}),
    };
    const signature = new Uint8Array(sign(hashOf(algorithm), IMAGE, options));
    const key = keyOf(spkiOf(pair.publicKey));
    equal(isGood(key, algorithm, signature), true);
    equal(isGood(key, algorithm, signature, Buffer.from(flipped(IMAGE, 4_321))), false);
    equal(isGood(key, algorithm, flipped(signature, signature.length - 1)), false);
    equal(isGood(key, algorithm, new Uint8Array()), false);
    for (const other of usableAlgorithms(key, SIGNATURE_ALGORITHMS)) {
      if (other !== algorithm) equal(isGood(key, other, signature), false, other);
    }
  });
}

Deno.test("firmware signature: RSA-PSS with the salt of the rule; the longest one is met in the field", () => {
  const key = keyOf(spkiOf(rsa.publicKey));
  const signed = (saltLength: number) =>
    new Uint8Array(
      sign("sha256", IMAGE, { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }),
    );
  for (
    const [salt, any, hash] of [[0, true, false], [20, true, false], [32, true, true], [222, true, false]] as const
  ) {
    equal(isGood(key, "RSA-PSS-SHA256", signed(salt), IMAGE, "any"), any, `${salt}, any`);
    equal(isGood(key, "RSA-PSS-SHA256", signed(salt), IMAGE, "hash"), hash, `${salt}, hash`);
  }
});

Deno.test("firmware signature: P-384 signs with any of the hashes", () => {
  const key = keyOf(spkiOf(p384.publicKey));
  for (const algorithm of ["ECDSA-SHA256", "ECDSA-SHA384"] as const) {
    equal(isGood(key, algorithm, new Uint8Array(sign(hashOf(algorithm), IMAGE, p384.privateKey))), true, algorithm);
  }
});

const CURVES = [
  ["P-521", p521, "1.3.132.0.35"],
  ["brainpoolP256r1", brainpoolP256r1, "1.3.36.3.3.2.8.1.1.7"],
  ["brainpoolP384r1", brainpoolP384r1, "1.3.36.3.3.2.8.1.1.11"],
  ["brainpoolP512r1", brainpoolP512r1, "1.3.36.3.3.2.8.1.1.13"],
] as const;
for (const [name, curve, id] of CURVES) {
  Deno.test(`firmware signature: ${name}, which the runtime lacks or checks wrongly`, () => {
    const { secretKey, publicKey } = curve.keygen();
    const point = curve.Point.fromBytes(publicKey).toBytes(false);
    const spki = sequence(sequence(oid("1.2.840.10045.2.1"), oid(id)), bitString(point));
    const key = keyOf(spki);
    equal(key.kind, "noble-ec");
    for (const algorithm of ["ECDSA-SHA256", "ECDSA-SHA512"] as const) {
      const digest = new Uint8Array(createHash(hashOf(algorithm)).update(IMAGE).digest());
      const signature = curve.sign(digest, secretKey, { prehash: false, lowS: false, format: "der" });
      equal(isGood(key, algorithm, signature), true);
      equal(isGood(key, algorithm, flipped(signature, signature.length - 1)), false);
    }
    const off = sequence(sequence(oid("1.2.840.10045.2.1"), oid(id)), bitString(flipped(point, point.length - 1)));
    match((readSigningKey(off) as { refused: string }).refused, /cannot be read/);
  });
}

Deno.test("firmware signature: a key is used only by algorithms of its kind", () => {
  deepEqual(usableAlgorithms(keyOf(spkiOf(rsa.publicKey)), ["ECDSA-SHA256", "RSA-PSS-SHA256"]), ["RSA-PSS-SHA256"]);
  deepEqual(usableAlgorithms(keyOf(spkiOf(p256.publicKey)), ["ECDSA-SHA256", "RSA-PSS-SHA256"]), ["ECDSA-SHA256"]);
});

Deno.test("firmware signature: keys that no algorithm can use are refused with their reason", () => {
  const ed = spkiOf(generateKeyPairSync("ed25519").publicKey);
  match((readSigningKey(ed) as { refused: string }).refused, /ed25519: wanted RSA or a named curve/);
  match((readSigningKey(new Uint8Array([1, 2, 3])) as { refused: string }).refused, /cannot be read/);
});

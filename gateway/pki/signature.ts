import { Buffer } from "node:buffer";
import { constants, createPublicKey, type KeyObject, verify } from "node:crypto";
import { DerReader, readOid, sameBytes, TAG } from "./der_reader.ts";
import { integer, oid, sequence } from "./der_writer.ts";
import { der as write } from "./der_writer.ts";

/** How a signature algorithm is checked; `weak` ones are named only to say why they are refused. */
export interface SignatureAlgorithm {
  readonly name: string;
  readonly key: "rsa" | "ec" | "ed25519";
  readonly hash: "sha256" | "sha384" | "sha512" | null;
  readonly pss: boolean;
}

const PSS = "1.2.840.113549.1.1.10";
const rsa = (hash: "sha256" | "sha384" | "sha512"): SignatureAlgorithm => ({
  name: `RSA with ${hash}`,
  key: "rsa",
  hash,
  pss: false,
});
const ecdsa = (hash: "sha256" | "sha384" | "sha512"): SignatureAlgorithm => ({
  name: `ECDSA with ${hash}`,
  key: "ec",
  hash,
  pss: false,
});

const ALGORITHMS: Readonly<Record<string, SignatureAlgorithm>> = {
  "1.2.840.113549.1.1.11": rsa("sha256"),
  "1.2.840.113549.1.1.12": rsa("sha384"),
  "1.2.840.113549.1.1.13": rsa("sha512"),
  "1.2.840.10045.4.3.2": ecdsa("sha256"),
  "1.2.840.10045.4.3.3": ecdsa("sha384"),
  "1.2.840.10045.4.3.4": ecdsa("sha512"),
  "1.3.101.112": { name: "Ed25519", key: "ed25519", hash: null, pss: false },
};
const WEAK: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.1.4": "RSA with MD5",
  "1.2.840.113549.1.1.5": "RSA with SHA-1",
  "1.2.840.113549.1.1.14": "RSA with SHA-224",
  "1.2.840.10045.4.1": "ECDSA with SHA-1",
  "1.2.840.10045.4.3.1": "ECDSA with SHA-224",
};
const HASHES = {
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
} as const;
const SALT = { sha256: 32, sha384: 48, sha512: 64 } as const;

/**
 * The algorithm of an AlgorithmIdentifier, or the reason why it is refused: SHA-256 and better only (facts O-15).
 * RSASSA-PSS only in the three forms that TLS 1.3 and rustls know: MGF1 with the same hash, salt as long as the hash.
 */
export function readSignatureAlgorithm(identifier: Uint8Array): SignatureAlgorithm | { readonly refused: string } {
  const id = readOid(new DerReader(identifier).open(TAG.sequence).read(TAG.oid));
  const known = ALGORITHMS[id];
  if (known) return known;
  if (id === PSS) {
    for (const [hashId, hash] of Object.entries(HASHES)) {
      if (sameBytes(identifier, pssIdentifier(hashId, SALT[hash]))) {
        return { name: `RSA-PSS with ${hash}`, key: "rsa", hash, pss: true };
      }
    }
    return { refused: "RSA-PSS with unusual parameters" };
  }
  return { refused: WEAK[id] ?? `the unknown algorithm ${id}` };
}

/** Whether `signature` over `signed` was made by the key of this SubjectPublicKeyInfo. Never throws. */
export function isSignedBy(
  spki: Uint8Array,
  algorithm: SignatureAlgorithm,
  signed: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
    if (key.asymmetricKeyType !== algorithm.key) return false;
    return verify(algorithm.hash, signed, options(key, algorithm), signature);
  } catch {
    return false; // node:crypto throws on keys and signatures that it cannot read: not signed by that key
  }
}

function options(key: KeyObject, { key: kind, pss, hash }: SignatureAlgorithm) {
  if (kind === "ec") return { key, dsaEncoding: "der" as const };
  if (!pss || !hash) return key;
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: SALT[hash] };
}

function pssIdentifier(hashId: string, saltLength: number): Uint8Array {
  const none = write(TAG.null);
  const hash = sequence(oid(hashId), none);
  return sequence(
    oid(PSS),
    sequence(
      write(0xa0, hash),
      write(0xa1, sequence(oid("1.2.840.113549.1.1.8"), hash)),
      write(0xa2, integer(saltLength)),
    ),
  );
}

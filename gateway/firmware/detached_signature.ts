import { brainpoolP256r1, brainpoolP384r1, brainpoolP512r1 } from "@noble/curves/misc.js";
import { p521 } from "@noble/curves/nist.js";
import { Buffer } from "node:buffer";
import { constants, createHash, createPublicKey, createVerify, type KeyObject } from "node:crypto";
import { DerReader, readBytesOfBitString, readOid, TAG } from "../pki/der_reader.ts";
import { hashOf, type SignatureAlgorithm } from "./signature_algorithms.ts";

/** Checks one signature over bytes that come in parts. */
export interface StreamingCheck {
  readonly algorithm: SignatureAlgorithm;
  update(part: Uint8Array): void;
  /** Whether the key signed all parts together. Never throws. */
  isGood(signature: Uint8Array): boolean;
}

/** How long the salt of RSA-PSS may be: any, as OpenEVSE's maximum shows it in the field, or as long as the hash. */
export type SaltRule = "any" | "hash";

/** A key as far as algorithms care. */
export type SigningKey =
  | { readonly kind: "rsa"; readonly key: KeyObject }
  | { readonly kind: "ec"; readonly key: KeyObject }
  /** A curve that node:crypto of Deno does not have, or checks wrongly (P-521 with SHA-256). */
  | { readonly kind: "noble-ec"; readonly curve: NobleCurve; readonly point: Uint8Array };

type NobleCurve = typeof p521 | typeof brainpoolP256r1;

const EC_PUBLIC_KEY = "1.2.840.10045.2.1";
const NOBLE_CURVES: Readonly<Record<string, NobleCurve>> = {
  "1.3.132.0.35": p521,
  "1.3.36.3.3.2.8.1.1.7": brainpoolP256r1,
  "1.3.36.3.3.2.8.1.1.11": brainpoolP384r1,
  "1.3.36.3.3.2.8.1.1.13": brainpoolP512r1,
};

/** Reads a SubjectPublicKeyInfo, or says why no algorithm of the list can use it. */
export function readSigningKey(spki: Uint8Array): SigningKey | { readonly refused: string } {
  try {
    const noble = readNobleKey(spki);
    if (noble) return noble;
    const key = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
    if (key.asymmetricKeyType === "rsa") return { kind: "rsa", key };
    if (key.asymmetricKeyType === "ec") return { kind: "ec", key };
    return { refused: `its key is ${key.asymmetricKeyType}: wanted RSA or a named curve` };
  } catch (error) {
    return { refused: `its key cannot be read: ${(error as Error).message}` };
  }
}

/** The algorithms of a list that this key can have signed with. */
export function usableAlgorithms(key: SigningKey, allowed: readonly SignatureAlgorithm[]): SignatureAlgorithm[] {
  return allowed.filter((algorithm) => algorithm.startsWith("RSA-") === (key.kind === "rsa"));
}

/** Begins a check. `algorithm` is one of usableAlgorithms(key, ...). */
export function checkSignature(key: SigningKey, algorithm: SignatureAlgorithm, salt: SaltRule): StreamingCheck {
  return key.kind === "noble-ec" ? nobleCheck(key, algorithm) : nodeCheck(key, algorithm, salt);
}

function nodeCheck(key: Exclude<SigningKey, { kind: "noble-ec" }>, algorithm: SignatureAlgorithm, salt: SaltRule) {
  const check = createVerify(hashOf(algorithm));
  return {
    algorithm,
    update: (part: Uint8Array) => void check.update(part),
    isGood(signature: Uint8Array) {
      try {
        return check.verify(optionsOf(key, algorithm, salt), signature);
      } catch (_unreadable) {
        return false;
      }
    },
  };
}

/** Deno takes a missing salt length for the longest possible one, so it is always named (facts: firmware 4.2). */
function optionsOf({ key }: { readonly key: KeyObject }, algorithm: SignatureAlgorithm, salt: SaltRule) {
  if (algorithm.startsWith("ECDSA-")) return { key, dsaEncoding: "der" as const };
  if (!algorithm.startsWith("RSA-PSS-")) return key;
  const saltLength = salt === "any" ? constants.RSA_PSS_SALTLEN_AUTO : constants.RSA_PSS_SALTLEN_DIGEST;
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
}

function nobleCheck(key: Extract<SigningKey, { kind: "noble-ec" }>, algorithm: SignatureAlgorithm): StreamingCheck {
  const hash = createHash(hashOf(algorithm));
  return {
    algorithm,
    update: (part) => void hash.update(part),
    isGood(signature) {
      try {
        const options = { prehash: false, lowS: false, format: "der" } as const;
        return key.curve.verify(signature, new Uint8Array(hash.digest()), key.point, options);
      } catch (_unreadable) {
        return false;
      }
    },
  };
}

function readNobleKey(spki: Uint8Array): SigningKey | undefined {
  const outer = new DerReader(spki).open(TAG.sequence);
  const identifier = outer.open(TAG.sequence);
  if (readOid(identifier.read(TAG.oid)) !== EC_PUBLIC_KEY || identifier.nextTag !== TAG.oid) return undefined;
  const curve = NOBLE_CURVES[readOid(identifier.read(TAG.oid))];
  if (!curve) return undefined;
  const point = readBytesOfBitString(outer.read(TAG.bitString));
  curve.Point.fromBytes(point).assertValidity();
  return { kind: "noble-ec", curve, point: new Uint8Array(point) };
}

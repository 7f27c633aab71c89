import { type Der, DerReader, malformed, readBytesOfBitString, readOid, readUnsigned, TAG } from "./der_reader.ts";
import { PKI_LIMITS } from "./limits.ts";

/** What is known of a public key from its SubjectPublicKeyInfo. `bits` of an unknown kind is 0. */
export interface PublicKeyFacts {
  readonly kind: "rsa" | "ec" | "ed25519" | "unknown";
  /** Modulus bits of RSA, field bits of a curve. */
  readonly bits: number;
  /** Object identifier of the algorithm, or of the curve. */
  readonly oid: string;
  readonly spki: Uint8Array;
}

const RSA = "1.2.840.113549.1.1.1";
const EC = "1.2.840.10045.2.1";
const ED25519 = "1.3.101.112";
const CURVES: Readonly<Record<string, number>> = {
  "1.3.132.0.33": 224,
  "1.2.840.10045.3.1.7": 256,
  "1.3.132.0.34": 384,
  "1.3.132.0.35": 521,
  "1.2.840.10045.3.1.1": 192,
};

/** Reads a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7). @throws ProtocolError PKI_MALFORMED */
export function readPublicKey(der: Der): PublicKeyFacts {
  const reader = new DerReader(der.value);
  const algorithm = reader.open(TAG.sequence);
  const oid = readOid(algorithm.read(TAG.oid));
  const key = readBytesOfBitString(reader.read(TAG.bitString));
  reader.end();
  const spki = der.raw;
  if (oid === RSA) return { kind: "rsa", bits: rsaBits(key), oid, spki };
  if (oid === ED25519) return { kind: "ed25519", bits: 256, oid, spki };
  if (oid !== EC) return { kind: "unknown", bits: 0, oid, spki };
  // Explicit curve parameters instead of a name allow a forged curve (CVE-2020-0601), so they count as unknown.
  const curve = algorithm.nextTag === TAG.oid ? readOid(algorithm.read(TAG.oid)) : "explicit parameters";
  const bits = CURVES[curve];
  return bits === undefined ? { kind: "unknown", bits: 0, oid: curve, spki } : { kind: "ec", bits, oid: curve, spki };
}

/** Why a key may not be used, or undefined: RSA of 2,048 bits or more, EC of 224 or more (A00.FR.501-506, facts O-15). */
export function faultOfKey({ kind, bits, oid }: PublicKeyFacts): string | undefined {
  if (kind === "unknown") return `its key is of an unknown kind (${oid}): wanted RSA, a NIST curve or Ed25519`;
  if (kind === "rsa" && bits < 2_048) return `its RSA key has ${bits} bits: wanted 2048 or more`;
  if (kind === "rsa" && bits > PKI_LIMITS.rsaBits) return `its RSA key has ${bits} bits: at most ${PKI_LIMITS.rsaBits}`;
  if (kind === "ec" && bits < 224) return `its curve has ${bits} bits: wanted 224 or more`;
  return undefined;
}

function rsaBits(key: Uint8Array): number {
  const numbers = new DerReader(key).open(TAG.sequence);
  const modulus = readUnsigned(numbers.read(TAG.integer));
  const exponent = readUnsigned(numbers.read(TAG.integer));
  numbers.end();
  // With exponent 1 a signature equals its message.
  if (exponent === "01" || (parseInt(exponent.slice(-2), 16) & 1) === 0) throw malformed(`RSA exponent ${exponent}`);
  return modulus.length * 4 - (Math.clz32(parseInt(modulus.slice(0, 2), 16)) - 24);
}

/**
 * Signature algorithms of firmware that a vendor's trust profile may allow, as `firmware.vendors[].algorithms` names
 * them. OCPP asks for RSA-PSS or ECSchnorr with SHA-256 (L01.FR.04); the main open station stack checks PKCS#1 v1.5 or
 * ECDSA instead, so what is allowed is each vendor's.
 */
export const SIGNATURE_ALGORITHMS = [
  "ECDSA-SHA256",
  "ECDSA-SHA384",
  "ECDSA-SHA512",
  "RSA-PKCS1-SHA256",
  "RSA-PSS-SHA256",
  "RSA-PSS-SHA384",
  "RSA-PSS-SHA512",
] as const;
/** One of them. */
export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

/** Names that people may write and that are refused, each with its reason. */
export const REFUSED_ALGORITHMS: Readonly<Record<string, string>> = {
  "ECSchnorr-SHA256":
    "no package can check ECSchnorr (BSI TR-03111), and a check of our own would be the only one: ask the vendor for RSA-PSS or ECDSA",
  "MD5": "MD5 proves nothing against an attacker: it is computed for PublishFirmware and never trusted",
  "RSA-PKCS1-SHA1": "SHA-1 collides",
};

/** The hash of an algorithm, as node:crypto names it. */
export function hashOf(algorithm: SignatureAlgorithm): "sha256" | "sha384" | "sha512" {
  return algorithm.slice(algorithm.lastIndexOf("-") + 1).toLowerCase() as "sha256" | "sha384" | "sha512";
}

import type { Json } from "../../core/control_api.ts";
import { createVerifier } from "../../control/audit/signer.ts";
import { broken } from "../certificate.ts";
import { DECOMMISSION_LIMITS } from "../limits.ts";

/** Begins what the key of one erasure signs. */
const CERTIFICATE_PREFIX = "bulkhead-site-erasure-v1\n";
/** Begins what the audit chain's key signs of that key, while it is still there. */
export const ENDORSEMENT_PREFIX = "bulkhead-erasure-key-v1\n";

/** A text with its signature by the key of the audit chain. */
export interface Endorsement {
  readonly text: string;
  readonly keyId: string;
  readonly signature: string;
}

/** What the audit chain's key says of the key of an erasure: whose it is, and where the chain ends. */
export interface EndorsedKey {
  readonly site: string;
  /** The key of the erasure, SPKI in PEM. */
  readonly publicPem: string;
  readonly head: { readonly seq: number; readonly hash: string };
}

/**
 * A certificate of a whole gateway as it stands in a file. It is signed when the audit chain's key is gone already, by a key that
 * was made for it alone, that the audit chain's key vouched for, and that is destroyed when the file is on the disk.
 */
export interface SignedSiteCertificate {
  readonly form: "bulkhead-site-erasure-1";
  readonly certificate: string;
  readonly signature: string;
  readonly endorsement: Endorsement;
}

/** A new key for one erasure. */
export async function createErasureKey(): Promise<{ readonly pkcs8: Uint8Array; readonly publicPem: string }> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as CryptoKeyPair;
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  const publicPem = `-----BEGIN PUBLIC KEY-----\n${spki.toBase64()}\n-----END PUBLIC KEY-----\n`;
  return { pkcs8: new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey)), publicPem };
}

/** The file of a certificate, signed with the key of its erasure. */
export async function signSiteCertificate(
  pkcs8: Uint8Array,
  certificate: string,
  endorsement: Endorsement,
): Promise<string> {
  const key = await crypto.subtle.importKey("pkcs8", new Uint8Array(pkcs8), "Ed25519", false, ["sign"]);
  const text = new TextEncoder().encode(CERTIFICATE_PREFIX + certificate);
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", key, text)).toBase64();
  return fileOf({ form: "bulkhead-site-erasure-1", certificate, signature, endorsement });
}

/**
 * Checks a gateway's certificate of erasure with nothing but its file and the public key of the site's audit chain.
 * @throws IntegrityError DECOMMISSION_CERTIFICATE_BROKEN when one byte of it was changed, AUDIT_KEY_INVALID
 */
export async function verifySiteCertificate(
  text: string,
  publicPem: string,
): Promise<Readonly<Record<string, Json>>> {
  const verify = await createVerifier(publicPem);
  const signed = parseSigned(text), { endorsement: { text: said, keyId, signature } } = signed;
  if (!await verify(keyId, ENDORSEMENT_PREFIX + said, signature)) {
    throw broken("the audit chain with this key has not vouched for the key of the erasure, or that was changed");
  }
  return await openCertificate(signed);
}

/**
 * Checks a certificate against the key that it carries itself: that it is whole, not whose it is.
 * @throws IntegrityError DECOMMISSION_CERTIFICATE_BROKEN
 */
export async function readOwnCertificate(text: string): Promise<Readonly<Record<string, Json>>> {
  return await openCertificate(parseSigned(text));
}

async function openCertificate(signed: SignedSiteCertificate): Promise<Readonly<Record<string, Json>>> {
  const { certificate, signature, endorsement } = signed;
  const { site, publicPem, head } = JSON.parse(endorsement.text) as EndorsedKey;
  if (!await isSignedBy(publicPem, CERTIFICATE_PREFIX + certificate, signature)) {
    throw broken("its signature is not of the key that was made for it, or something in it was changed");
  }
  const read = JSON.parse(certificate) as Readonly<Record<string, Json>>;
  const named = JSON.stringify([read["site"], (read["audit"] as { head?: Json } | undefined)?.head]);
  if (named !== JSON.stringify([site, head])) throw broken("it is not of the site that its key was made for");
  return read;
}

async function isSignedBy(publicPem: string, text: string, signature: string): Promise<boolean> {
  const spki = publicPem.replace(/-----[A-Z ]+-----|\s/g, "");
  try {
    const key = await crypto.subtle.importKey("spki", Uint8Array.fromBase64(spki), "Ed25519", false, ["verify"]);
    const bytes = Uint8Array.fromBase64(signature);
    return await crypto.subtle.verify("Ed25519", key, bytes, new TextEncoder().encode(text));
  } catch {
    return false; // no key, or no signature of this form: not genuine
  }
}

/** Whether a file says of itself that it is a certificate of a whole gateway. */
export function isSiteCertificate(text: string): boolean {
  return text.length <= DECOMMISSION_LIMITS.certificateBytes && /^\{\s*"form": "bulkhead-site-erasure-1"/.test(text);
}

/** Strict: one form, nothing beside it, so that no byte of the file is without meaning. */
function parseSigned(text: string): SignedSiteCertificate {
  if (text.length > DECOMMISSION_LIMITS.certificateBytes) throw broken("it is too large");
  let found: Partial<SignedSiteCertificate>;
  try {
    found = JSON.parse(text) ?? {};
  } catch (cause) {
    throw broken("it is no JSON", cause);
  }
  const { form, certificate, signature, endorsement } = found;
  const { text: said, keyId, signature: vouched } = endorsement ?? {} as Partial<Endorsement>;
  const isWhole = form === "bulkhead-site-erasure-1" &&
    [certificate, signature, said, keyId, vouched].every((part) => typeof part === "string");
  if (!isWhole) throw broken("it is no certificate of erasure of a gateway");
  const whole = { form, certificate: certificate!, signature: signature!, endorsement: endorsement! };
  if (fileOf(whole) !== text.replace(/\r?\n$/, "\n")) throw broken("it is not written as this gateway writes it");
  return whole;
}

function fileOf(
  { form, certificate, signature, endorsement: { text, keyId, signature: vouched } }: SignedSiteCertificate,
) {
  const endorsement = { text, keyId, signature: vouched };
  return `${JSON.stringify({ form, certificate, signature, endorsement }, null, 2)}\n`;
}

import { Buffer } from "node:buffer";
import type { Sealer } from "../control/contract.ts";
import type { Random } from "../core/timers.ts";

/** Letters and digits that nobody mixes up (Crockford's base 32). */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** 256 bits as base64url: session tokens, API tokens, tickets. */
export function newToken(random: Random): string {
  return Buffer.from(random.bytes(32)).toString("base64url");
}

/** A code that people type: groups of five, 25 bits each; four groups are 100 bits. */
export function newCode(random: Random, groups: number): string {
  const chars = [...random.bytes(groups * 5)].map((byte) => ALPHABET[byte % 32]!);
  return Array.from({ length: groups }, (_, at) => chars.slice(at * 5, at * 5 + 5).join("")).join("-");
}

/** A code as it was meant: upper case, without blanks and dashes, O as 0, I and L as 1. */
export function readCode(text: string): string {
  return text.toUpperCase().replace(/[\s-]+/g, "").replaceAll("O", "0").replace(/[IL]/g, "1");
}

/** A temporary password that fulfils every preset: groups of letters and digits with dashes and a sign. */
export function newTemporaryPassword(random: Random): string {
  const lower = (count: number) => newCode(random, 1).toLowerCase().replaceAll("0", "e").slice(0, count);
  return `Bh${lower(4)}-${lower(5)}-${lower(5)}-${1 + (random.bytes(1)[0]! % 9)}x`;
}

/** Keyed digests of secrets that the gateway made itself, with 100 bits and more (invariant 6). Hex. */
export type SecretDigest = (purpose: string, secret: string) => Promise<string>;

/** HMAC-SHA-256 under a sealed key of this gateway. */
export async function secretDigest(sealer: Pick<Sealer, "derive">): Promise<SecretDigest> {
  const key = await sealer.derive("people.secrets");
  const encoder = new TextEncoder();
  return async (purpose, secret) => {
    const bytes = await crypto.subtle.sign("HMAC", key, encoder.encode(`${purpose}\0${secret}`));
    return Buffer.from(bytes).toString("hex");
  };
}

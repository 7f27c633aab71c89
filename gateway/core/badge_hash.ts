import { createHmac } from "node:crypto";

/**
 * A badge or idToken as its keyed hash (HMAC-SHA-256, 16 bytes as base64). Badge ids are case-insensitive in every OCPP
 * version (CiString, identifierString), so two spellings are one badge.
 */
export function badgeHash(badge: string, key: Uint8Array): string {
  return createHmac("sha256", key).update(badge.trim().toLowerCase()).digest().subarray(0, 16).toString("base64");
}

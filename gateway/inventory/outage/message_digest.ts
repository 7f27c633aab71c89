import { createHash } from "node:crypto";

/** Messages that say nothing about when they were made: two equal ones may be two events, so the id counts too. */
const TIMELESS: ReadonlySet<string> = new Set([
  "DiagnosticsStatusNotification",
  "FirmwareStatusNotification",
  "LogStatusNotification",
  "SignedFirmwareStatusNotification",
]);

/**
 * What two sendings of one message have in common: a station that got no answer sends it again, often under another
 * message id. Action and payload, which in transaction messages hold time and meter; 16 bytes of SHA-256 as base64.
 */
export function messageDigest(action: string, text: string): string {
  const parts = JSON.parse(text) as readonly unknown[];
  const identity = TIMELESS.has(action) ? [action, parts[1], parts[3]] : [action, parts[3]];
  return createHash("sha256").update(JSON.stringify(identity)).digest().subarray(0, 16).toString("base64");
}

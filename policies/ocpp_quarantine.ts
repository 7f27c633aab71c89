import { isTransactionMessage } from "./ocpp.ts";
import { plainAction } from "./plain_action.ts";

/** Rules of a session whose station proved only the credential it came with from its factory (A00.FR.806, O-21). */
export const QUARANTINE_RULES = {
  /** Its boot is answered Pending by the gateway: it may not charge yet. */
  boot: "ocpp.quarantine.boot",
  refused: "ocpp.quarantine",
} as const;

/** What becomes of a message in quarantine. */
export type QuarantineDecision =
  | { readonly effect: "allow" }
  | { readonly effect: "take"; readonly rule: string }
  | { readonly effect: "deny"; readonly rule: string; readonly reason: string };

/** What a station in quarantine may say: that it lives, and what concerns its security. */
const PASSES: ReadonlySet<string> = new Set([
  "FirmwareStatusNotification",
  "Heartbeat",
  "LogStatusNotification",
  "SecurityEventNotification",
  "SignedFirmwareStatusNotification",
  "StatusNotification",
]);

const REASON =
  "The station still has the credential of its factory: only its security is dealt with until it has its own";

/**
 * Decides on one CALL or SEND of a session in quarantine. A station that is told Pending does not start a transaction;
 * one that does so all the same, or ends one that was running, is heard (invariant 15).
 */
export function decideQuarantined(from: "station" | "csms", action: string): QuarantineDecision {
  const plain = plainAction(action);
  if (isTransactionMessage(from, action)) return { effect: "allow" };
  if (from === "station" && plain === "BootNotification") return { effect: "take", rule: QUARANTINE_RULES.boot };
  if (from === "station" && PASSES.has(plain)) return { effect: "allow" };
  return { effect: "deny", rule: QUARANTINE_RULES.refused, reason: REASON };
}

import { allow, type Decision, deny } from "./decision.ts";

/**
 * Who may charge while the CSMS is away. `csms-only`: whom the CSMS itself just approved. `cache-then-csms`: whom it
 * approved before, as long as that holds. `local-badges`: those on this site's list. `free-vend`: everybody.
 * A badge on the site's block list is refused in every mode.
 */
export const OFFLINE_MODES = ["csms-only", "cache-then-csms", "local-badges", "free-vend"] as const;
/** One offline authorisation mode. */
export type OfflineMode = typeof OFFLINE_MODES[number];

/** Statuses that OCPP 1.6 and 2.x share; 2.x has more, which a cached answer may carry. */
export type BadgeStatus = "Accepted" | "Blocked" | "Expired" | "Invalid";

/** What is known of a badge when the gateway has to answer for the CSMS. */
export interface OfflineBadgeFacts {
  readonly mode: OfflineMode;
  /** On the site's block list. */
  readonly isBlocked: boolean;
  /** The CSMS approved it moments ago, by Authorize or by starting a transaction itself. */
  readonly isJustApproved: boolean;
  /** The CSMS's last answer about it, while it is not too old; times in milliseconds since the epoch. */
  readonly cached?: { readonly status: string; readonly expiresAt?: number };
  /** The site's own list has it. */
  readonly local?: { readonly expiresAt?: number };
  readonly now: number;
}

/** The answer with the rule that gave it. */
export type OfflineBadgeDecision = Decision & { readonly status: BadgeStatus };

/** Decides what a station is told about a badge while its CSMS is away (issue 3, T2 and T3). Closed by default. */
export function decideOfflineBadge(facts: OfflineBadgeFacts): OfflineBadgeDecision {
  if (facts.isBlocked) return refuse("Blocked", "badge.blocked", "The badge is on the site's block list");
  if (facts.isJustApproved) return accept("badge.csms-approved");
  switch (facts.mode) {
    case "csms-only":
      return refuse("Invalid", "badge.csms-only", "Only the CSMS may say who charges, and it is away");
    case "cache-then-csms":
      return fromCache(facts);
    case "local-badges":
      return fromList(facts);
    case "free-vend":
      return accept("badge.free-vend");
  }
}

function fromCache({ cached, now }: OfflineBadgeFacts): OfflineBadgeDecision {
  if (!cached) return refuse("Invalid", "badge.cache-unknown", "The CSMS never answered for this badge");
  if (cached.status !== "Accepted") {
    return refuse(refusedStatus(cached.status), "badge.cache-refused", `The CSMS last said ${cached.status}`);
  }
  if (isOver(cached.expiresAt, now)) return refuse("Expired", "badge.cache-expired", "The CSMS's approval has ended");
  return accept("badge.cache-accepted");
}

function fromList({ local, now }: OfflineBadgeFacts): OfflineBadgeDecision {
  if (!local) return refuse("Invalid", "badge.list-unknown", "The badge is not on the site's list");
  if (isOver(local.expiresAt, now)) return refuse("Expired", "badge.list-expired", "Its entry on the list has ended");
  return accept("badge.list-accepted");
}

/** Statuses that only OCPP 2.x knows become one that both know. */
function refusedStatus(status: string): BadgeStatus {
  return status === "Blocked" || status === "Expired" ? status : "Invalid";
}

const isOver = (expiresAt: number | undefined, now: number): boolean => expiresAt !== undefined && expiresAt <= now;
const accept = (rule: string): OfflineBadgeDecision => ({ ...allow(rule), status: "Accepted" });
const refuse = (status: BadgeStatus, rule: string, reason: string): OfflineBadgeDecision => ({
  ...deny(rule, reason),
  status,
});

import type { AlarmKind } from "./alarm_kinds.ts";

/** Alarms of reviews of the audit chain, a part of ALARM_KINDS. */
export const REVIEW_ALARMS = {
  "audit.review.overdue": {
    severity: "warning",
    meaning: "Nobody has consulted the audit chain for audit.reviewDays",
    action: "Auditor: read `audit digest` and `audit export`, then `audit review`",
    cooldownSeconds: 0,
  },
} as const satisfies Readonly<Record<string, AlarmKind>>;

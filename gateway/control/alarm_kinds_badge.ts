import type { AlarmKind } from "./alarm_kinds.ts";

/** Alarms of badges, a part of ALARM_KINDS. Alphabetical. */
export const BADGE_ALARMS = {
  "badge.cloned": {
    severity: "warning",
    meaning: "One badge charges at two stations at the same time: a copy of it, or one badge for two cars",
    action: "Operator: ask who has it; on suspicion `badge block`, which also stops what it charges",
    cooldownSeconds: 3_600,
  },
  "badge.unstopped": {
    severity: "warning",
    meaning: "A blocked badge charges at this station and the station does not stop it",
    action: "Operator: stop it at the CSMS or on site; `ledger list` shows the transaction",
    cooldownSeconds: 600,
  },
} as const satisfies Readonly<Record<string, AlarmKind>>;

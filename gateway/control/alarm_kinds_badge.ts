import type { AlarmKind } from "./alarm_kinds.ts";

/** Alarms of badges, a part of ALARM_KINDS. Alphabetical. */
export const BADGE_ALARMS = {
  "badge.cache-kept": {
    severity: "warning",
    meaning: "A station refused to forget its cache of badges after the block list changed",
    action: "Operator: `badge settings` shows what it allows by itself; switch its cache off with `badge set`",
    cooldownSeconds: 3_600,
  },
  "badge.cloned": {
    severity: "warning",
    meaning:
      "One badge was seen where it cannot be: at two places at once, or after it was renewed. A copy, or one badge for two cars",
    action: "Operator: ask who has it; on suspicion `badge block`, which also stops what it charges",
    cooldownSeconds: 3_600,
  },
  "badge.on-local-list": {
    severity: "warning",
    meaning: "The CSMS put a blocked badge on this station's own list: cut off from everything, it may let it charge",
    action: "Operator: have the CSMS take it off its list; `badge settings` shows what the station allows by itself",
    cooldownSeconds: 3_600,
  },
  "badge.unstopped": {
    severity: "warning",
    meaning: "A blocked badge charges at this station and the station does not stop it",
    action: "Operator: stop it at the CSMS or on site; `ledger list` shows the transaction",
    cooldownSeconds: 600,
  },
} as const satisfies Readonly<Record<string, AlarmKind>>;

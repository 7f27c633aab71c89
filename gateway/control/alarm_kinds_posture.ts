import type { AlarmKind } from "./alarm_kinds.ts";

/** Alarms of posture, a part of ALARM_KINDS. Alphabetical. */
export const POSTURE_ALARMS = {
  "posture.advisory.affects": {
    severity: "warning",
    meaning: "A security advisory is about stations of the site; the subject is its id",
    action: "Network admin: `posture advisory show` names the stations and what their maker says to do",
    cooldownSeconds: 86_400,
  },
  "posture.drifted": {
    severity: "warning",
    meaning: "A line of a guide was met and is not any more; the subject names the station and the line",
    action: "Network admin: `posture show` says what to do; find out who changed it",
    cooldownSeconds: 86_400,
  },
  "posture.fix.failed": {
    severity: "warning",
    meaning: "A fix of a station's settings ended and not every setting is as wanted; the detail names each",
    action:
      "Network admin: `posture golden STATION` shows what it has; `posture golden undo` puts back what was changed",
    cooldownSeconds: 0,
  },
  "posture.rollout.stopped": {
    severity: "warning",
    meaning: "A rollout of settings stopped by itself after failures; the subject is its id",
    action: "Network admin: `posture rollout ID` says what failed where; `posture rollout resume` or `cancel` decides",
    cooldownSeconds: 0,
  },
} as const satisfies Readonly<Record<string, AlarmKind>>;

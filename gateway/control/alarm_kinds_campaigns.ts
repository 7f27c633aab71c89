import type { AlarmKind } from "./alarm_kinds.ts";

/** Alarms of firmware campaigns, a part of ALARM_KINDS. Alphabetical. */
export const CAMPAIGN_ALARMS = {
  "firmware.campaign.part-waits": {
    severity: "warning",
    meaning:
      "The turn of a part has come that is updated by hand, or that reports no version after its page took the image: a person is waited for",
    action:
      "Technician: bring the image to it, or look at its version, as the detail says, then `firmware campaign done ID STATION`",
    cooldownSeconds: 0,
  },
  "firmware.campaign.stopped": {
    severity: "critical",
    meaning: "A firmware campaign stopped by itself: too many units failed, or its image is not trusted any more",
    action:
      "Operator: `firmware campaign report ID`; then `firmware campaign resume ID` or `firmware campaign abort ID`",
    cooldownSeconds: 0,
  },
  "firmware.campaign.unit-mixed": {
    severity: "critical",
    meaning: "Parts of one unit have different firmware versions, and the campaign's tries for it ended",
    action: "Technician: bring the part that is behind to the version of the other, by its page or a new campaign",
    cooldownSeconds: 0,
  },
  "firmware.campaign.waits": {
    severity: "info",
    meaning: "A ring of a firmware campaign is over and the next one waits for a person's word",
    action: "Operator: look at `firmware campaign report ID`, then `firmware campaign release ID`",
    cooldownSeconds: 0,
  },
} as const satisfies Readonly<Record<string, AlarmKind>>;

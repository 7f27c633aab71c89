import type { AlarmKind } from "./alarm_kinds.ts";

/** Alarms of firmware images, a part of ALARM_KINDS. Alphabetical. */
export const FIRMWARE_IMAGE_ALARMS = {
  "firmware.image.changed": {
    severity: "critical",
    meaning:
      "A verified image on the data disk is not what was verified, or is gone; it is given to no station any more",
    action:
      "Administrator: find out who can write to the data folder; then `firmware remove` the image and import it anew",
    cooldownSeconds: 0,
  },
  "firmware.image.held": {
    severity: "warning",
    meaning: "An image waits for two persons, since nothing proves it that its vendor's profile asks for",
    action: "Administrator: compare it with the vendor's own hash, then `firmware release`; or `firmware remove`",
    cooldownSeconds: 3_600,
  },
  "firmware.image.withdrawn": {
    severity: "warning",
    meaning: "A person withdrew an image: it is given to no station any more, what uses it stops",
    action: "Operator: look at running campaigns; stations that have it already are named by `stations`",
    cooldownSeconds: 0,
  },
  "firmware.source.away": {
    severity: "warning",
    meaning: "A firmware repository cannot be read; images that are here already stay usable",
    action: "Operator: check the way to its host and its certificate; it is tried again by itself",
    cooldownSeconds: 3_600,
  },
  "firmware.source.untrusted": {
    severity: "critical",
    meaning: "A firmware repository does not prove itself: old, mixed or wrongly signed metadata, or it has expired",
    action:
      "Administrator: nothing of it is taken. If it is the site's own, publish anew; else somebody may be in the way to it",
    cooldownSeconds: 3_600,
  },
} as const satisfies Record<string, AlarmKind>;

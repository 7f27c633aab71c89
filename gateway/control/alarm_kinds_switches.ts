import type { AlarmKind } from "./alarm_kinds.ts";

/** Alarms about switches, a part of ALARM_KINDS. Alphabetical. */
export const SWITCH_ALARMS = {
  "switches.station.moved": {
    severity: "warning",
    meaning: "A station hangs on another port of the switch than before; the detail says which",
    action:
      "Operator: was it moved, or is another device using its MAC address? `segmentation switches` shows all ports",
    cooldownSeconds: 3_600,
  },
  "switches.unreachable": {
    severity: "warning",
    meaning: "A switch cannot be read, so that nobody sees which station hangs on which of its ports",
    action: "Network admin: the detail says why; check its power, its address and the SNMP user or community",
    cooldownSeconds: 3_600,
  },
} as const satisfies Record<string, AlarmKind>;

import type { AlarmKind } from "./alarm_kinds.ts";

/** Alarms of controllers' pages, a part of ALARM_KINDS. Alphabetical. */
export const DEVICE_ALARMS = {
  "device.login.refused": {
    severity: "warning",
    meaning: "A controller's pages refused the site's password; after two refusals the gateway tries no more",
    action: "Network admin: enter the right password and `reload`, or look at the device and `station login-retry`",
    cooldownSeconds: 3_600,
  },
  "device.password.default": {
    severity: "critical",
    meaning: "A password of the factory works at a controller: its adoption is not finished (EV-01)",
    action: "Technician: change it at the controller; network admin: `station adoption finish`",
    cooldownSeconds: 3_600,
  },
  "device.pin.changed": {
    severity: "critical",
    meaning: "A controller's pages present another certificate than the approved one; they are closed",
    action:
      "Technician: compare the fingerprint on site; network admin: `station pin show`, then `station pin approve`",
    cooldownSeconds: 600,
  },
  "device.pin.waiting": {
    severity: "info",
    meaning: "A controller's pages wait for the first approval of their certificate",
    action:
      "Technician: compare the fingerprint on site; network admin: `station pin show`, then `station pin approve`",
    cooldownSeconds: 3_600,
  },
} as const satisfies Record<string, AlarmKind>;

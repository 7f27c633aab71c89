import type { AlarmKind } from "./alarm_kinds.ts";

/** Alarms of the vault of device secrets, a part of ALARM_KINDS. Alphabetical. */
export const SECRET_ALARMS = {
  "secret.escrow.waiting": {
    severity: "warning",
    meaning: "Device secrets are to be changed, and no copy of the new ones is known to be kept off this box",
    action: "Administrator: `secret escrow FILE`, carry FILE away, and acknowledge it with `secret escrow-ack HASH`",
    cooldownSeconds: 0,
  },
  "secret.held": {
    severity: "critical",
    meaning: "A controller refused the secret that it should have, or nobody knows which one it has; it is left alone",
    action:
      "Operator: look at the controller (was a reset card used?), then `secret retry`, or `secret import` what it has",
    cooldownSeconds: 0,
  },
  "secret.person.wanted": {
    severity: "warning",
    meaning: "A device secret waits for a person: only by hand can it be set at this controller",
    action: "Technician: `secret reveal` shows the steps, `secret confirm` says that it is done",
    cooldownSeconds: 0,
  },
  "secret.split": {
    severity: "critical",
    meaning: "The controllers of one unit have different secrets, and the gateway cannot bring them together now",
    action: "Operator: `secret list` shows which has which; make the controller reachable, then `secret retry`",
    cooldownSeconds: 0,
  },
  "secret.unsettled": {
    severity: "warning",
    meaning: "A controller was sent a new secret and has been away since; the vault keeps both",
    action: "Operator: bring the controller back on line (`why STATION`); the rest goes on by itself",
    cooldownSeconds: 0,
  },
} as const satisfies Readonly<Record<string, AlarmKind>>;

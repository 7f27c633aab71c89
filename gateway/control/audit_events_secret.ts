import type { AuditEventDeclaration } from "./audit_events.ts";

/** Audit events of the vault of device secrets, a part of AUDIT_EVENTS. Alphabetical. None holds a secret. */
export const SECRET_EVENTS = {
  "secret.card.added": { class: "security", meaning: "A reset card was registered, with its custodian and place" },
  "secret.card.removed": { class: "security", meaning: "A reset card was taken off the register" },
  "secret.escrow.acknowledged": {
    class: "security",
    meaning: "A copy of the device secrets, sealed to the offline keys, is kept off this box; the target is its hash",
  },
  "secret.escrow.made": {
    class: "security",
    meaning: "A copy of the device secrets was sealed to the offline keys; the target is its hash",
  },
  "secret.person.left": {
    class: "security",
    meaning: "A person left: every device secret that was shown to or used for them is changed",
  },
  "secret.rotation.ended": {
    class: "security",
    meaning: "The change of a device secret ended: all controllers of the unit have the new one, or all that of before",
  },
  "secret.rotation.retried": {
    class: "security",
    meaning: "A person looked at a controller that refused both secrets: it may be tried again",
  },
  "secret.rotation.started": { class: "security", meaning: "The change of a device secret began" },
  "secret.step.confirmed": {
    class: "security",
    meaning: "A person set a device secret by hand, or said that it could not be done",
  },
  "secret.unit.erased": {
    class: "security",
    meaning: "A station left the site: its device secrets are destroyed, or changed where another controller has them",
  },
  "secret.unit.regrouped": {
    class: "security",
    meaning: "The secret that a device has is kept with those of another unit or group now, and is changed",
  },
  "secret.value.brought": {
    class: "security",
    meaning: "A person brought the secret that a device has; the detail says whether a login proved it",
  },
  "secret.value.drifted": {
    class: "security",
    meaning: "A controller refuses both the secret that the vault knows and the next one: somebody changed it there",
  },
  "secret.value.revealed": {
    class: "security",
    meaning: "A person was shown a device secret, with another person's approval; it is changed soon after",
  },
} as const satisfies Record<string, AuditEventDeclaration>;

import type { AuditEventDeclaration } from "./audit_events.ts";

/** Audit events of commissioning, a part of AUDIT_EVENTS. Alphabetical. */
export const COMMISSIONING_EVENTS = {
  "commissioning.act.refused": {
    class: "security",
    meaning: "A protocol was not changed, signed or closed: the rule says why, or the line of the maker's guide",
  },
  "commissioning.paper.made": { class: "access", meaning: "A person had the signed PDF of a protocol made" },
  "commissioning.protocol.closed": {
    class: "operation",
    meaning: "The protocol of a bay is closed: it was handed over",
  },
  "commissioning.protocol.counter-signed": {
    class: "operation",
    meaning: "A person signed a protocol for the operator",
  },
  "commissioning.protocol.dropped": { class: "operation", meaning: "A protocol that nobody signed was removed" },
  "commissioning.protocol.reopened": { class: "operation", meaning: "The signatures of a protocol were taken back" },
  "commissioning.protocol.signed": { class: "operation", meaning: "A person signed a protocol for the installer" },
  "commissioning.protocol.started": { class: "operation", meaning: "The protocol of a bay was begun" },
  "commissioning.step.entered": { class: "operation", meaning: "A person entered what a step of a protocol wants" },
  "commissioning.step.excepted": {
    class: "operation",
    meaning: "A person answers for a step that is not met, or does so no more",
  },
  "commissioning.steps.checked": {
    class: "operation",
    meaning: "The gateway looked at the steps that it looks at itself",
  },
} as const satisfies Readonly<Record<string, AuditEventDeclaration>>;

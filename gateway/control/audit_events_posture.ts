import type { AuditEventDeclaration } from "./audit_events.ts";

/** Audit events of posture, a part of AUDIT_EVENTS. Alphabetical. */
export const POSTURE_EVENTS = {
  "posture.line.confirmed": { class: "operation", meaning: "A person looked at a line of a guide and says how it is" },
  "posture.line.drifted": { class: "security", meaning: "A line of a guide was met and is not any more" },
  "posture.line.unwaived": { class: "security", meaning: "A person took a waiver of a line of a guide back" },
  "posture.line.waived": {
    class: "security",
    meaning: "A person answers for a line of a guide that is not met, until a day",
  },
  "posture.report.made": { class: "access", meaning: "A person had a signed report of the posture made" },
} as const satisfies Readonly<Record<string, AuditEventDeclaration>>;

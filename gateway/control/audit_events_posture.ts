import type { AuditEventDeclaration } from "./audit_events.ts";

/** Audit events of posture, a part of AUDIT_EVENTS. Alphabetical. */
export const POSTURE_EVENTS = {
  "posture.advisory.imported": {
    class: "operation",
    meaning: "A security advisory of a maker was taken; the detail says what proved the file",
  },
  "posture.advisory.removed": { class: "operation", meaning: "A person had an advisory forgotten" },
  "posture.advisory.withdrawn": { class: "operation", meaning: "A person says that an advisory does not count here" },
  "posture.golden.applied": {
    class: "security",
    meaning: "The settings of a fix were written and read back as wanted; the detail names each",
  },
  "posture.golden.approved": { class: "security", meaning: "Another person agreed to a fix of a station's settings" },
  "posture.golden.asked": {
    class: "security",
    meaning: "A person asked for a fix of a station's settings, or for taking one back",
  },
  "posture.golden.cancelled": { class: "security", meaning: "A person called a fix off before anything was written" },
  "posture.golden.failed": {
    class: "security",
    meaning: "A fix ended and not every setting is proven to be as wanted, or it was never carried out",
  },
  "posture.golden.refused": { class: "security", meaning: "A person must not approve this fix; the rule says why" },
  "posture.golden.restarted": {
    class: "security",
    meaning: "A station was asked to restart so that its settings count",
  },
  "posture.line.confirmed": { class: "operation", meaning: "A person looked at a line of a guide and says how it is" },
  "posture.line.drifted": { class: "security", meaning: "A line of a guide was met and is not any more" },
  "posture.line.unwaived": { class: "security", meaning: "A person took a waiver of a line of a guide back" },
  "posture.line.waived": {
    class: "security",
    meaning: "A person answers for a line of a guide that is not met, until a day",
  },
  "posture.report.made": { class: "access", meaning: "A person had a signed report of the posture made" },
  "posture.rollout.approved": { class: "security", meaning: "Another person agreed to one fix at many stations" },
  "posture.rollout.asked": {
    class: "security",
    meaning: "A person asked for the same settings to be written at many stations of a model",
  },
  "posture.rollout.cancelled": { class: "security", meaning: "A person called a rollout of settings off" },
  "posture.rollout.ended": {
    class: "security",
    meaning: "A rollout of settings is over; the detail says how it stands",
  },
  "posture.rollout.resumed": { class: "security", meaning: "Another person had a rollout that stopped go on" },
  "posture.rollout.stopped": {
    class: "security",
    meaning: "A rollout of settings stopped by itself after failures; the stations that are left are as they were",
  },
  "posture.station.probed": {
    class: "operation",
    meaning: "The gateway looked at a station from outside: its ports, and the TLS of its page",
  },
} as const satisfies Readonly<Record<string, AuditEventDeclaration>>;

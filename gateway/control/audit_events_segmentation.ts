import type { AuditEventDeclaration } from "./audit_events.ts";

/** Audit events of segmentation, a part of AUDIT_EVENTS. Alphabetical. */
export const SEGMENTATION_EVENTS = {
  "segmentation.applied": {
    class: "operation",
    meaning: "A person had firewall rules loaded, until they are confirmed",
  },
  "segmentation.confirmed": { class: "operation", meaning: "A person kept the firewall rules that were applied" },
  "segmentation.opening.closed": { class: "access", meaning: "A person closed a maintenance port of a station" },
  "segmentation.opening.ended": { class: "access", meaning: "The time of an open maintenance port was over" },
  "segmentation.opening.made": {
    class: "access",
    meaning: "A person opened a maintenance port of a station for one address and a while",
  },
  "segmentation.reloaded": {
    class: "operation",
    meaning: "The firewall rules were gone from the kernel and were loaded again",
  },
  "segmentation.undone": { class: "operation", meaning: "Firewall rules that were applied are not in force any more" },
} as const satisfies Record<string, AuditEventDeclaration>;

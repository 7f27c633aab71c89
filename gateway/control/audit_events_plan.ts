import type { AuditEventDeclaration } from "./audit_events.ts";

/** Audit events of floor plans, a part of AUDIT_EVENTS. Alphabetical. */
export const PLAN_EVENTS = {
  "plan.floor.removed": { class: "operation", meaning: "A person removed a floor plan" },
  "plan.floor.set": { class: "operation", meaning: "A person gave a floor its plan, or another name" },
  "plan.station.placed": { class: "operation", meaning: "A person said where on a floor plan a station stands" },
  "plan.station.unplaced": { class: "operation", meaning: "A person took a station off its floor plan" },
} as const satisfies Readonly<Record<string, AuditEventDeclaration>>;

import type { AlarmKind } from "./alarm_kinds.ts";

/** Alarms of incidents and inspections, a part of ALARM_KINDS. Alphabetical. */
export const INCIDENT_ALARMS = {
  "incident.critical": {
    severity: "critical",
    meaning: "What was seen at this station looks like tampering; the detail names the incident and the last signal",
    action: "Operator: `incident show`, acknowledge it, have somebody look, then decide: quarantine or let it run",
    cooldownSeconds: 0,
  },
  "incident.warning": {
    severity: "warning",
    meaning: "Something at this station may be tampering or a fault; the detail names the incident and the last signal",
    action: "Operator: `incident show`; if you know why, close it as a false alarm and say so",
    cooldownSeconds: 0,
  },
  "inspection.overdue": {
    severity: "warning",
    meaning: "An inspection of this station, or of the site, should have been made a week ago or longer",
    action: "Operator: `inspection due`, have somebody look with a phone and fill the list there (EV-23, EV-29)",
    cooldownSeconds: 86_400,
  },
} as const satisfies Readonly<Record<string, AlarmKind>>;

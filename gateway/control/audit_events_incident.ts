import type { AuditEventDeclaration } from "./audit_events.ts";

/** Audit events of incidents and inspections, a part of AUDIT_EVENTS. Alphabetical. */
export const INCIDENT_EVENTS = {
  "incident.acknowledged": { class: "security", meaning: "A person took an incident in hand" },
  "incident.act.refused": {
    class: "security",
    meaning: "A person wanted something of an incident that its state does not allow; the rule says why",
  },
  "incident.closed": {
    class: "security",
    meaning: "A person closed an incident: the station was set up again, or it was a false alarm",
  },
  "incident.decided": {
    class: "security",
    meaning: "A person decided what becomes of a station that an incident is about: quarantine, or it runs on",
  },
  "incident.look.found": {
    class: "security",
    meaning: "The gateway looked at a station itself and found it other than before: a password, HTTPS, its badges",
  },
  "incident.opened": { class: "security", meaning: "What was seen at a station looks like tampering or a fault of it" },
  "incident.reported": { class: "security", meaning: "A person reported something seen at a station" },
  "incident.risen": {
    class: "security",
    meaning: "A further signal made an incident graver, or another kind of incident, or one to be decided anew",
  },
  "incident.step.done": {
    class: "security",
    meaning: "A step of setting a station up again was done, checked or answered for; the detail has the proof",
  },
  "incident.work.announced": {
    class: "security",
    meaning: "A person announced work at a station: it explains what is seen there until its end",
  },
  "incident.work.withdrawn": { class: "security", meaning: "Announced work at a station ended early" },
  "inspection.assigned": {
    class: "operation",
    meaning: "A person wants a list filled again and again for a station or the site",
  },
  "inspection.done": {
    class: "operation",
    meaning: "A person filled an inspection list; failed: something is not in order",
  },
  "inspection.item.failed": {
    class: "security",
    meaning: "A person inspected a station and found something not in order",
  },
  "inspection.photo.added": { class: "operation", meaning: "A person added a photo to a filled inspection list" },
  "inspection.unassigned": { class: "operation", meaning: "A list is not wanted of a station or the site any more" },
} as const satisfies Readonly<Record<string, AuditEventDeclaration>>;

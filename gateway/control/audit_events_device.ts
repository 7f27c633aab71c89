import type { AuditEventDeclaration } from "./audit_events.ts";

/** Audit events of device pages, a part of AUDIT_EVENTS. Alphabetical. */
export const DEVICE_EVENTS = {
  "device.request.made": {
    class: "access",
    meaning: "A person's requests to a controller's page went on to it; alike ones of a few seconds are one record",
  },
  "device.request.refused": { class: "access", meaning: "A person's request to a controller's page was refused" },
  "device.session.ended": { class: "access", meaning: "A device session ended; the rule says by what" },
  "device.session.joined": { class: "access", meaning: "A person looks on in a device session of somebody else" },
  "device.session.opened": { class: "access", meaning: "A person opened a controller's pages" },
  "device.ticket.refused": { class: "access", meaning: "A ticket for a controller's page was not taken" },
} as const satisfies Record<string, AuditEventDeclaration>;

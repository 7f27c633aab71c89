import type { AuditEventDeclaration } from "./audit_events.ts";

/** Audit events of device pages, a part of AUDIT_EVENTS. Alphabetical. */
export const DEVICE_EVENTS = {
  "device.file.read": { class: "security", meaning: "A person took a file of a controller out of its sealed copy" },
  "device.image.judged": {
    class: "security",
    meaning: "A firmware upload to a controller's page was compared with the vault before a byte of it went on",
  },
  "device.lease.taken": {
    class: "access",
    meaning: "A person took over a controller that knows one login at a time from somebody else",
  },
  "device.login.made": {
    class: "access",
    meaning: "The gateway logged in at a controller for a person; the rule says how it ended",
  },
  "device.login.retried": {
    class: "security",
    meaning: "A person let the gateway try again to log in at a controller that had refused it",
  },
  "device.operation.done": {
    class: "operation",
    meaning: "The gateway did something at a controller by its driver, or refused to; the detail says what and as whom",
  },
  "device.pin.approved": { class: "security", meaning: "A person approved the certificate of a controller's pages" },
  "device.pin.presented": {
    class: "security",
    meaning: "A controller presented a certificate that nobody approved; nothing was sent to it",
  },
  "device.recording.removed": { class: "operation", meaning: "A recorded session was removed: its time was over" },
  "device.recording.replayed": {
    class: "access",
    meaning: "Somebody looked at a recorded session; the detail says whose",
  },
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

import type { AuditEventDeclaration } from "./audit_events.ts";

/** Audit events of files between stations, gateway and CSMS, a part of AUDIT_EVENTS. Alphabetical. */
export const TRANSFER_EVENTS = {
  "transfer.grant.closed": { class: "operation", meaning: "A person ended a station's permission to fetch an image" },
  "transfer.grant.made": {
    class: "operation",
    meaning: "A station may fetch an image, for a time and a number of bytes",
  },
  "transfer.grant.refused": {
    class: "security",
    meaning: "Somebody asked for an image, or wanted to bring a file, without a permission for that",
  },
  "transfer.log.refused": {
    class: "operation",
    meaning: "A station does not bring its security log: it is asked again after a month",
  },
  "transfer.publish.ended": {
    class: "security",
    meaning: "An image that a CSMS had published is published no more, or never was; the rule says why",
  },
  "transfer.publish.published": {
    class: "security",
    meaning: "An image is verified and published for a CSMS: stations that it fits may fetch it",
  },
  "transfer.publish.refused": {
    class: "security",
    meaning: "A CSMS wanted an image published, or not published any more, and the gateway does not do that",
  },
  "transfer.publish.taken": {
    class: "security",
    meaning: "A CSMS wants an image published: the gateway fetches and verifies it",
  },
  "transfer.request.ended": {
    class: "security",
    meaning: "An update that a CSMS asked for has ended; the rule says how",
  },
  "transfer.request.refused": {
    class: "security",
    meaning: "An update that a CSMS asked for was refused, and its station never heard of it",
  },
  "transfer.request.sent": {
    class: "security",
    meaning: "A station was asked to fetch a verified image from the gateway, for its CSMS",
  },
  "transfer.request.taken": {
    class: "security",
    meaning: "A CSMS asked for an update: the gateway fetches and verifies it",
  },
  "transfer.upload.asked": {
    class: "operation",
    meaning: "A station is asked to bring a file to the gateway, for its CSMS or for the gateway itself",
  },
  "transfer.upload.handed-out": {
    class: "security",
    meaning: "A person was given a station's file, as an encrypted ZIP without its password",
  },
  "transfer.upload.password-revealed": {
    class: "security",
    meaning: "A person was told the password of a ZIP that was handed out, or asked for it a second time",
  },
  "transfer.upload.received": { class: "operation", meaning: "A station's file is whole, sealed and on the disk" },
  "transfer.upload.refused": {
    class: "security",
    meaning: "A CSMS wanted a station's file to go where site.yaml lets none go",
  },
  "transfer.upload.removed": { class: "operation", meaning: "The sealed copy of a station's file was removed" },
  "transfer.upload.sent": { class: "operation", meaning: "A station's file was brought to its CSMS, or could not be" },
  "transfer.upload.unbrought": {
    class: "operation",
    meaning: "A station was asked for a file by the gateway itself, and nothing came",
  },
} as const satisfies Record<string, AuditEventDeclaration>;

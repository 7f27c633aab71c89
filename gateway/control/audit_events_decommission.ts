import type { AuditEventDeclaration } from "./audit_events.ts";

/** Audit events of the gateway's own decommissioning, a part of AUDIT_EVENTS. Alphabetical. */
export const SITE_DECOMMISSION_EVENTS = {
  "gateway.site.decommission.approved": {
    class: "security",
    meaning: "Another person agreed that this gateway is erased with all it holds",
  },
  "gateway.site.decommission.begun": {
    class: "security",
    meaning: "A person asked for this gateway to be erased with all it holds, with a reason",
  },
  "gateway.site.decommission.cancelled": {
    class: "security",
    meaning: "Erasing this gateway was called off; what had been revoked for it stays revoked",
  },
  "gateway.site.decommission.ended": {
    class: "security",
    meaning:
      "Enough persons agreed: certificates, grants, tokens and ways to controllers were ended; the detail says how many",
  },
  "gateway.site.decommission.refused": {
    class: "security",
    meaning: "A step of erasing this gateway was refused; the rule says why",
  },
  "gateway.site.decommission.step": {
    class: "security",
    meaning: "A person did a step of taking this gateway out of service, or passed over it with a reason",
  },
  "gateway.site.decommissioned": {
    class: "security",
    meaning:
      "The last record: keys, store and files of this gateway are erased after it; the target is the key that its certificate is signed with",
  },
} as const satisfies Readonly<Record<string, AuditEventDeclaration>>;

/** Audit events of stations' decommissioning, a part of AUDIT_EVENTS. Alphabetical. */
export const DECOMMISSION_EVENTS = {
  "station.decommission.again": {
    class: "security",
    meaning: "A decommissioned station was in a backup that was restored, and was erased again",
  },
  "station.decommission.approved": {
    class: "security",
    meaning: "Another person agreed that a station leaves for ever",
  },
  "station.decommission.begun": {
    class: "security",
    meaning: "A person asked for a station to leave for ever, with a reason",
  },
  "station.decommission.cancelled": {
    class: "security",
    meaning: "A decommissioning was called off; the station stays",
  },
  "station.decommission.certified": {
    class: "security",
    meaning: "The certificate of erasure of a station was signed; the detail says whether every step was made",
  },
  "station.decommission.readmitted": {
    class: "security",
    meaning: "The id of a decommissioned station may belong to another device from now on",
  },
  "station.decommission.refused": {
    class: "security",
    meaning: "A command about a decommissioning was refused; the rule says why",
  },
  "station.decommission.reset": {
    class: "security",
    meaning: "A controller is as from the factory; the detail says who reset it and how that is known",
  },
  "station.decommission.skipped": {
    class: "security",
    meaning: "A person passed over a step of a decommissioning, with a reason",
  },
  "station.decommission.step": {
    class: "security",
    meaning: "A step of a decommissioning ended; the detail says what was seen",
  },
} as const satisfies Readonly<Record<string, AuditEventDeclaration>>;

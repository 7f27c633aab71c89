import type { AuditEventDeclaration } from "./audit_events.ts";

/** Audit events of firmware images, a part of AUDIT_EVENTS. Alphabetical. */
export const FIRMWARE_IMAGE_EVENTS = {
  "firmware.image.checked": {
    class: "security",
    meaning: "A stored image was read anew and compared with its name; outcome failed: it was changed",
  },
  "firmware.image.published": { class: "security", meaning: "An image became one that stations may be given" },
  "firmware.image.released": {
    class: "security",
    meaning: "A person vouched for an image by the hash of its vendor; two persons make it servable",
  },
  "firmware.image.removed": { class: "security", meaning: "A person removed the file of an image" },
  "firmware.image.taken": {
    class: "security",
    meaning: "An image was fetched or brought and judged; the rule says what decided",
  },
  "firmware.image.withdrawn": {
    class: "security",
    meaning: "An image that was verified is given to no station any more",
  },
  "firmware.source.read": {
    class: "security",
    meaning: "The metadata of a TUF repository was read; outcome refused: it did not prove itself",
  },
} as const satisfies Record<string, AuditEventDeclaration>;
/** Audit events of firmware, a part of AUDIT_EVENTS. Alphabetical. */
export const FIRMWARE_EVENTS = {
/** Audit events of firmware campaigns, a part of AUDIT_EVENTS. Alphabetical. */
export const CAMPAIGN_EVENTS = {
  "firmware.campaign.aborted": {
    class: "operation",
    meaning: "A firmware campaign was ended by a person or with its image",
  },
  "firmware.campaign.approved": {
    class: "operation",
    meaning: "A person approved a firmware campaign of another person",
  },
  "firmware.campaign.completed": {
    class: "operation",
    meaning: "Every unit of a firmware campaign came to its end within the campaign's limits",
  },
  "firmware.campaign.made": {
    class: "operation",
    meaning: "A person planned a firmware campaign; nothing is sent yet",
  },
  "firmware.campaign.paused": { class: "operation", meaning: "A person paused a firmware campaign" },
  "firmware.campaign.refused": {
    class: "operation",
    meaning: "Something that a person wanted of a firmware campaign was refused; the rule says why",
  },
  "firmware.campaign.released": {
    class: "operation",
    meaning: "A person let the next ring of a firmware campaign begin",
  },
  "firmware.campaign.resumed": { class: "operation", meaning: "A person let a paused firmware campaign go on" },
  "firmware.campaign.started": {
    class: "operation",
    meaning: "A person started an approved firmware campaign; its image was read anew before",
  },
  "firmware.campaign.stopped": {
    class: "operation",
    meaning: "A firmware campaign stopped by itself: too many units failed",
  },
  "firmware.part.done": {
    class: "operation",
    meaning: "A person says that a part was updated by hand, and to which version",
  },
  "firmware.unit.ended": {
    class: "operation",
    meaning: "A try to update a unit ended: confirmed by its parts' own word, failed, or unconfirmed",
  },
} as const satisfies Readonly<Record<string, AuditEventDeclaration>>;

import type { AuditEventDeclaration } from "./audit_events.ts";

/** Audit events of firmware images, a part of AUDIT_EVENTS. Alphabetical. */
export const FIRMWARE_IMAGE_EVENTS = {
  "firmware.image.checked": {
    class: "security",
    meaning: "A stored image was read anew and compared with its name; outcome failed: it was changed",
  },
  "firmware.image.exported": {
    class: "security",
    meaning: "A person took the file of a verified image out of the vault, to bring it somewhere by hand",
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

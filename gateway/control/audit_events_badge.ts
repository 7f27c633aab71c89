import type { AuditEventDeclaration } from "./audit_events.ts";

/** Audit events of badges, a part of AUDIT_EVENTS. Alphabetical. */
export const BADGE_EVENTS = {
  "badge.answer.given": {
    class: "charging",
    meaning: "A station was told about a badge by the gateway, because its CSMS is away or the badge is blocked",
    pseudonyms: ["badge"],
  },
  "badge.cache.cleared": {
    class: "security",
    meaning:
      "A station was asked to forget its cache of badges after the block list changed; the detail has its answer",
  },
  "badge.clone.suspected": {
    class: "security",
    meaning: "A badge was seen where it cannot be if there is one of it; the detail says how and where else",
    pseudonyms: ["badge"],
  },
  "badge.entry.allowed": {
    class: "security",
    meaning: "A person put a badge on the site's list, which counts in the mode local-badges",
    pseudonyms: ["badge"],
  },
  "badge.entry.blocked": {
    class: "security",
    meaning: "A person blocked a badge: it is refused at every station from now on",
    pseudonyms: ["badge"],
  },
  "badge.entry.forgotten": {
    class: "security",
    meaning: "A person took a badge off the site's list",
    pseudonyms: ["badge"],
  },
  "badge.entry.renewed": {
    class: "security",
    meaning: "A person gave out another badge for one, which is blocked from now on",
    pseudonyms: ["badge", "newBadge"],
  },
  "badge.entry.unblocked": {
    class: "security",
    meaning: "A person took a badge off the block list",
    pseudonyms: ["badge"],
  },
  "badge.list.exported": {
    class: "security",
    meaning: "A person exported a list of badges; it has their keyed hashes and notes",
  },
  "badge.list.imported": {
    class: "security",
    meaning: "A person imported badges onto a list; the digest is of their sorted hashes",
  },
  "badge.list.named": {
    class: "security",
    meaning: "A CSMS put a blocked badge on a station's own list; the message passed as it came",
    pseudonyms: ["badge"],
  },
  "badge.notice.sent": {
    class: "security",
    meaning: "A CSMS was told that a badge is blocked here, or no longer; the detail has its answer",
    pseudonyms: ["badge"],
  },
  "badge.order.refused": {
    class: "security",
    meaning: "A CSMS ordered a start or reservation for a blocked badge and was told Rejected",
    pseudonyms: ["badge"],
  },
  "badge.setting.changed": {
    class: "security",
    meaning: "A person changed what a station allows by itself while it is cut off; the detail has its answer",
  },
  "badge.suspension.ended": {
    class: "security",
    meaning: "A badge that was blocked for a time is blocked no more",
  },
  "badge.transaction.stopped": {
    class: "security",
    meaning: "A station was asked to stop what a blocked badge began; the detail says what it answered",
  },
} as const satisfies Record<string, AuditEventDeclaration>;

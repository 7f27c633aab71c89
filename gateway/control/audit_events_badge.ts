import type { AuditEventDeclaration } from "./audit_events.ts";

/** Audit events of badges, a part of AUDIT_EVENTS. Alphabetical. */
export const BADGE_EVENTS = {
  "badge.answer.given": {
    class: "charging",
    meaning: "A station was told about a badge by the gateway, because its CSMS is away or the badge is blocked",
    pseudonyms: ["badge"],
  },
  "badge.clone.suspected": {
    class: "security",
    meaning: "A badge began to charge at one station while it charges at another: a copy, or one badge for two cars",
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
  "badge.transaction.stopped": {
    class: "security",
    meaning: "A station was asked to stop what a blocked badge began; the detail says what it answered",
  },
} as const satisfies Record<string, AuditEventDeclaration>;

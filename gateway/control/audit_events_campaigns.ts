import type { AuditEventDeclaration } from "./audit_events.ts";

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
  "firmware.campaign.part-done": {
    class: "operation",
    meaning: "A person says that a part was updated by hand, and to which version",
  },
  "firmware.campaign.part-taken": {
    class: "operation",
    meaning: "A person took on to bring the image of a campaign to a part, or was given it by another",
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
  "firmware.campaign.unit-ended": {
    class: "operation",
    meaning: "A try to update a unit ended: confirmed by its parts' own word, failed, or unconfirmed",
  },
} as const satisfies Readonly<Record<string, AuditEventDeclaration>>;

import type { AuditClass } from "../core/control_api.ts";

/** How one audit event is declared. `pseudonyms` names the detail keys that hold badge or vehicle ids. */
export interface AuditEventDeclaration {
  readonly class: AuditClass;
  readonly meaning: string;
  readonly pseudonyms?: readonly string[];
}

/** Every audit event. Names are API: additive only; docs/audit-events.md is generated from here. Alphabetical. */
export const AUDIT_EVENTS = {
  "alarm.acknowledged": { class: "operation", meaning: "A person took an alarm in hand" },
  "alarm.cleared": { class: "operation", meaning: "The cause of an alarm is over" },
  "alarm.raised": { class: "operation", meaning: "An alarm began" },
  "audit.chain.broken": {
    class: "security",
    meaning: "At start the newest segment did not verify: somebody changed it",
  },
  "audit.chain.gap": {
    class: "security",
    meaning: "Records are missing here because the box was restored from a backup",
  },
  "audit.chain.recovered": {
    class: "security",
    meaning: "A half-written line that nobody was told of was dropped after a power cut or crash",
  },
  "audit.chain.truncated": { class: "security", meaning: "At start the chain ended before its last signed checkpoint" },
  "audit.clock.jumped": { class: "security", meaning: "The wall clock jumped between two records" },
  "audit.pseudonyms.destroyed": {
    class: "security",
    meaning: "Keys of badge and vehicle pseudonyms were destroyed: nobody can link them any more",
  },
  "audit.segment.expired": { class: "security", meaning: "Records past their retention were removed from a segment" },
  "control.command.ran": { class: "access", meaning: "A person or rescue verb ran a command over the control socket" },
} as const satisfies Record<string, AuditEventDeclaration>;

/** One declared audit event name. */
export type AuditEventName = keyof typeof AUDIT_EVENTS;

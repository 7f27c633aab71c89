import type { AuditClass } from "../core/control_api.ts";

/** How one audit event is declared. `pseudonyms` names the detail keys that hold badge or vehicle ids. */
export interface AuditEventDeclaration {
  readonly class: AuditClass;
  readonly meaning: string;
  readonly pseudonyms?: readonly string[];
}

/** Every audit event. Names are API: additive only; docs/audit-events.md is generated from here. Alphabetical. */
export const AUDIT_EVENTS = {
  "control.command.ran": { class: "access", meaning: "A person or rescue verb ran a command over the control socket" },
} as const satisfies Record<string, AuditEventDeclaration>;

/** One declared audit event name. */
export type AuditEventName = keyof typeof AUDIT_EVENTS;

import { AUDIT_EVENTS, type AuditEventDeclaration } from "../../../gateway/control/audit_events.ts";
import { code, groups, page, table } from "./page.ts";

/** docs/audit-events.md: every event of the audit chain. */
export function auditEventsPage(): string {
  const events: Readonly<Record<string, AuditEventDeclaration>> = AUDIT_EVENTS;
  return page(
    "Audit events",
    [
      "Each record says who did what to which target, with which outcome (`ok`, `refused`, `failed`) and, for a decision,",
      "which rule decided. Records are append-only and hash-chained; `audit verify` checks them with the public key alone.",
      "The class decides how long a record is kept (`audit:` in configuration.md).",
    ].join("\n"),
    "Badge and vehicle ids never stand in the chain. Details marked *pseudonym* hold a keyed pseudonym per station and month.",
    ...groups(events, ".").map(([area, entries]) => {
      const rows = entries.map(([name, { class: kept, meaning, pseudonyms = [] }]) => [
        code(name),
        kept,
        meaning,
        pseudonyms.map(code).join(", "),
      ]);
      return `## ${area}\n\n${table(["event", "class", "meaning", "pseudonym"], rows)}`;
    }),
  );
}

import type { AuditEventDeclaration } from "./audit_events.ts";

/** Audit events of engineering tunnels, a part of AUDIT_EVENTS. Alphabetical. */
export const TUNNEL_EVENTS = {
  "people.tunnel.entered": {
    class: "access",
    meaning: "A laptop connected through an engineering tunnel to a station",
  },
  "people.tunnel.left": {
    class: "access",
    meaning: "A connection through a tunnel ended; the detail counts its bytes",
  },
  "people.tunnel.opened": { class: "access", meaning: "A person was given the token of an engineering tunnel" },
  "people.tunnel.refused": {
    class: "security",
    meaning: "Somebody came with a token that opens no tunnel, or one for another port",
  },
} as const satisfies Readonly<Record<string, AuditEventDeclaration>>;

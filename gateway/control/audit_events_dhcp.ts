import type { AuditEventDeclaration } from "./audit_events.ts";

/** Audit events of addresses, a part of AUDIT_EVENTS. Alphabetical. */
export const DHCP_EVENTS = {
  "dhcp.conflict.seen": {
    class: "security",
    meaning: "An address that a device was to get is used by another one",
  },
  "dhcp.device.adopted": { class: "access", meaning: "A person let an unknown device have an address" },
  "dhcp.device.changed": {
    class: "security",
    meaning: "A station asked for its address from another MAC, or behaves like another device",
  },
  "dhcp.device.removed": { class: "access", meaning: "A person took back the adoption of a device" },
  "dhcp.lease.freed": { class: "access", meaning: "A person took a lease away from its device" },
  "dhcp.lease.granted": { class: "operation", meaning: "A device got an address that it did not have before" },
  "dhcp.lease.released": { class: "operation", meaning: "A device gave its address back" },
  "dhcp.message.refused": {
    class: "security",
    meaning: "A device asked for an address and was refused or not answered, by the named rule",
  },
  "dhcp.server.seen": { class: "security", meaning: "A foreign DHCP server was seen on an OT zone" },
  "dhcp.tunnel.closed": { class: "operation", meaning: "The tunnel to the DHCP concentrator was lost" },
  "dhcp.tunnel.opened": { class: "operation", meaning: "The tunnel to the DHCP concentrator stands" },
} as const satisfies Readonly<Record<string, AuditEventDeclaration>>;

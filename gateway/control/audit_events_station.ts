import { DECOMMISSION_EVENTS } from "./audit_events_decommission.ts";
import type { AuditEventDeclaration } from "./audit_events.ts";

/** Audit events of stations and their identity, a part of AUDIT_EVENTS. Alphabetical. */
export const STATION_EVENTS = {
  "station.adoption.finished": {
    class: "security",
    meaning:
      "A person finished the adoption of a controller: no password of the factory works there; `recovery` says which ways " +
      "in there are if the new one is lost",
  },
  "station.adoption.refused": {
    class: "security",
    meaning:
      "The adoption of a controller was not finished: a password of the factory works there (EV-01), or nobody " +
      "could get in again if the new one were lost (BC-13)",
  },
  "station.call.sent": {
    class: "access",
    meaning: "A person had the gateway send an OCPP message to a station; its payload is not recorded",
  },
  "station.climb.ended": {
    class: "security",
    meaning: "A climb of a station to a higher security profile came to its end: done, reverted, failed or cancelled",
  },
  "station.climb.started": {
    class: "security",
    meaning:
      "A person has a station climb to a higher security profile; the old one stays valid until the new is proven",
  },
  "station.credential.renewed": { class: "security", meaning: "A station got a new password; the old one is dead" },
  ...DECOMMISSION_EVENTS,
  "station.entry.adopted": { class: "security", meaning: "A person took a station into the inventory" },
  "station.entry.decommissioned": {
    class: "security",
    meaning:
      "A station left for ever: what it proved itself by is void from now on, and all that is stored of it is erased",
  },
  "station.entry.replaced": {
    class: "security",
    meaning:
      "A person replaced a station's hardware: what the old one could prove is dead, the CSMS knows it as before",
  },
  "station.firmware.changed": {
    class: "operation",
    meaning: "A station reported another firmware version than before",
  },
  "station.identity.changed": {
    class: "security",
    meaning: "A station booted as another vendor, model or serial number than before",
  },
  "station.profile.lowered": {
    class: "security",
    meaning: "A person permitted, with a reason, that a station connects with a lower security profile than it proved",
  },
  "station.profile.proven": {
    class: "security",
    meaning: "A station proved a security profile for the first time; lower ones are refused from now on",
  },
  "station.quarantine.begun": {
    class: "security",
    meaning: "A person keeps a station out of use: it is told Pending and serves nobody; what it charges is heard",
  },
  "station.quarantine.ended": { class: "security", meaning: "A station that a person kept out of use may serve again" },
  "station.security.told": {
    class: "security",
    meaning: "A station told a standard security event; equal ones within a minute are one record (EV-27)",
  },
  "station.session.admitted": { class: "access", meaning: "A station proved its identity and was connected" },
  "station.session.lost": {
    class: "operation",
    meaning: "A station's connection ended with its Worker; every other end is an ocpp.session.closed",
  },
  "station.session.quarantined": {
    class: "security",
    meaning: "A station booted with the password of its factory; it is given one of its own",
  },
  "station.session.refused": {
    class: "security",
    meaning: "A station's attempt to connect was refused by the named rule",
  },
  "station.upstream.changed": {
    class: "security",
    meaning: "A CSMS set something of its own leg of a station; the gateway keeps it, the station was not asked",
  },
  "station.upstream.proven": {
    class: "security",
    meaning: "The CSMS took the credential that it had set for its leg of a station; the one before is dropped",
  },
  "station.upstream.rejected": {
    class: "security",
    meaning: "What a CSMS wanted to set for its leg of a station, or a station to be signed, was not accepted",
  },
  "station.upstream.requested": {
    class: "security",
    meaning: "The gateway made a new key for its CSMS leg of a station and asked the CSMS for a certificate",
  },
  "station.upstream.reset": {
    class: "security",
    meaning: "A person had the gateway forget what a CSMS set for its leg of a station",
  },
  "station.upstream.reverted": {
    class: "security",
    meaning: "The CSMS refused the credential that it had set for its leg of a station; the one before is used",
  },
} as const satisfies Record<string, AuditEventDeclaration>;

import type { AuditClass } from "../core/control_api.ts";
import { BADGE_EVENTS } from "./audit_events_badge.ts";
import { COMMISSIONING_EVENTS } from "./audit_events_commissioning.ts";
import { SITE_DECOMMISSION_EVENTS } from "./audit_events_decommission.ts";
import { DEVICE_EVENTS } from "./audit_events_device.ts";
import { INCIDENT_EVENTS } from "./audit_events_incident.ts";
import { DHCP_EVENTS } from "./audit_events_dhcp.ts";
import { PLAN_EVENTS } from "./audit_events_plan.ts";
import { POSTURE_EVENTS } from "./audit_events_posture.ts";
import { CAMPAIGN_EVENTS } from "./audit_events_campaigns.ts";
import { FIRMWARE_IMAGE_EVENTS } from "./audit_events_firmware.ts";
import { SECRET_EVENTS } from "./audit_events_secret.ts";
import { SEGMENTATION_EVENTS } from "./audit_events_segmentation.ts";
import { STATION_EVENTS } from "./audit_events_station.ts";
import { TRANSFER_EVENTS } from "./audit_events_transfers.ts";
import { TUNNEL_EVENTS } from "./audit_events_tunnel.ts";

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
  "audit.chain.reviewed": { class: "security", meaning: "A person has consulted the audit chain" },
  "audit.chain.truncated": { class: "security", meaning: "At start the chain ended before its last signed checkpoint" },
  "audit.clock.jumped": { class: "security", meaning: "The wall clock jumped between two records" },
  "audit.digest.made": { class: "operation", meaning: "A digest of what happened was made for its receivers" },
  "audit.pseudonyms.destroyed": {
    class: "security",
    meaning: "Keys of badge and vehicle pseudonyms were destroyed: nobody can link them any more",
  },
  "audit.segment.expired": { class: "security", meaning: "Records past their retention were removed from a segment" },
  "backup.archive.delivered": { class: "operation", meaning: "A sealed backup reached one of its targets" },
  "backup.archive.failed": { class: "operation", meaning: "A backup could not be made or delivered" },
  "backup.archive.made": { class: "operation", meaning: "A sealed backup was made; the detail says of what" },
  "backup.archive.started": { class: "operation", meaning: "A backup begins; all records up to this one are in it" },
  ...BADGE_EVENTS,
  "certificate.acme.failed": {
    class: "operation",
    meaning: "The ACME server issued no usable certificate; the console keeps the one before",
  },
  "certificate.acme.issued": {
    class: "operation",
    meaning: "The ACME server issued a certificate for the console and it passed every check",
  },
  "certificate.listener.updated": {
    class: "operation",
    meaning: "A Worker took new certificates or revocations for a listener, after a handshake self-test",
  },
  "certificate.serial.issued": { class: "security", meaning: "The site CA issued a station certificate" },
  "certificate.serial.revoked": {
    class: "security",
    meaning: "A certificate was revoked: it is refused at once, on resumed sessions too",
  },
  ...COMMISSIONING_EVENTS,
  "control.command.ran": { class: "access", meaning: "A person or rescue verb ran a command over the control socket" },
  ...DEVICE_EVENTS,
  ...DHCP_EVENTS,
  "dns.cache.flushed": { class: "operation", meaning: "A person made DNS forget all kept answers" },
  "dns.denied.forgotten": { class: "operation", meaning: "A person cleared the list of refused names" },
  "dns.query.refused": {
    class: "security",
    meaning:
      "A client asked for a name that it may not ask for; once a day for each name, with the number of questions",
  },
  ...CAMPAIGN_EVENTS,
  ...FIRMWARE_IMAGE_EVENTS,
  "gateway.clock.jumped": { class: "operation", meaning: "The wall clock of the box was stepped by the seconds named" },
  "gateway.configuration.applied": { class: "operation", meaning: "A changed configuration was applied" },
  "gateway.configuration.refused": {
    class: "operation",
    meaning: "A changed configuration had faults; the old one stays in force",
  },
  "gateway.disk.freed": { class: "operation", meaning: "The data disk has room again and the policy no longer acts" },
  "gateway.disk.full": { class: "operation", meaning: "The data disk reached diskFullPercent and the policy acts" },
  "gateway.process.started": { class: "operation", meaning: "The gateway started; what was before it is in the chain" },
  "gateway.process.stopped": { class: "operation", meaning: "The gateway was asked to stop and drained" },
  ...SITE_DECOMMISSION_EVENTS,
  "gateway.tamper.opened": { class: "security", meaning: "A lid or door of the box was opened" },
  "gateway.time.configured": { class: "operation", meaning: "chrony was told other servers or zones than before" },
  "gateway.worker.faulted": { class: "operation", meaning: "A Worker ended by a fault and is being restarted" },
  ...INCIDENT_EVENTS,
  "ledger.signed.read": {
    class: "access",
    meaning: "A person read signed meter values of the ledger, which name who charged",
  },
  "migration.back.started": {
    class: "operation",
    meaning: "A person sends the stations of a migration back to the old CSMS",
  },
  "migration.finished": { class: "operation", meaning: "A person ended a migration" },
  "migration.plan.made": {
    class: "operation",
    meaning: "A person planned to move stations to another CSMS; nothing moves yet",
  },
  "migration.shadow.started": {
    class: "operation",
    meaning: "A person let a new CSMS see what stations say; its answers go nowhere",
  },
  "migration.shadow.stopped": { class: "operation", meaning: "A person stopped the copies for a new CSMS" },
  "migration.station.accepted": { class: "operation", meaning: "The new CSMS accepted a station that was moved to it" },
  "migration.station.failed": {
    class: "operation",
    meaning: "The new CSMS refused a station that was moved to it: it goes back by itself",
  },
  "migration.station.moved": {
    class: "operation",
    meaning: "A station was moved to another CSMS while no transaction ran",
  },
  "migration.station.returned": { class: "operation", meaning: "A station of a migration is back at its old CSMS" },
  "migration.wave.started": { class: "operation", meaning: "A person let the next wave of a migration move" },
  "modbus.connection.refused": {
    class: "security",
    meaning: "A Modbus client was not let in, or was closed: its certificate, its address, or what it sent",
  },
  "modbus.lease.taken": {
    class: "operation",
    meaning: "A Modbus client took the right to command a point: from nobody, or from one of lower priority",
  },
  "modbus.line.foreign-client": {
    class: "security",
    meaning: "Another client speaks on a serial line of the gateway: nothing is sent on it until it is silent",
  },
  "modbus.request.refused": {
    class: "security",
    meaning: "A Modbus request was refused with exception 01; the detail names the points",
  },
  "modbus.request.would-refuse": {
    class: "security",
    meaning: "A Modbus request was relayed that the rules would refuse (modbus.mode: observe)",
  },
  "modbus.tls.failed": { class: "security", meaning: "A TLS handshake of a Modbus client failed" },
  "modbus.write.clamped": {
    class: "operation",
    meaning: "A Modbus write was forwarded with a lower value than was asked for, as its rule says (clamp)",
  },
  "modbus.write.passed": {
    class: "operation",
    meaning: "A Modbus write of a protected point or a credential was let through by a rule",
  },
  "notify.notice.abandoned": {
    class: "operation",
    meaning: "A notice of an alarm was given up: too old, too many, or always refused",
  },
  "notify.test.sent": { class: "access", meaning: "A person had a test notice sent to every receiver of alarms" },
  "ocpp.certificate.ignored": {
    class: "security",
    meaning: "A certificate of a station did not count, and its password let it in; once a day for each station",
  },
  "ocpp.connection.refused": {
    class: "security",
    meaning: "A connection of a station was refused before its WebSocket opened",
  },
  "ocpp.controller.booted": {
    class: "operation",
    meaning: "A CSMS answered the boot of the gateway itself; the detail has its status",
  },
  "ocpp.controller.failed": {
    class: "operation",
    meaning:
      "The gateway's own connection to a CSMS could not be opened, or was given up for the reason told; it is tried again",
  },
  "ocpp.message.answered": {
    class: "operation",
    meaning: "A message of the CSMS was answered by the gateway in the station's place, by the named rule",
  },
  "ocpp.message.refused": {
    class: "security",
    meaning: "A message was answered with an error by a rule instead of being relayed",
  },
  "ocpp.message.unusual": {
    class: "operation",
    meaning:
      "Messages were malformed, repeated, late, unmatched, against their schema, or passed a rule that would refuse them",
  },
  "ocpp.mirror.commanded": {
    class: "operation",
    meaning: "A limited CSMS sent a station something that it may send",
  },
  "ocpp.mirror.refused": {
    class: "security",
    meaning: "A mirror or limited CSMS sent a station something that it may not send",
  },
  "ocpp.session.closed": {
    class: "operation",
    meaning: "A station's connection ended; the detail says why and counts its messages",
  },
  "ocpp.session.opened": { class: "operation", meaning: "A station was connected through to its CSMS" },
  "ocpp.taken.failed": {
    class: "operation",
    meaning: "The gateway should have answered a message itself and could not; its sender got an InternalError",
  },
  "ocpp.tls.failed": { class: "security", meaning: "The TLS handshake of a station failed" },
  "ocpp.upstream.failed": { class: "operation", meaning: "The CSMS of a station could not be reached or refused it" },
  "ocpp.upstream.untrusted": {
    class: "security",
    meaning: "TLS with a CSMS was ended because its certificate, version or cipher suite is not acceptable",
  },
  "outage.message.refused": {
    class: "charging",
    meaning:
      "A CSMS that is back refused a message that was kept for it, or it cannot be opened; it waits for a person",
  },
  "outage.messages.discarded": { class: "security", meaning: "A person gave up messages that waited for a CSMS" },
  "outage.messages.exported": {
    class: "security",
    meaning: "A person took messages that were kept for a CSMS out of the box, badges included",
  },
  "outage.mode.changed": {
    class: "security",
    meaning: "The offline authorisation mode of a CSMS changed: who may charge while it is away",
  },
  "outage.refused.retried": {
    class: "security",
    meaning: "A person had messages that a CSMS refused sent to it once more",
  },
  "outage.session.began": {
    class: "operation",
    meaning: "The CSMS of a station is away and the gateway answers for it (store-and-forward)",
  },
  "outage.session.ended": {
    class: "operation",
    meaning: "The CSMS of a station is back and has everything that was kept for it",
  },
  "people.access.ended": {
    class: "access",
    meaning: "A way to a controller was closed, by a person, its time, or the end of what allowed it",
  },
  "people.access.opened": { class: "access", meaning: "A person opened a way to a controller under a grant" },
  "people.access.refused": { class: "access", meaning: "A person asked for a controller and no grant allowed it" },
  "people.account.added": { class: "security", meaning: "An account of a person was made" },
  "people.account.changed": { class: "security", meaning: "Roles, groups or the state of an account changed" },
  "people.account.linked": {
    class: "security",
    meaning: "A person of an identity provider was here for the first time, or with other roles",
  },
  "people.account.removed": { class: "security", meaning: "An account of a person was removed" },
  "people.account.reset": {
    class: "security",
    meaning: "A person got a temporary password; all sessions of the person ended",
  },
  "people.account.unlocked": { class: "security", meaning: "A locked login was opened before its time" },
  "people.break-glass.renewed": {
    class: "security",
    meaning: "The break-glass account got a new sealed password; the old one is dead",
  },
  "people.break-glass.used": { class: "security", meaning: "Somebody used the break-glass account" },
  "people.factor.enrolled": { class: "security", meaning: "A person has a new second factor" },
  "people.factor.removed": { class: "security", meaning: "A second factor of a person was removed" },
  "people.grant.added": { class: "security", meaning: "A grant was made" },
  "people.grant.removed": { class: "security", meaning: "A grant was removed" },
  "people.key-switch.turned": { class: "security", meaning: "The box's key switch closed or opened remote access" },
  "people.login.accepted": { class: "access", meaning: "A person has logged in" },
  "people.login.locked": {
    class: "security",
    meaning: "Consecutive wrong tries locked a name, an address or the interface (EV-11)",
  },
  "people.login.refused": {
    class: "security",
    meaning: "A login was refused; the rule says why, the person was not told",
  },
  "people.password.changed": { class: "security", meaning: "A person chose a new password" },
  "people.proof.given": { class: "access", meaning: "A person proved once more who is asking, before a dangerous act" },
  "people.provider.away": {
    class: "operation",
    meaning: "The identity provider does not answer; sessions and local accounts go on",
  },
  "people.recovery.renewed": { class: "security", meaning: "A person got new recovery codes; the old ones are dead" },
  "people.recovery.used": {
    class: "security",
    meaning: "A recovery code stood in for a lost password or second factor",
  },
  "people.request.decided": {
    class: "security",
    meaning: "Somebody approved or denied a request for access to a controller",
  },
  "people.request.made": { class: "access", meaning: "A person asked for access to a controller" },
  "people.request.withdrawn": { class: "access", meaning: "A person took a request for access back" },
  "people.session.ended": { class: "access", meaning: "A session ended; the rule says by what" },
  "people.setup.claimed": { class: "security", meaning: "The first administrator was made with the setup code" },
  "people.setup.refused": {
    class: "security",
    meaning: "Somebody tried to make the first administrator and could not",
  },
  "people.token.added": { class: "security", meaning: "A person made an API token" },
  "people.token.revoked": { class: "security", meaning: "An API token was revoked or its time is over" },
  ...TUNNEL_EVENTS,
  "people.verb.refused": {
    class: "security",
    meaning: "A person asked for something that the roles, the token or the missing proof do not allow",
  },
  ...PLAN_EVENTS,
  ...POSTURE_EVENTS,
  ...SECRET_EVENTS,
  ...SEGMENTATION_EVENTS,
  ...STATION_EVENTS,
  "switches.station.moved": { class: "security", meaning: "A station hangs on another port of a switch than before" },
  "switches.station.unlinked": {
    class: "security",
    meaning: "The port of a switch that a station hangs on lost its link",
  },
  ...TRANSFER_EVENTS,
} as const satisfies Record<string, AuditEventDeclaration>;

/** One declared audit event name. */
export type AuditEventName = keyof typeof AUDIT_EVENTS;

import type { AlarmSeverity } from "../core/control_api.ts";
import { DECOMMISSION_ALARMS, SITE_DECOMMISSION_ALARMS } from "./alarm_kinds_decommission.ts";
import { DEVICE_ALARMS } from "./alarm_kinds_device.ts";
import { CAMPAIGN_ALARMS } from "./alarm_kinds_campaigns.ts";
import { FIRMWARE_IMAGE_ALARMS } from "./alarm_kinds_firmware.ts";
import { BADGE_ALARMS } from "./alarm_kinds_badge.ts";
import { INCIDENT_ALARMS } from "./alarm_kinds_incident.ts";
import { OUTAGE_ALARMS } from "./alarm_kinds_outage.ts";
import { REVIEW_ALARMS } from "./alarm_kinds_review.ts";
import { POSTURE_ALARMS } from "./alarm_kinds_posture.ts";
import { SECRET_ALARMS } from "./alarm_kinds_secret.ts";
import { SEGMENTATION_ALARMS } from "./alarm_kinds_segmentation.ts";
import { TRANSFER_ALARMS } from "./alarm_kinds_transfers.ts";
import { SWITCH_ALARMS } from "./alarm_kinds_switches.ts";

/** How one kind of alarm is declared: what it means and who does what now. */
export interface AlarmKind {
  readonly severity: AlarmSeverity;
  readonly meaning: string;
  readonly action: string;
  /** Seconds during which a raise after a clear is counted but not notified again. */
  readonly cooldownSeconds: number;
}

/** Every kind of alarm. Names are API: additive only; docs/alarms.md is generated from here. Alphabetical. */
export const ALARM_KINDS = {
  "alarms.overflow": {
    severity: "critical",
    meaning: "More alarms stand at once than the gateway keeps; the newest are only counted here",
    action: "Operator: settle the cause that most alarms share, then read `alarms list` again",
    cooldownSeconds: 0,
  },
  "audit.chain.damaged": {
    severity: "critical",
    meaning: "The audit chain was changed or cut while the gateway was not writing to it",
    action: "Administrator: keep the data disk as it is, run `audit verify --against` with the copy of a syslog sink",
    cooldownSeconds: 0,
  },
  ...REVIEW_ALARMS,
  "audit.sink.away": {
    severity: "warning",
    meaning: "A syslog receiver of the audit chain has not taken records for a while; they wait on this box",
    action:
      "Operator: check the receiver, the way to it and its certificate; records are sent in order when it is back",
    cooldownSeconds: 600,
  },
  "audit.write.failed": {
    severity: "critical",
    meaning: "Audit records cannot be stored; actions that need a record are refused",
    action: "Administrator: free space on the data disk or replace it; see `status`",
    cooldownSeconds: 0,
  },
  "backup.failed": {
    severity: "warning",
    meaning: "A backup could not be made, or did not reach the target named as subject",
    action: "Network admin: read the detail, mend the target or the disk, then run `backup`",
    cooldownSeconds: 3_600,
  },
  "backup.incomplete": {
    severity: "warning",
    meaning: "Some sealed values could not be opened and are unreadable in the backup too",
    action: "Network admin: find out which secret fails in `check` and enter it again",
    cooldownSeconds: 86_400,
  },
  "backup.stale": {
    severity: "critical",
    meaning: "No backup has reached all targets for twice the configured time",
    action: "Network admin: run `backup` and read why it fails; until then a dead box loses what is newer",
    cooldownSeconds: 86_400,
  },
  ...BADGE_ALARMS,
  "certificate.expiring": {
    severity: "warning",
    meaning: "A certificate ends within a month (a listener's own file, a station's, the CA's)",
    action: "Network admin: renew the file and `reload`; for a station `cert issue` with a new request",
    cooldownSeconds: 86_400,
  },
  "certificate.renewal.failed": {
    severity: "critical",
    meaning:
      "A listener got no new certificate: its Worker did not take it, or the ACME server did not issue it; the one before stays",
    action: "Network admin: read the detail; correct the files or pki.acme and `reload`, for ACME then `cert renew`",
    cooldownSeconds: 3_600,
  },
  "clock.jumped": {
    severity: "warning",
    meaning: "The wall clock of the box was stepped; times in the audit chain before and after do not compare",
    action: "Network admin: find out who set the clock; if it was wrong before, check certificates with `cert list`",
    cooldownSeconds: 600,
  },
  "clock.unsynchronised": {
    severity: "warning",
    meaning: "The clock of the box is not synchronised: certificates may be judged by a wrong time",
    action: "Network admin: check that the box reaches its time servers (`chronyc sources`)",
    cooldownSeconds: 3_600,
  },
  "configuration.refused": {
    severity: "warning",
    meaning: "A changed site.yaml has faults and was not applied; the old configuration stays in force",
    action:
      "Network admin: run `check`, mend the faults it lists, then `reload`; with the old file back `reload --plan` ends it",
    cooldownSeconds: 0,
  },
  ...DEVICE_ALARMS,
  "dhcp.address.conflict": {
    severity: "warning",
    meaning: "Two devices want one address, or a device has one that it was not given",
    action: "Technician: find the device behind the MAC named here and give it an address of its own",
    cooldownSeconds: 600,
  },
  "dhcp.device.changed": {
    severity: "warning",
    meaning: "A station asks for its address from another MAC, or behaves like another device",
    action: "Operator: look who replaced the controller; if nobody did, treat the bay as tampered with",
    cooldownSeconds: 600,
  },
  "dhcp.flood": {
    severity: "warning",
    meaning: "So many DHCP messages come in that some are dropped; known devices are still served",
    action: "Technician: find the device behind the MAC named here and unplug it",
    cooldownSeconds: 600,
  },
  "dhcp.pool.exhausted": {
    severity: "warning",
    meaning: "A pool has no free address left; devices without a reservation get none",
    action: "Operator: look into `dhcp leases`, enlarge the pool or give stations reservations",
    cooldownSeconds: 3_600,
  },
  "dhcp.server.foreign": {
    severity: "critical",
    meaning: "A DHCP server that nobody configured answers on an OT zone: stations may follow it anywhere",
    action:
      "Technician: find the device behind the MAC named here and unplug it; stations that took its address: reboot",
    cooldownSeconds: 600,
  },
  "dhcp.tunnel.down": {
    severity: "warning",
    meaning: "The tunnel to the DHCP concentrator is down; devices with an address keep it where the fallback is on",
    action: "Administrator: check the way to the concentrator and both certificates; it is opened again by itself",
    cooldownSeconds: 600,
  },
  "dhcp.zone.unserved": {
    severity: "critical",
    meaning: "DHCP messages of a zone cannot be received: devices keep their address until its lease ends",
    action:
      "Administrator: read why in `dhcp status`; hald, its capabilities, the interface, another server on port 67",
    cooldownSeconds: 60,
  },
  "disk.full": {
    severity: "critical",
    meaning: "The data disk is as full as `audit.diskFullPercent`: changes, or new station connections, are refused",
    action: "Administrator: free space on the data disk or enlarge it; see `status` and docs/failure-matrix.md",
    cooldownSeconds: 300,
  },
  "disk.nearly-full": {
    severity: "warning",
    meaning: "The data disk is as full as `audit.diskWarnPercent`",
    action: "Administrator: free space on the data disk, shorten retention, or enlarge the disk",
    cooldownSeconds: 3_600,
  },
  "dns.upstream.away": {
    severity: "warning",
    meaning: "A DNS upstream does not answer, or is not the one of site.yaml; the next one is asked, then what is kept",
    action: "Network admin: read the detail; open its port in the site's firewall, or check its name and caFile",
    cooldownSeconds: 600,
  },
  ...CAMPAIGN_ALARMS,
  ...FIRMWARE_IMAGE_ALARMS,
  ...SITE_DECOMMISSION_ALARMS,
  ...INCIDENT_ALARMS,
  "ledger.energy.unacknowledged": {
    severity: "warning",
    meaning: "Energy was measured at a station that its CSMS has not acknowledged for a quarter of an hour",
    action:
      "Operator: `ledger list --state unacknowledged`, then ask the CSMS for these transactions; export them for billing",
    cooldownSeconds: 3_600,
  },
  "migration.station.failed": {
    severity: "warning",
    meaning: "The new CSMS of a migration refused a station or could not be reached for it; the station goes back",
    action:
      "Operator: read the detail, have the station set up at the new CSMS, then plan again or `csms migrate back`",
    cooldownSeconds: 0,
  },
  "modbus.device.silent": {
    severity: "warning",
    meaning: "A Modbus device (line and address are the subject) does not answer any more",
    action: "Technician: check its supply, its address and the wiring; `modbus lines` shows what else is on the line",
    cooldownSeconds: 600,
  },
  "modbus.line.down": {
    severity: "warning",
    meaning: "A Modbus line cannot be opened or was lost: requests for its devices get exception 0A",
    action: "Technician: plug the adapter in or check the device's address and cable; it is tried again by itself",
    cooldownSeconds: 600,
  },
  "modbus.line.foreign-client": {
    severity: "critical",
    meaning:
      "Another Modbus client speaks on a serial line that belongs to the gateway: the gateway sends nothing on it",
    action:
      "Technician: find the second client on the wire and take it off; the gateway goes on by itself once it is silent",
    cooldownSeconds: 600,
  },
  "network.link.down": {
    severity: "critical",
    meaning: "The interface of a zone has no link, is switched off or is gone",
    action: "Technician: look at cable, switch and power of the zone; a cable that somebody pulled may be tampering",
    cooldownSeconds: 60,
  },
  "notify.target.away": {
    severity: "warning",
    meaning: "A receiver of alarms has not taken notices for a while; they wait on this box",
    action: "Operator: check the webhook or mail server, then run `alarms test`",
    cooldownSeconds: 600,
  },
  "notify.test": {
    severity: "info",
    meaning: "A test notice that a person asked for with `alarms test`",
    action: "Nothing: that it arrived is all it says",
    cooldownSeconds: 0,
  },
  "ocpp.csms.unreachable": {
    severity: "warning",
    meaning: "A CSMS cannot be reached: its stations are offline and keep what they measure themselves",
    action: "Operator: check the uplink and ask the CSMS operator; stations come back by themselves",
    cooldownSeconds: 300,
  },
  "ocpp.csms.untrusted": {
    severity: "critical",
    meaning: "A CSMS shows a certificate, TLS version or cipher suite that is not acceptable: it may be an impostor",
    action: "Administrator: compare the CSMS certificate with `caFile`; do not relax the check to make it work",
    cooldownSeconds: 300,
  },
  "ocpp.mirror.away": {
    severity: "warning",
    meaning: "A mirror or limited CSMS cannot be reached; stations and their own CSMS do not notice",
    action: "Operator: ask its operator, or remove it from ocpp.csms; up to 256 messages of each station wait for it",
    cooldownSeconds: 600,
  },
  "ocpp.mirror.dropped": {
    severity: "warning",
    meaning: "A mirror or limited CSMS was away or slow for so long that the oldest messages for it were dropped",
    action: "Operator: tell its operator that its records have a gap; the station's own CSMS has everything",
    cooldownSeconds: 3_600,
  },
  ...OUTAGE_ALARMS,
  "ocpp.rules.refused": {
    severity: "warning",
    meaning:
      "A CSMS sends what the site's own rules refuse: its account may be in other hands, or a rule is too narrow",
    action:
      "Operator: see the rule in `audit tail`, ask `policy explain` why, then its operator; over after a quiet hour",
    cooldownSeconds: 3_600,
  },
  "ocpp.station.tls": {
    severity: "warning",
    meaning: "A station and the gateway cannot agree on a TLS version or cipher suite, or on each other's certificate",
    action:
      "Technician: see `why STATION`; install the site CA in it, update it or use profile 1 on an isolated segment",
    cooldownSeconds: 3_600,
  },
  "people.break-glass.used": {
    severity: "critical",
    meaning: "The sealed break-glass account was used, or its sealed password is used up",
    action: "Administrator: find out who and why, renew its password and put the new sheet into the safe",
    cooldownSeconds: 0,
  },
  "people.key-switch.unread": {
    severity: "warning",
    meaning: "The key switch that people.keySwitch names cannot be read: remote access to controllers stays closed",
    action: "Technician: is hald running, and is the input in hald.json under this name? See `check`",
    cooldownSeconds: 600,
  },
  "people.login.locked": {
    severity: "warning",
    meaning:
      "Wrong tries locked logins for 30 minutes: a name, an address, or the whole interface, as the subject says",
    action: "Administrator: ask the person; `user unlock NAME` opens it early. Tries from far away mean an attack",
    cooldownSeconds: 600,
  },
  "people.provider.away": {
    severity: "warning",
    meaning: "The identity provider or LDAP server does not answer: its people cannot log in, sessions go on",
    action: "Administrator: check the provider and the way to it; local accounts work meanwhile",
    cooldownSeconds: 600,
  },
  ...POSTURE_ALARMS,
  ...SECRET_ALARMS,
  ...SEGMENTATION_ALARMS,
  "station.attempts.limited": {
    severity: "warning",
    meaning: "One address or one station id failed to prove itself so often that it must wait",
    action: "Operator: look at `stations --inbox` and `audit tail`; a wrong password or somebody guessing",
    cooldownSeconds: 900,
  },
  "station.climb.overdue": {
    severity: "warning",
    meaning:
      "A station that was told a higher security profile has not come back; the old and the new one are accepted",
    action: "Technician: see `why` and look at the station; `station climb STATION --cancel` closes the new way",
    cooldownSeconds: 0,
  },
  "station.clock.certificate": {
    severity: "critical",
    meaning: "A station's clock is so far off that it will refuse the gateway's certificate at its next connection",
    action:
      "Technician: set its clock or its time server now, while it is still connected; the box's address serves NTP (docs/time.md)",
    cooldownSeconds: 600,
  },
  "station.clock.off": {
    severity: "warning",
    meaning: "A station's clock differs from the box's: its records and meter values carry wrong times",
    action: "Technician: give it this box as its time server; `time status` shows all clocks",
    cooldownSeconds: 3_600,
  },
  "station.connection.duplicate": {
    severity: "warning",
    meaning: "A second connection came with the id and a proven credential of a station that is still connected",
    action: "Operator: look at `audit tail`; two stations with one id, a copied credential, or a link that flaps",
    cooldownSeconds: 900,
  },
  ...DECOMMISSION_ALARMS,
  "station.security.routine": {
    severity: "info",
    meaning: "A station told a critical security event that happens in daily use: start, reset, firmware, clock",
    action: "Operator: nothing, if you know why; else `security-events STATION`",
    cooldownSeconds: 0,
  },
  "station.security.urgent": {
    severity: "critical",
    meaning:
      "A station told a security event that somebody must look at: tampering, cleared log, bad firmware signature",
    action: "Operator: `security-events STATION`, then have the station looked at; it clears by itself, the list stays",
    cooldownSeconds: 0,
  },
  "station.upstream.reverted": {
    severity: "warning",
    meaning: "A CSMS set a credential for its leg of a station and then refused it; the credential before is used",
    action: "Operator: ask the CSMS operator to set it again; `why ID` shows what is in force",
    cooldownSeconds: 900,
  },
  ...SWITCH_ALARMS,
  "tamper.opened": {
    severity: "critical",
    meaning: "The lid or door named as subject is open, or was opened and closed again",
    action: "Operator: have somebody look at the box; then compare `audit tail` with who was to be there",
    cooldownSeconds: 0,
  },
  "telemetry.push.failed": {
    severity: "warning",
    meaning: "The OTLP endpoint has not taken metrics for a while; what was not taken is lost, the counters are not",
    action: "Operator: check the endpoint of telemetry.otlp and the way to it",
    cooldownSeconds: 600,
  },
  "time.server.unproven": {
    severity: "warning",
    meaning: "A time server's answers cannot be proven: its key exchange fails, so it is not followed",
    action: "Network admin: let the box out to the server's TCP port 4460 and UDP port 123, and check its name and CA",
    cooldownSeconds: 3_600,
  },
  "time.servers.lost": {
    severity: "warning",
    meaning: "The box's clock follows none of its servers; it goes on by itself and drifts",
    action: "Network admin: `time status` says how each server does; check the uplink and time.upstream",
    cooldownSeconds: 3_600,
  },
  "time.service.silent": {
    severity: "warning",
    meaning: "chrony or hald says nothing of the box's clock, so nobody knows whether it is right",
    action: "Administrator: `systemctl status chrony bulkhead-chrony-report.timer`; docs/time.md says how it is set up",
    cooldownSeconds: 3_600,
  },
  ...TRANSFER_ALARMS,
  "worker.restarting": {
    severity: "warning",
    meaning: "A Worker ended by a fault and is being restarted",
    action: "Operator: read the Worker's last fault in `status`; report it if it repeats",
    cooldownSeconds: 300,
  },
} as const satisfies Record<string, AlarmKind>;

/** One declared kind of alarm. */
export type AlarmKindName = keyof typeof ALARM_KINDS;

import { BADGE_ERASERS } from "../inventory/badges/station_erasers.ts";
import { DHCP_ERASERS } from "../inventory/dhcp/station_erasers.ts";
import { INCIDENT_ERASERS } from "../incidents/station_erasers.ts";
import { LEDGER_ERASERS } from "../inventory/ledger/station_erasers.ts";
import { OUTAGE_ERASERS } from "../inventory/outage/station_erasers.ts";
import { INVENTORY_ERASERS } from "../inventory/station_erasers.ts";
import { DNS_ERASERS } from "../dns/control/station_erasers.ts";
import { PEOPLE_ERASERS } from "../people/station_erasers.ts";
import { PKI_ERASERS } from "../pki/station_erasers.ts";
import { POSTURE_ERASERS } from "../posture/station_erasers.ts";
import { SEGMENTATION_ERASERS } from "../segmentation/station_erasers.ts";
import { atKey, entryEraser, type PrefixName, type StationEraser } from "../store/station_eraser.ts";
import { VAULT_ERASERS } from "../vault/station_erasers.ts";
import { DEVICE_ERASERS } from "./devices/station_erasers.ts";
import { FIRMWARE_ERASERS } from "./firmware/station_erasers.ts";
import { RECORDING_ERASER } from "./policy/station_eraser.ts";

/** Alarms about a station, and the keys of its pseudonyms: with them audit and ledger name nobody any more. */
const OWN: readonly StationEraser[] = [
  entryEraser({
    name: "control.alarms",
    holds: "alarms about it",
    prefix: "alarms",
    // "CP001", "CP001 BC-H03": exactly this id is one of its words
    isOf: ({ key }, { id }) => String(key[2]).split(" ").includes(id),
  }),
  entryEraser({
    name: "audit.pseudonyms",
    holds: "the keys that linked badges and vehicles to its records in audit and ledger",
    prefix: "pseudonyms",
    isOf: atKey(1),
  }),
];

/** Everything that is stored of stations and goes with them. The keys go first: what they opened is noise from then on. */
export const STATION_ERASERS: readonly StationEraser[] = [
  ...VAULT_ERASERS,
  ...OWN,
  ...INVENTORY_ERASERS,
  ...LEDGER_ERASERS,
  ...OUTAGE_ERASERS,
  ...BADGE_ERASERS,
  ...PKI_ERASERS,
  ...PEOPLE_ERASERS,
  ...DEVICE_ERASERS,
  ...FIRMWARE_ERASERS,
  ...DHCP_ERASERS,
  ...DNS_ERASERS,
  ...SEGMENTATION_ERASERS,
  ...POSTURE_ERASERS,
  ...INCIDENT_ERASERS,
  RECORDING_ERASER,
];

/** What is kept of stations on purpose, without personal data: why, and for how long. */
export const KEPT_OF_STATIONS: Partial<Readonly<Record<PrefixName, string>>> = {
  commissioning:
    "the signed protocols of its hand-over with their photos: no secret, no badge; for ever, as its papers",
  decommission: "the record of this decommissioning and its certificate; for ever",
  ledger: "energy that was billed, with badges as pseudonyms whose keys are gone; audit.retention.charging days",
  outbox: "notices on their way: kind and subject of an alarm, no secret; until they are delivered or given up",
  revocations: "that its certificates and password are void, so that no backup makes them good again; for ever",
  segmentation: "the firewall's rules as last confirmed, which name its flows; until the next `segmentation apply`",
};

/** Prefixes that hold nothing of one station, and why. A new prefix stands here, above, or has an eraser. */
export const NOTHING_OF_STATIONS: Partial<Readonly<Record<PrefixName, string>>> = {
  acme: "certificates of the gateway's own listeners",
  audit: "the signing key and how far the chain is; its records name stations, and badges by pseudonym only",
  auditReview: "how far the last digest counted, and which people consulted the chain",
  backup: "when the last backup was made",
  badgeBlocked: "badges of the site by keyed hash; no entry says where a badge was used",
  documentSigner: "the key that signs the gateway's papers",
  firmwareHostKeys: "the gateway's own keys",
  firmwareImage: "images, which are for models",
  firmwarePublication: "images that a CSMS had published to this gateway",
  modbusLease: "who commanded a point of a Modbus unit; units are the site's",
  schema: "the form of the store",
  sealer: "the secret that named keys are derived from",
  serverCertificate: "identities of the gateway's own listeners",
  siteCa: "the site CA: its key, its certificate, the number of its list",
  sinks: "how far syslog receivers are",
};

/** What stands in the data folder beside the store, and what of it is a station's. */
export const DATA_FOLDER: Readonly<Record<string, string>> = {
  "audit": "kept: the audit chain names stations, and badges by pseudonyms whose keys are gone",
  "backup": "nothing: a backup is there while it is made",
  "control.sock": "nothing: a socket",
  "device-files": "erased with its records",
  "firmware": "nothing: images, and ZIPs of logs that somebody is about to fetch, for an hour",
  "keys": "nothing: the key of this box",
  "policy": "erased: kinds of messages that it had",
  "recordings": "erased with its records",
  "restored.json": "nothing: which backup was restored",
  "store": "erased, and written anew",
  "ui-spool": "nothing: files on their way, without a name on the disk",
  "uploads": "erased with its records",
};

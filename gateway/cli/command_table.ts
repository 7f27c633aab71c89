import { BADGE_COMMANDS } from "./badge_command_table.ts";
import { CERT_COMMANDS } from "./cert_command_table.ts";
import { COMMISSIONING_COMMANDS } from "./commissioning_command_table.ts";
import { CSMS_COMMANDS } from "./csms_command_table.ts";
import {
  ACCESS_COMMANDS,
  GRANT_COMMANDS,
  REQUEST_COMMANDS,
  SESSION_COMMANDS,
  TOKEN_COMMANDS,
  TUNNEL_COMMANDS,
} from "./access_command_table.ts";
import { DECOMMISSION_COMMANDS } from "./decommission_command_table.ts";
import { DEVICE_COMMANDS } from "./device_command_table.ts";
import { DHCP_COMMANDS } from "./dhcp_command_table.ts";
import { DNS_COMMANDS } from "./dns_command_table.ts";
import { FIRMWARE_CAMPAIGN_COMMANDS } from "./firmware_campaign_command_table.ts";
import { FIRMWARE_COMMANDS } from "./firmware_command_table.ts";
import { GATEWAY_COMMANDS } from "./gateway_command_table.ts";
import { INCIDENT_COMMANDS } from "./incident_command_table.ts";
import { INSPECTION_COMMANDS } from "./inspection_command_table.ts";
import { MODBUS_COMMANDS } from "./modbus_command_table.ts";
import { SEGMENTATION_COMMANDS } from "./segmentation_command_table.ts";
import { PLAN_COMMANDS } from "./plan_command_table.ts";
import { POSTURE_COMMANDS } from "./posture_command_table.ts";
import { POLICY_COMMANDS } from "./policy_command_table.ts";
import { SECRET_COMMANDS } from "./secret_command_table.ts";
import { STATION_COMMANDS } from "./station_command_table.ts";
import { USER_COMMANDS } from "./user_command_table.ts";

/** One command of main.ts. Where "local" runs in the calling process, "control" in the running gateway. */
export interface CommandDeclaration {
  readonly name: string;
  readonly where: "local" | "control";
  readonly summary: string;
  /** Positional arguments in order; a name ending in "?" is optional, in "..." takes the rest. */
  readonly args?: readonly string[];
  /** Long options with one line each; "name=VALUE" takes a value. */
  readonly options?: Readonly<Record<string, string>>;
  /** Options that name a file here: the command line sends its text instead, since control cannot read it. */
  readonly sendsFiles?: readonly string[];
  /** The same for files that are no text: they are sent as base64. */
  readonly sendsBytes?: readonly string[];
  readonly example: string;
}

/** Every command. docs/commands.md and `help` come from here. Alphabetical. Options --config, --json and --as are common to all. */
export const COMMANDS: readonly CommandDeclaration[] = [
  ...ACCESS_COMMANDS,
  {
    name: "alarms ack",
    where: "control",
    summary: "Says that you have taken an alarm in hand",
    args: ["kind", "subject"],
    example: "alarms ack audit.sink.away siem.example:6514",
  },
  {
    name: "alarms list",
    where: "control",
    summary: "Shows the alarms that stand, what each means and what to do",
    options: { "all": "Also those that are over" },
    example: "alarms list --all",
  },
  {
    name: "alarms test",
    where: "control",
    summary: "Sends a test notice to every receiver under notify: and says what became of each",
    example: "alarms test",
  },
  {
    name: "audit digest",
    where: "control",
    summary: "What happened since the last digest: failed sign-ins, refusals by rule, firmware, restarts, changes",
    example: "audit digest",
  },
  {
    name: "audit digest-send",
    where: "control",
    summary: "Sends the digest to its receivers now; the next one begins where it ends",
    example: "audit digest-send",
  },
  {
    name: "audit export",
    where: "control",
    summary: "Writes audit records as JSON lines",
    options: {
      "from=TIME": "First time, as 2026-11-21 or 2026-11-21T04:00:00Z",
      "to=TIME": "Time behind the last record",
      "class=CLASS": "Only security, access, operation, charging or chain",
      "station=ID": "Only records of or about this station",
      "after=SEQ": "Only records behind this number",
      "file=FILE": "Write to this file instead of the terminal",
    },
    example: "audit export --from 2026-11-01 --class access --file audit.jsonl",
  },
  {
    name: "audit review",
    where: "control",
    summary: "Says that you have consulted the audit chain, which audit.reviewDays reminds of",
    options: { "note=TEXT": "What you found", "list": "Who reviewed it, and when, instead" },
    example: 'audit review --note "three refused logins, all of otto"',
  },
  {
    name: "audit tail",
    where: "control",
    summary: "Shows the last audit records",
    options: {
      "lines=COUNT": "How many, 20 if absent",
      "after=SEQ": "Only records behind this number",
      "follow": "Go on showing what comes until interrupted",
    },
    example: "audit tail --lines 50 --follow",
  },
  {
    name: "audit verify",
    where: "local",
    summary: "Verifies the audit chain with only its files and the public key, and names the first bad record",
    options: {
      "dir=DIR": "Folder with the segments; absent: that of the site",
      "key=FILE": "Public key; absent: audit-public.pem in the folder",
      "against=FILE": "Copy of what a syslog receiver got: finds a cut end and rewritten records",
    },
    example: "audit verify --against siem.log",
  },
  {
    name: "backup",
    where: "control",
    summary: "Makes a sealed backup now, while the gateway runs, and sends it to every target",
    example: "backup",
  },
  {
    name: "backup key",
    where: "local",
    summary: "Makes a recovery key: FILE goes offline, FILE.pub to backup.recoveryKeyFile",
    args: ["file"],
    example: "backup key recovery.key",
  },
  ...BADGE_COMMANDS,
  ...CERT_COMMANDS,
  {
    name: "check",
    where: "local",
    summary: "Validates configuration, certificates, permissions and hal; exit code 0 or 1",
    example: "check --config site.yaml",
  },
  ...COMMISSIONING_COMMANDS,
  {
    name: "concentrator",
    where: "local",
    summary:
      "The far side of central DHCP: takes the tunnels of gateways in front of one DHCP server, until it is ended",
    example: "concentrator --config concentrator.yaml",
  },
  {
    name: "connect",
    where: "local",
    summary: "On a laptop: carries one TCP port of a station here, through a tunnel that was opened at the console",
    args: ["station"],
    options: {
      "port=PORT": "Port of the station, as declared in tunnelPorts (required)",
      "gateway=URL": "The console, as https://gw.garage-12.example:8443 (required)",
      "token-file=FILE":
        "File with the tunnel's token; absent: the variable BULKHEAD_TUNNEL_TOKEN, else one line of input",
      "ca=FILE": "The gateway's CA (`cert export-ca`); absent: the CAs that this machine trusts",
      "listen=ADDRESS": "Where programs here connect to; absent: a free port of 127.0.0.1",
      "stdio": "One connection over standard input and output, for ssh -o ProxyCommand",
    },
    example:
      "connect CP001 --port 22 --gateway https://gw.garage-12.example:8443 --token-file token --ca gateway-ca.pem",
  },
  ...CSMS_COMMANDS,
  ...DECOMMISSION_COMMANDS,
  {
    name: "demo",
    where: "local",
    summary: "Runs a simulated garage around a real gateway, with a live table and an attack each minute",
    options: {
      "plain": "Lines instead of a table",
      "port-offset=N": "Added to every default port",
      "seconds=N": "Ends by itself; exit code 0 when all charged, nothing was lost and every attack was refused",
    },
    example: "demo --seconds 60 --plain",
  },
  ...DEVICE_COMMANDS,
  ...DHCP_COMMANDS,
  ...DNS_COMMANDS,
  {
    name: "firewall-sheet",
    where: "local",
    summary: "Writes the change request for the site's own firewall from site.yaml, each row tried from this box",
    options: {
      "file=FILE": "Write to this file instead of the terminal",
      "format=FORMAT": "text, csv or html; text when absent",
      "untested": "Does not try the rows",
    },
    example: "firewall-sheet --format html --file firewall.html",
  },
  ...FIRMWARE_CAMPAIGN_COMMANDS,
  ...FIRMWARE_COMMANDS,
  {
    name: "flags",
    where: "local",
    summary: "Prints the `deno run` flags this site needs, for the systemd unit",
    example: "flags --config site.yaml",
  },
  ...GATEWAY_COMMANDS,
  ...GRANT_COMMANDS,
  {
    name: "help",
    where: "local",
    summary: "Lists the commands, or shows one with its options",
    args: ["command..."],
    example: "help station adopt",
  },
  ...INCIDENT_COMMANDS,
  {
    name: "init",
    where: "local",
    summary: "Writes a commented starter site into a folder; it runs on loopback as it stands",
    args: ["dir"],
    example: "init garage-12",
  },
  ...INSPECTION_COMMANDS,
  {
    name: "ledger export",
    where: "control",
    summary: "Prints the energy ledger as JSON lines or CSV (docs/ledger.md)",
    options: {
      "after=PLACE": "Only what stands behind this one: `next` of a part",
      "format=FORMAT": "jsonl or csv; jsonl when absent",
      "from=TIME": "Transactions that changed at this time or later",
      "signed": "With the signed meter values as received (jsonl only); they name who charged, so this is recorded",
      "state=STATE": "closed, open, rejected or unacknowledged",
      "station=ID": "Only of this station",
      "to=TIME": "Transactions first seen before this time",
    },
    example: "ledger export --format csv --from 2026-01-01 > january.csv",
  },
  {
    name: "ledger list",
    where: "control",
    summary: "Lists transactions with their energy and how they stand with the CSMS",
    options: {
      "from=TIME": "Transactions that changed at this time or later",
      "state=STATE": "closed, open, rejected or unacknowledged",
      "station=ID": "Only of this station",
      "to=TIME": "Transactions first seen before this time",
    },
    example: "ledger list --state unacknowledged",
  },
  {
    name: "ledger show",
    where: "control",
    summary: "Shows one transaction with its readings",
    args: ["station", "id"],
    options: { "signed": "With the signed meter values as received; they name who charged, so this is recorded" },
    example: "ledger show CP001 4711",
  },
  ...MODBUS_COMMANDS,
  {
    name: "outage discard",
    where: "control",
    summary: "Gives up kept messages of a station that its CSMS refused, or all that wait; recorded with the reason",
    args: ["station"],
    options: {
      "all": "Also those that wait",
      "other-version": "Only those of another OCPP version than the station speaks now",
      "reason=TEXT": "Why, as how they were settled otherwise",
    },
    example: 'outage discard CP001 --reason "billed by hand, ticket 4711"',
  },
  {
    name: "outage export",
    where: "control",
    summary: "Prints the kept messages of a station as they came, one JSON object a line, badges included; recorded",
    args: ["station"],
    options: { "after=SEQUENCE": "Only those behind this one: of more than 8 MiB the last line says where to go on" },
    example: "outage export CP001",
  },
  {
    name: "outage list",
    where: "control",
    summary: "Shows what is kept for each station's CSMS: messages, bytes, age, refusals",
    example: "outage list",
  },
  {
    name: "outage refused",
    where: "control",
    summary: "Shows the kept messages of a station that are not sent by themselves, and why, badges stripped",
    args: ["station"],
    example: "outage refused CP001",
  },
  {
    name: "outage retry",
    where: "control",
    summary: "Sends a station's refused messages to its CSMS once more",
    args: ["station"],
    example: "outage retry CP001",
  },
  ...PLAN_COMMANDS,
  ...POLICY_COMMANDS,
  ...POSTURE_COMMANDS,
  {
    name: "reload",
    where: "control",
    summary: "Applies a changed site.yaml, or keeps the old one and says why",
    options: { "plan": "Only says what a reload would change and which connections would drop" },
    example: "reload --plan",
  },
  ...REQUEST_COMMANDS,
  {
    name: "restore",
    where: "local",
    summary: "Brings a backup onto a blank box; the gateway must not run there",
    args: ["file"],
    options: {
      "identity=KEYFILE": "Secret recovery key",
      "to=DIR": "Folder of site.yaml on this box",
      "force": "Sets aside what is there; its newer revocations are kept",
      "audit=COPY": "Off-box copy of the audit chain, file or folder: its newer revocations are kept",
    },
    example: "restore bulkhead-g12-20260101T000000Z.backup.age --identity recovery.key --to /etc/bulkhead",
  },
  {
    name: "run",
    where: "local",
    summary: "Runs the gateway; SIGTERM drains it, SIGHUP reloads",
    options: { "log-level=LEVEL": "debug, info, warn or error; info when absent" },
    example: "run --config site.yaml",
  },
  ...SECRET_COMMANDS,
  {
    name: "security-events",
    where: "control",
    summary: "Lists the security events of stations, CSMS and the gateway, newest first",
    args: ["subject?"],
    options: {
      "critical": "Only those that the specification calls critical",
      "lines": "As JSON lines, for an export",
      "since=TIME": "Only those at this time or later",
    },
    example: "security-events CP001 --critical",
  },
  ...SEGMENTATION_COMMANDS,
  ...SESSION_COMMANDS,
  ...STATION_COMMANDS,
  {
    name: "stations",
    where: "control",
    summary: "Lists the stations and whether they are connected",
    options: { "inbox": "Lists unknown stations that asked to connect" },
    example: "stations --inbox",
  },
  {
    name: "status",
    where: "control",
    summary: "Health of the gateway and its Workers, and visible exceptions",
    example: "status",
  },
  {
    name: "support bundle",
    where: "control",
    summary: "Prints what support needs to understand a fault, as one JSON document without secrets",
    example: "support bundle --json > support.json",
  },
  {
    name: "time status",
    where: "control",
    summary: "Shows the box's clock with its servers, and how far the stations' clocks are off",
    example: "time status",
  },
  ...TOKEN_COMMANDS,
  ...TUNNEL_COMMANDS,
  ...USER_COMMANDS,
  { name: "version", where: "local", summary: "Prints the version of the gateway and of Deno", example: "version" },
  {
    name: "why",
    where: "control",
    summary: "Walks all that a station needs to charge and ends in one sentence and one fix",
    args: ["station"],
    example: "why CP042",
  },
];

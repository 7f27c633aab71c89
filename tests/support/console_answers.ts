import { BADGE_ANSWERS } from "./console_badge_answers.ts";
import { CAMPAIGN_ANSWERS } from "./console_campaign_answers.ts";
import { DEVICE_ANSWERS } from "./console_device_answers.ts";
import { COMMISSIONING_ANSWERS } from "./console_commissioning_answers.ts";
import { DECOMMISSION_ANSWERS } from "./console_decommission_answers.ts";
import { IMAGES_ANSWERS } from "./console_images_answers.ts";
import { MODBUS_LINES_STATE } from "./console_modbus_answers.ts";
import { NETWORK_ANSWERS } from "./console_network_answers.ts";
import { NAMES_ANSWERS } from "./console_names_answers.ts";
import { PLAN_ANSWERS } from "./console_plan_answers.ts";
import { INCIDENT_ANSWERS } from "./console_incident_answers.ts";
import { INSPECTION_ANSWERS } from "./console_inspection_answers.ts";
import { POSTURE_ANSWERS } from "./console_posture_answers.ts";
import { PEOPLE_ANSWERS } from "./console_people_answers.ts";
import { SECRETS_ANSWERS } from "./console_secrets_answers.ts";
import type { Answers } from "./console_rig.ts";
import { TALK_ANSWERS } from "./console_talk_answers.ts";
import { AUDIT_ANSWERS } from "./console_audit_answers.ts";
import { RIG_NOW } from "./console_rig.ts";
import { SEGMENTATION_ANSWER } from "./segmentation_answer.ts";

const at = (minutes: number): string => new Date(RIG_NOW + minutes * 60_000).toISOString();

function stationRow(number: number, more: Record<string, unknown> = {}): Record<string, unknown> {
  const id = `CP${String(number).padStart(3, "0")}`;
  const isBender = number % 3 !== 0;
  return {
    id,
    connected: true,
    securityProfile: 2,
    protocols: [isBender ? "ocpp1.6" : "ocpp2.0.1"],
    csms: "main",
    setByCsms: false,
    adopted: number > 10,
    quirks: isBender ? [] : ["long-strings"],
    since: at(-90 - number),
    source: `10.20.0.${10 + number}`,
    facts: {
      vendor: isBender ? "Bender" : "Schneider",
      model: isBender ? "CC613" : "EVlink",
      firmwareVersion: isBender ? "5.33.2" : "3.4.0.1",
      serial: `SN-${4711 + number}`,
      clockOffsetSeconds: 0,
    },
    ...more,
  };
}

/** A garage of fourteen stations: one away, one not encrypted, one without OCPP. */
export const STATION_ROWS = [
  ...[1, 2, 3, 4].map((number) => stationRow(number)),
  stationRow(5, { connected: false, since: null, source: null }),
  stationRow(6, { securityProfile: 1 }),
  ...[7, 8, 9, 10, 11].map((number) => stationRow(number, { securityProfile: number % 2 ? 3 : 2 })),
  stationRow(12, {
    connected: false,
    securityProfile: null,
    protocols: [],
    csms: null,
    since: null,
    source: null,
    facts: {},
  }),
  ...[13, 14].map((number) => stationRow(number)),
];

const INBOX = [{
  stationId: "NEW-BAY-15",
  firstSeen: RIG_NOW - 900_000,
  lastSeen: RIG_NOW - 20_000,
  attempts: 31,
  source: "10.20.0.140",
  listener: "ocpp:10.20.0.1:8444",
  tls: true,
  offeredProtocols: ["ocpp1.6", "ocpp2.0.1"],
  credential: "basic",
  userAgent: "CC613/5.33",
}];

const ALARMS = [{
  kind: "station.tls.failed",
  subject: "10.20.0.15",
  severity: "warning",
  state: "active",
  detail: "CP005: the client offers no suite we have",
  count: 44,
  firstSeen: RIG_NOW - 5_400_000,
  lastSeen: RIG_NOW - 45_000,
  meaning: "A station cannot agree on TLS with this gateway",
  action: "Technician: see `why STATION`; update the station or use profile 1 on an isolated segment",
}, {
  kind: "audit.sink.away",
  subject: "siem.example:6514",
  severity: "critical",
  state: "active",
  detail: "",
  count: 2,
  firstSeen: RIG_NOW - 600_000,
  lastSeen: RIG_NOW - 300_000,
  meaning: "A syslog receiver of the audit chain has not taken records for a while; they wait on this box",
  action: "Operator: check the receiver, the way to it and its certificate; records are sent in order when it is back",
  acknowledged: { by: "jonas", at: RIG_NOW - 200_000 },
}];

const STATUS = {
  version: "0.1.0",
  site: "garage-12",
  ready: true,
  workers: {
    "control": { state: "ready", restarts: 0, listening: { control: "/data/control.sock" }, health: { state: "ok" } },
    "hasher": { state: "ready", restarts: 0, listening: {}, health: { state: "ok" } },
    "courier": {
      state: "ready",
      restarts: 1,
      lastFault: "siem.example:6514 does not answer",
      listening: { metrics: "http://127.0.0.1:9464/metrics" },
      health: { state: "degraded", why: "one receiver is away" },
    },
    "console": {
      state: "ready",
      restarts: 0,
      listening: { console: "https://gw.garage-12.example:8443" },
      health: { state: "ok" },
    },
    "ocpp-0": {
      state: "ready",
      restarts: 0,
      listening: { "ocpp:tls": "wss://10.20.0.1:8444" },
      health: { state: "ok" },
    },
  },
  audit: { sequence: 18_204 },
  keyStore: { kind: "tpm", protectedBy: "TPM 2.0 of this box, sealed to its firmware" },
  exceptions: ["OCPP on 10.20.0.1:8445 is not encrypted (plaintext: isolated-segment)"],
  outages: { modes: { main: "csms-only" }, messages: 0, bytes: 0, refused: 0 },
};

const WHY = {
  steps: [
    { step: "inventory", state: "ok", detail: "security profile 2" },
    { step: "listener", state: "ok", detail: "10.20.0.1:8444 listens" },
    { step: "TLS", state: "bad", detail: "the client offers no suite we have" },
    { step: "login", state: "unknown", detail: "it did not come so far" },
  ],
  sentence: "CP005 does not get through TLS: its firmware offers only TLS_RSA suites.",
  fix: "Update its firmware to 5.30 or newer, or move it to profile 1 on an isolated segment.",
};

const CERTIFICATES = {
  certificates: [7, 9, 11].map((number) => ({
    serial: `4a10fb7c8a909b4973ed03028a0b71${number.toString(16).padStart(2, "0")}`,
    stationId: `CP${String(number).padStart(3, "0")}`,
    fingerprint: `2d02b254e5394b62b844feff77b24e0807a51df55115449c550c586db50a66${
      number.toString(16).padStart(2, "0")
    }`,
    who: "anna",
    issuedAt: at(-60 * 24 * 90),
    notAfter: number === 9 ? at(60 * 24 * 12) : at(60 * 24 * 640),
    state: number === 11 ? "revoked" : "good",
  })),
  listeners: [{
    listener: "console",
    source: "site-ca",
    names: ["gw.garage-12.example", "*.gw.garage-12.example"],
    notAfter: at(60 * 20),
  }, {
    listener: "ocpp:10.20.0.1:8444",
    source: "acme",
    names: ["ocpp.garage-12.example"],
    notAfter: at(60 * 24 * 61),
  }],
};

/** Lines of an audit chain as `audit export` and `audit tail` give them. */
export const AUDIT_LINES = [
  {
    event: "people.login.refused",
    class: "security",
    who: "unknown",
    outcome: "refused",
    rule: "login.password",
    source: "10.99.0.31",
  },
  {
    event: "people.login.accepted",
    class: "access",
    who: "anna",
    outcome: "ok",
    rule: "login.two-factors",
    source: "10.99.0.31",
  },
  {
    event: "control.command.ran",
    class: "access",
    who: "anna",
    target: "CP005",
    outcome: "ok",
    detail: { command: "station credential" },
  },
  { event: "station.credential.renewed", class: "security", who: "anna", target: "CP005", outcome: "ok" },
  {
    event: "station.session.refused",
    class: "security",
    who: "CP005",
    outcome: "refused",
    rule: "admission.credential",
    source: "10.20.0.15",
  },
  {
    event: "alarm.raised",
    class: "operation",
    who: "gateway",
    target: "siem.example:6514",
    outcome: "ok",
    detail: { kind: "audit.sink.away" },
  },
].map((record, index) =>
  JSON.stringify({
    seq: 18_199 + index,
    at: at(index - 40),
    kind: "record",
    salt: "x",
    hash: `${index}`.repeat(64),
    ...record,
  })
);

/** Everything that the pages ask for, as a garage in use answers it. */
export const GARAGE_ANSWERS: Answers = {
  ...IMAGES_ANSWERS,
  ...CAMPAIGN_ANSWERS,
  ...DEVICE_ANSWERS,
  "command dhcp adopt": { text: "Adopted", data: {} },
  "command dhcp inbox": [
    {
      ...{ mac: "02:00:00:00:00:99", zone: "ot", count: 12, lastSeen: RIG_NOW - 30_000 },
      ...{ hostname: "meter-9", vendorClass: "udhcp 1.35.0" },
    },
  ],
  "command dhcp leases": [1, 2, 3].map((number) => ({
    ...{ zone: "ot", address: `10.20.0.${10 + number}`, mac: `02:00:00:00:00:1${number}`, state: "bound" },
    ...{ kind: "reservation", device: `CP00${number}`, renewedAt: RIG_NOW - 60_000, expiresAt: RIG_NOW + 604_740_000 },
  })),
  "command segmentation apply": { applied: true },
  "command segmentation close": [],
  "command segmentation confirm": {},
  "command segmentation plan": { added: [], removed: [], dryRun: "ok", warnings: [] },
  "command segmentation show": SEGMENTATION_ANSWER,
  "command segmentation undo": {},
  "command dhcp status": {
    states: [{ worker: "dhcp", zones: [{ zone: "ot", mode: "server", state: "serving", leases: 3 }] }],
    sights: [{
      ...{ kind: "foreign-server", zone: "ot", subject: "ot 10.20.0.66", detail: "it answers from 02:00:00:00:00:66" },
      ...{ count: 4, lastSeen: RIG_NOW - 120_000 },
    }],
  },
  ...NAMES_ANSWERS,
  "command station adoption": [
    { station: "CP005", state: "default", at: RIG_NOW - 3_600_000, by: "jonas", accounts: ["installer (admin)"] },
    { station: "CP006", state: "open" },
    { station: "CP001", state: "finished", at: RIG_NOW - 86_400_000, by: "anna" },
  ],
  "command station adoption finish": { station: "CP006", state: "finished", at: RIG_NOW, by: "anna" },
  ...BADGE_ANSWERS,
  ...PLAN_ANSWERS,
  ...COMMISSIONING_ANSWERS,
  ...DECOMMISSION_ANSWERS,
  ...INCIDENT_ANSWERS,
  ...INSPECTION_ANSWERS,
  ...POSTURE_ANSWERS,
  ...SECRETS_ANSWERS,
  ...NETWORK_ANSWERS,
  "command modbus lines": MODBUS_LINES_STATE,
  "command status": STATUS,
  "command stations": ({ args }: { args: Record<string, unknown> }) => args["inbox"] ? INBOX : STATION_ROWS,
  "command alarms list": { alarms: ALARMS },
  "command alarms ack": { text: "in hand", data: {} },
  "command csms list": { csms: [{ id: "main", mode: "primary", host: "csms.example:443", stations: 13 }], mirrors: [] },
  "command cert list": CERTIFICATES,
  "command why": WHY,
  ...TALK_ANSWERS,
  "command audit export": { lines: AUDIT_LINES },
  ...AUDIT_ANSWERS,
  "command audit tail": { lines: AUDIT_LINES, last: 18_204 },
  "command station adopt": {
    text:
      "Station NEW-BAY-15 is in the inventory.\nPassword of NEW-BAY-15, shown once: 3b1e0fa1c9d24b7fa6db40e2c2b8a911",
    data: { station: "NEW-BAY-15", password: "3b1e0fa1c9d24b7fa6db40e2c2b8a911" },
  },
  "command station credential": {
    text: "Password of CP005, shown once: 77aa0fa1c9d24b7fa6db40e2c2b8a911\nSet it in the station.",
    data: { station: "CP005", password: "77aa0fa1c9d24b7fa6db40e2c2b8a911" },
  },
  "command station renew": { text: "Asked for", data: {} },
  "command audit verify": {
    ...{
      ok: true,
      lines: 18_260,
      first: 1,
      last: 18_204,
      signedTo: 18_200,
      expired: 0,
      gaps: [],
      faults: [],
      faultCount: 0,
    },
  },
  "command policy rules": {
    rules: [
      { id: "no-firmware-at-night", effect: "deny", because: "The ring line is unattended between 22:00 and 06:00" },
      { id: "csms-main", effect: "allow", because: "The operator of the garage runs this CSMS" },
    ],
    mode: "enforce",
    timeZone: "Europe/Berlin",
  },
  "command policy explain": {
    text: "UpdateFirmware from main to CP001, ocpp1.6\nREFUSED by no-firmware-at-night: The ring line is unattended",
    data: { decision: { effect: "deny", rule: "no-firmware-at-night" }, rules: [], seen: [] },
  },
  "command cert issue": { serial: "4a10", notAfter: at(60 * 24 * 700), pem: "-----BEGIN CERTIFICATE-----" },
  "command cert export-ca": { pem: "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUJq\n-----END CERTIFICATE-----" },
  "command cert revoke": { revoked: ["4a10"] },
  "command reload": {
    ...{ applied: false, faults: [], plan: ["ocpp-0: is replaced; its 12 stations connect again within seconds"] },
    diff: [
      "@@",
      " ocpp:",
      "   listeners:",
      '-    - { listen: "10.20.0.1:8444", tls: {} }',
      '+    - { listen: "10.20.0.1:8443", tls: {} }',
      "@@",
    ],
  },
  "command backup": { text: "Sent to backup.example", data: {} },
  "command support bundle": { bundle: "bulkhead-support", made: at(0), site: "garage-12" },
  ...PEOPLE_ANSWERS,
  "people.grant.list": [{
    id: "g1",
    who: { group: "ev-field" },
    stations: { all: true },
    deviceRoles: ["installer"],
    capabilities: ["view", "edit"],
    when: { kind: "request" },
    secondFactor: true,
    maxMinutes: 60,
    because: "Field technicians configure controllers after a look by the operator",
    createdBy: "anna",
    createdAt: RIG_NOW - 86_400_000,
  }, {
    id: "g2",
    who: { role: "operator" },
    stations: { ids: ["CP001", "CP002", "CP005"] },
    deviceRoles: ["operator"],
    capabilities: ["view"],
    when: { kind: "schedule", days: ["mon", "tue", "wed", "thu", "fri"], from: "06:00", to: "20:00" },
    secondFactor: false,
    maxMinutes: 30,
    because: "Operators look at settings in working hours",
    createdBy: "anna",
    createdAt: RIG_NOW - 43_200_000,
  }],
};

const RULES = {
  preset: "nist-63b",
  minLength: 15,
  maxLength: 128,
  rules: ["At least 15 characters, 8 with a second factor", "No known, vendor or site word", "Hard to guess"],
};

/** What the door asks for. */
export const DOOR_ANSWERS: Answers = {
  "people.login.options": { setup: false, passkeys: true, ldap: false, oidc: "Garage Login" },
  "people.password.rules": { rules: RULES, presets: [] },
  "people.totp.begin": {
    secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    uri: "otpauth://totp/Bulkhead:anna?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Bulkhead",
  },
};

import type { Facet, KnownWork, SignalKind, Weight, WorkKind } from "./incident_types.ts";

/** What one kind of signal is worth, and which work explains it. */
export interface SignalRule {
  readonly weight: Weight;
  readonly facet: Facet;
  readonly explainedBy: readonly WorkKind[];
  readonly meaning: string;
}

const ALL: readonly WorkKind[] = ["gateway", "access", "rotation", "replacement", "planned", "re-provision"];
const ON_SITE: readonly WorkKind[] = ["replacement", "planned"];
const AT_ITS_PAGES: readonly WorkKind[] = ["access", "replacement", "planned", "re-provision"];

/** Every kind of signal. What nobody's work explains counts by its weight; a hand at the housing is explained by people on site alone. */
export const SIGNAL_RULES: Readonly<Record<SignalKind, SignalRule>> = {
  "bad-firmware": {
    weight: "critical",
    facet: "software",
    explainedBy: [],
    meaning: "It was given a firmware image that is not signed as it must be",
  },
  "box-opened": {
    weight: "critical",
    facet: "housing",
    explainedBy: ON_SITE,
    meaning: "A lid or door was opened (EV-23)",
  },
  "certificate-changed": {
    weight: "warning",
    facet: "hardware",
    explainedBy: ["gateway", ...AT_ITS_PAGES],
    meaning: "Its pages present another certificate than the approved one",
  },
  "clock-set": { weight: "context", facet: "software", explainedBy: ALL, meaning: "Its clock was set" },
  "credential-refused": {
    weight: "context",
    facet: "reset",
    explainedBy: ["gateway", "replacement", "planned"],
    meaning: "Its OCPP credential was refused: it may have that of its factory again",
  },
  "default-password": {
    weight: "critical",
    facet: "reset",
    explainedBy: ["replacement", "planned"],
    meaning: "A password of the factory opens its pages (BC-07)",
  },
  "device-behaviour": {
    weight: "context",
    facet: "hardware",
    explainedBy: ["gateway", "replacement", "planned"],
    meaning: "It asks for its address as another kind of device does",
  },
  "firmware-changed": {
    weight: "warning",
    facet: "software",
    explainedBy: ["gateway", ...AT_ITS_PAGES],
    meaning: "It reports another firmware",
  },
  "https-off": {
    weight: "warning",
    facet: "reset",
    explainedBy: AT_ITS_PAGES,
    meaning: "Its pages answer without TLS and not with it any more",
  },
  "identity-changed": {
    weight: "critical",
    facet: "hardware",
    explainedBy: ON_SITE,
    meaning: "It boots as another vendor, model or serial number",
  },
  "inspection-failed": {
    weight: "warning",
    facet: "housing",
    explainedBy: [],
    meaning: "A person inspected it and found something not in order (EV-23, EV-29)",
  },
  "link-down": {
    weight: "context",
    facet: "network",
    explainedBy: ["gateway", "replacement", "planned"],
    meaning: "Its cable or its port has no link",
  },
  "list-lost": {
    weight: "warning",
    facet: "reset",
    explainedBy: ["gateway", ...AT_ITS_PAGES],
    meaning: "Its list of local badges is empty again",
  },
  "log-cleared": { weight: "critical", facet: "software", explainedBy: [], meaning: "Its security log was cleared" },
  "login-refused": {
    weight: "context",
    facet: "reset",
    explainedBy: ["rotation", "replacement", "planned"],
    meaning: "A login at its pages was refused",
  },
  "mac-changed": {
    weight: "critical",
    facet: "hardware",
    explainedBy: ON_SITE,
    meaning: "Another MAC address asks for its address",
  },
  "maintenance-login": {
    weight: "warning",
    facet: "software",
    explainedBy: AT_ITS_PAGES,
    meaning: "Somebody logged in, or tried to, at the station itself (2.1)",
  },
  "memory-full": { weight: "context", facet: "software", explainedBy: ["gateway"], meaning: "Its memory is full" },
  "password-lost": {
    weight: "warning",
    facet: "reset",
    explainedBy: ["access", "replacement", "planned"],
    meaning: "The vault's password does not open its pages any more",
  },
  "port-moved": {
    weight: "warning",
    facet: "network",
    explainedBy: ON_SITE,
    meaning: "It hangs on another port of a switch",
  },
  "reported": { weight: "warning", facet: "housing", explainedBy: [], meaning: "A person reported it" },
  "restarted": { weight: "context", facet: "software", explainedBy: ALL, meaning: "It started anew" },
  "security-changed": {
    weight: "context",
    facet: "software",
    explainedBy: ALL,
    meaning: "Its security settings were changed",
  },
  "settings-lost": {
    weight: "warning",
    facet: "reset",
    explainedBy: ["gateway", ...AT_ITS_PAGES],
    meaning: "A setting that was as a guide wants it is not any more",
  },
  "tamper-told": {
    weight: "critical",
    facet: "housing",
    explainedBy: ON_SITE,
    meaning: "It told that it was opened or tampered with",
  },
};

/** The first known work that explains a signal; undefined: nobody's work does. */
export function explainedBy(kind: SignalKind, works: readonly KnownWork[]): KnownWork | undefined {
  return works.find((work) => SIGNAL_RULES[kind].explainedBy.includes(work.kind));
}

/** A record of the audit chain, as far as recognising goes. */
export interface SeenRecord {
  readonly event: string;
  readonly who: string;
  readonly target?: string | undefined;
  readonly rule?: string | undefined;
  readonly outcome: string;
  readonly detail?: Readonly<Record<string, unknown>> | undefined;
}

/** A signal without its time and source. */
export interface Recognised {
  readonly subject: string;
  readonly kind: SignalKind;
  readonly detail: string;
}

/** How one audit event becomes a signal. */
interface Recognition {
  readonly event: string;
  readonly kind: SignalKind;
  readonly when?: (record: SeenRecord) => boolean;
  /** Absent: the target, else who. */
  readonly subject?: (record: SeenRecord) => string;
  readonly detail: (record: SeenRecord) => string;
}

const text = (value: unknown): string => value === undefined || value === null ? "" : String(value).slice(0, 200);
const of = ({ detail }: SeenRecord, name: string): string => text(detail?.[name]);
const fromTo = (record: SeenRecord, from: string, to: string) => `${of(record, from)} became ${of(record, to)}`;

/** OCPP security events of stations, by the names of 2.x. */
const TOLD: Readonly<Record<string, SignalKind>> = {
  FirmwareUpdated: "firmware-changed",
  InvalidFirmwareSignature: "bad-firmware",
  InvalidFirmwareSigningCertificate: "bad-firmware",
  MaintenanceLoginAccepted: "maintenance-login",
  MaintenanceLoginFailed: "maintenance-login",
  MemoryExhaustion: "memory-full",
  ReconfigurationOfSecurityParameters: "security-changed",
  ResetOrReboot: "restarted",
  SecurityLogWasCleared: "log-cleared",
  SettingSystemTime: "clock-set",
  StartupOfTheDevice: "restarted",
  TamperDetectionActivated: "tamper-told",
};

/** What the gateway's own look found, by the word in its record. */
const FOUND: Readonly<Record<string, SignalKind>> = {
  "default-password": "default-password",
  "https-off": "https-off",
  "list-lost": "list-lost",
  "password-lost": "password-lost",
};

/** The first row that fits counts. */
const RECOGNITIONS: readonly Recognition[] = [
  ...Object.entries(TOLD).map(([type, kind]): Recognition => ({
    event: "station.security.told",
    kind,
    when: (record) => of(record, "type") === type,
    detail: (record) => [type, of(record, "info")].filter((part) => part !== "").join(": "),
  })),
  ...Object.entries(FOUND).map(([what, kind]): Recognition => ({
    event: "incident.look.found",
    kind,
    when: (record) => of(record, "what") === what,
    detail: (record) => of(record, "why"),
  })),
  {
    event: "gateway.tamper.opened",
    kind: "box-opened",
    // an input that bears the name of a station is that station's lid
    subject: (record) => of(record, "station") || "gateway",
    detail: (record) => `input ${of(record, "input")}, opened ${of(record, "times")} times`,
  },
  {
    event: "secret.value.drifted",
    kind: "password-lost",
    detail: (record) => `${of(record, "slot")}: the old and the new secret were refused`,
  },
  {
    event: "device.login.made",
    kind: "login-refused",
    when: ({ rule, detail }) => rule === "device-login.refused" && detail?.["tried"] !== true,
    detail: (record) => `as ${of(record, "deviceRole")}, for ${record.who}`,
  },
  {
    event: "device.pin.presented",
    kind: "certificate-changed",
    when: ({ rule }) => rule === "device-pin.changed",
    detail: (record) => `SHA-256 ${of(record, "fingerprint")}`,
  },
  {
    event: "dhcp.device.changed",
    kind: "mac-changed",
    when: (record) => of(record, "what") === "mac",
    detail: (record) => fromTo(record, "before", "after"),
  },
  {
    event: "dhcp.device.changed",
    kind: "device-behaviour",
    detail: (record) => `${of(record, "what")}: ${fromTo(record, "before", "after")}`,
  },
  { event: "switches.station.moved", kind: "port-moved", detail: (record) => fromTo(record, "from", "to") },
  { event: "switches.station.unlinked", kind: "link-down", detail: (record) => of(record, "port") },
  {
    event: "station.identity.changed",
    kind: "identity-changed",
    detail: (record) => of(record, "changes"),
  },
  {
    event: "station.firmware.changed",
    kind: "firmware-changed",
    detail: (record) => `now ${of(record, "firmwareVersion")}`,
  },
  {
    event: "station.session.refused",
    kind: "credential-refused",
    when: ({ rule }) => rule === "admission.credential",
    detail: () => "its password was refused",
  },
  {
    event: "posture.line.drifted",
    kind: "settings-lost",
    when: ({ target, detail }) => target !== "gateway" && detail?.["read"] === true,
    detail: (record) => `${of(record, "line")}: ${of(record, "why")}`,
  },
  {
    event: "inspection.item.failed",
    kind: "inspection-failed",
    detail: (record) => `${of(record, "item")}: ${of(record, "note")}`,
  },
  { event: "incident.reported", kind: "reported", detail: (record) => `${record.who}: ${of(record, "what")}` },
];

/** Audit events that may be signals. */
export const SIGNAL_EVENTS: ReadonlySet<string> = new Set(RECOGNITIONS.map(({ event }) => event));

/** What a record of the audit chain says of tampering; undefined for most. */
export function recognise(record: SeenRecord): Recognised | undefined {
  if (!SIGNAL_EVENTS.has(record.event)) return undefined;
  const row = RECOGNITIONS.find(({ event, when }) => event === record.event && (when?.(record) ?? true));
  if (!row) return undefined;
  const subject = row.subject?.(record) ?? record.target ?? record.who;
  return { subject, kind: row.kind, detail: row.detail(record) };
}

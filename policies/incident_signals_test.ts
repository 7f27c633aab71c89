import { deepEqual, equal, ok } from "node:assert/strict";
import {
  explainedBy,
  recognise,
  type Recognised,
  type SeenRecord,
  SIGNAL_EVENTS,
  SIGNAL_RULES,
} from "./incident_signals.ts";
import { type KnownWork, SIGNAL_KINDS, type SignalKind, WORK_KINDS, type WorkKind } from "./incident_types.ts";

const seen = (event: string, more: Partial<SeenRecord> = {}): SeenRecord => ({
  ...{ event, who: "gateway", target: "CP001", outcome: "ok" },
  ...more,
});
const told = (type: string, info?: string) =>
  seen("station.security.told", { who: "CP001", target: undefined, detail: { type, ...info ? { info } : {} } });
const found = (what: string, why: string) => seen("incident.look.found", { detail: { what, why } });

/** A record of the audit chain and the signal that it is. */
const RECORDS:
  readonly (readonly [name: string, record: SeenRecord, signal: Omit<Recognised, "subject"> | undefined])[] = [
    [
      "an opened housing as the station tells it",
      told("TamperDetectionActivated", "lid"),
      { kind: "tamper-told", detail: "TamperDetectionActivated: lid" },
    ],
    ["a restart", told("StartupOfTheDevice"), { kind: "restarted", detail: "StartupOfTheDevice" }],
    ["a reset", told("ResetOrReboot"), { kind: "restarted", detail: "ResetOrReboot" }],
    ["a clock that was set", told("SettingSystemTime"), { kind: "clock-set", detail: "SettingSystemTime" }],
    ["a full memory", told("MemoryExhaustion"), { kind: "memory-full", detail: "MemoryExhaustion" }],
    ["a cleared log", told("SecurityLogWasCleared"), { kind: "log-cleared", detail: "SecurityLogWasCleared" }],
    ["new firmware", told("FirmwareUpdated"), { kind: "firmware-changed", detail: "FirmwareUpdated" }],
    [
      "firmware with a bad signature",
      told("InvalidFirmwareSignature"),
      { kind: "bad-firmware", detail: "InvalidFirmwareSignature" },
    ],
    [
      "firmware signed by a stranger",
      told("InvalidFirmwareSigningCertificate"),
      { kind: "bad-firmware", detail: "InvalidFirmwareSigningCertificate" },
    ],
    [
      "changed security settings",
      told("ReconfigurationOfSecurityParameters"),
      { kind: "security-changed", detail: "ReconfigurationOfSecurityParameters" },
    ],
    [
      "a login at the station",
      told("MaintenanceLoginAccepted"),
      { kind: "maintenance-login", detail: "MaintenanceLoginAccepted" },
    ],
    [
      "a refused login at the station",
      told("MaintenanceLoginFailed"),
      { kind: "maintenance-login", detail: "MaintenanceLoginFailed" },
    ],
    ["another security event", told("InvalidMessages"), undefined],
    ["a vendor's own event", told("toString"), undefined],
    [
      "a password that opens nothing any more",
      found("password-lost", "as operator"),
      { kind: "password-lost", detail: "as operator" },
    ],
    [
      "a factory password that opens",
      found("default-password", "operator"),
      { kind: "default-password", detail: "operator" },
    ],
    ["pages without TLS", found("https-off", "port 80 answers"), { kind: "https-off", detail: "port 80 answers" }],
    ["an empty local list", found("list-lost", "7 became 0"), { kind: "list-lost", detail: "7 became 0" }],
    ["a look that found another thing", found("something", ""), undefined],
    [
      "two secrets that were refused",
      seen("secret.value.drifted", { detail: { slot: "operator" } }),
      { kind: "password-lost", detail: "operator: the old and the new secret were refused" },
    ],
    [
      "a refused login for a person",
      seen("device.login.made", { who: "anna", rule: "device-login.refused", detail: { deviceRole: "operator" } }),
      { kind: "login-refused", detail: "as operator, for anna" },
    ],
    [
      "a password that was only tried",
      seen("device.login.made", { rule: "device-login.refused", detail: { deviceRole: "operator", tried: true } }),
      undefined,
    ],
    ["a login that came in", seen("device.login.made", { rule: "device-login.in" }), undefined],
    [
      "another certificate of the pages",
      seen("device.pin.presented", { rule: "device-pin.changed", detail: { fingerprint: "ab" } }),
      { kind: "certificate-changed", detail: "SHA-256 ab" },
    ],
    [
      "the first certificate of the pages",
      seen("device.pin.presented", { rule: "device-pin.none", detail: { fingerprint: "ab" } }),
      undefined,
    ],
    [
      "another MAC",
      seen("dhcp.device.changed", { detail: { what: "mac", before: "02:01", after: "02:02" } }),
      { kind: "mac-changed", detail: "02:01 became 02:02" },
    ],
    [
      "another kind of device",
      seen("dhcp.device.changed", { detail: { what: "vendor class", before: "udhcp", after: "MSFT" } }),
      { kind: "device-behaviour", detail: "vendor class: udhcp became MSFT" },
    ],
    [
      "another port of the switch",
      seen("switches.station.moved", { detail: { from: "port 1 of s", to: "port 2 of s" } }),
      { kind: "port-moved", detail: "port 1 of s became port 2 of s" },
    ],
    [
      "a port without a link",
      seen("switches.station.unlinked", { detail: { port: "port 1 of s" } }),
      { kind: "link-down", detail: "port 1 of s" },
    ],
    [
      "another serial number",
      seen("station.identity.changed", { detail: { changes: "serial: A became B" } }),
      { kind: "identity-changed", detail: "serial: A became B" },
    ],
    [
      "another firmware version",
      seen("station.firmware.changed", { detail: { firmwareVersion: "1.2" } }),
      { kind: "firmware-changed", detail: "now 1.2" },
    ],
    [
      "a refused OCPP password",
      seen("station.session.refused", { rule: "admission.credential", outcome: "refused" }),
      { kind: "credential-refused", detail: "its password was refused" },
    ],
    ["another refused session", seen("station.session.refused", { rule: "admission.protocol" }), undefined],
    [
      "a setting that was read and drifted",
      seen("posture.line.drifted", { detail: { line: "BC-H03", why: "it is on", read: true } }),
      { kind: "settings-lost", detail: "BC-H03: it is on" },
    ],
    [
      "a line that drifted without the station's doing",
      seen("posture.line.drifted", { detail: { line: "EV-26", why: "a newer image" } }),
      undefined,
    ],
    [
      "a line of the gateway that drifted",
      seen("posture.line.drifted", { target: "gateway", detail: { line: "G", why: "", read: true } }),
      undefined,
    ],
    [
      "an inspection that found something",
      seen("inspection.item.failed", { who: "eva", detail: { item: "seal", note: "broken" } }),
      { kind: "inspection-failed", detail: "seal: broken" },
    ],
    [
      "a person's report",
      seen("incident.reported", { who: "eva", detail: { what: "cover hangs open" } }),
      { kind: "reported", detail: "eva: cover hangs open" },
    ],
    ["a record of another thing", seen("people.login.accepted"), undefined],
  ];
for (const [name, record, signal] of RECORDS) {
  Deno.test(`incident signals: ${name} is ${signal?.kind ?? "no signal"}`, () => {
    deepEqual(recognise(record), signal && { subject: "CP001", ...signal });
  });
}

Deno.test("incident signals: a lid that bears a station's name is that station's, any other the box's own", () => {
  const opened = (detail: Record<string, unknown>) =>
    recognise(seen("gateway.tamper.opened", { target: undefined, detail: { input: "door", times: 2, ...detail } }));
  deepEqual(opened({}), { subject: "gateway", kind: "box-opened", detail: "input door, opened 2 times" });
  equal(opened({ station: "CP007" })?.subject, "CP007");
});

Deno.test("incident signals: what a record says at length is cut, and what it leaves out is empty", () => {
  equal(recognise(found("https-off", "x".repeat(500)))!.detail.length, 200);
  deepEqual(recognise(seen("switches.station.moved"))!.detail, " became ");
});

Deno.test("incident signals: every kind but those of people comes from a record, and the list of events names all", () => {
  const kinds = new Set(RECORDS.flatMap(([, , signal]) => signal ? [signal.kind] : []));
  kinds.add("box-opened");
  deepEqual([...kinds].sort(), [...SIGNAL_KINDS]);
  for (const [, { event }, signal] of RECORDS) if (signal) ok(SIGNAL_EVENTS.has(event), event);
  ok(!SIGNAL_EVENTS.has("people.login.accepted"));
});

/** Which work explains a signal; everything else does not. */
const EXPLAINED: readonly (readonly [SignalKind, readonly WorkKind[]])[] = [
  ["bad-firmware", []],
  ["box-opened", ["replacement", "planned"]],
  ["certificate-changed", ["gateway", "access", "replacement", "planned", "re-provision"]],
  ["clock-set", WORK_KINDS],
  ["credential-refused", ["gateway", "replacement", "planned"]],
  ["default-password", ["replacement", "planned"]],
  ["device-behaviour", ["gateway", "replacement", "planned"]],
  ["firmware-changed", ["gateway", "access", "replacement", "planned", "re-provision"]],
  ["https-off", ["access", "replacement", "planned", "re-provision"]],
  ["identity-changed", ["replacement", "planned"]],
  ["inspection-failed", []],
  ["link-down", ["gateway", "replacement", "planned"]],
  ["list-lost", ["gateway", "access", "replacement", "planned", "re-provision"]],
  ["log-cleared", []],
  ["login-refused", ["rotation", "replacement", "planned"]],
  ["mac-changed", ["replacement", "planned"]],
  ["maintenance-login", ["access", "replacement", "planned", "re-provision"]],
  ["memory-full", ["gateway"]],
  ["password-lost", ["access", "replacement", "planned"]],
  ["port-moved", ["replacement", "planned"]],
  ["reported", []],
  ["restarted", WORK_KINDS],
  ["security-changed", WORK_KINDS],
  ["settings-lost", ["gateway", "access", "replacement", "planned", "re-provision"]],
  ["tamper-told", ["replacement", "planned"]],
];
for (const [kind, works] of EXPLAINED) {
  Deno.test(`incident signals: ${kind} is explained by ${works.join(", ") || "nobody's work"}`, () => {
    for (const work of WORK_KINDS) {
      const known: KnownWork = { kind: work, by: "anna" };
      deepEqual(explainedBy(kind, [known]), works.includes(work) ? known : undefined, work);
    }
  });
}

Deno.test("incident signals: the table has every kind once, and of several works the first that fits counts", () => {
  deepEqual(EXPLAINED.map(([kind]) => kind), [...SIGNAL_KINDS]);
  deepEqual(Object.keys(SIGNAL_RULES).sort(), [...SIGNAL_KINDS]);
  const works: readonly KnownWork[] = [{ kind: "rotation", by: "vault" }, { kind: "planned", by: "CR-1" }, {
    kind: "access",
    by: "anna",
  }];
  equal(explainedBy("tamper-told", works)?.by, "CR-1");
  equal(explainedBy("https-off", works)?.by, "CR-1");
  equal(explainedBy("login-refused", works)?.by, "vault");
  equal(explainedBy("restarted", []), undefined);
});

Deno.test("incident signals: a hand at the housing is never explained by work that can be done from afar", () => {
  for (const kind of ["box-opened", "tamper-told", "identity-changed", "mac-changed", "port-moved"] as const) {
    for (const work of ["gateway", "access", "rotation", "re-provision"] as const) {
      ok(!SIGNAL_RULES[kind].explainedBy.includes(work), `${kind} by ${work}`);
    }
  }
});

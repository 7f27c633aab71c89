import { deepStrictEqual as equal, match, ok, throws } from "node:assert/strict";
import { CountedStore } from "../../../tests/support/counted_store.ts";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { SECURITY_EVENTS, securityEvent } from "../../../profiles/security_events.ts";
import type { ControlContext } from "../../control/contract.ts";
import type { AuditEvent } from "../../core/control_api.ts";
import { nullLogger } from "../../core/log.ts";
import { openStore } from "../../store/kv_store.ts";
import type { Store } from "../../store/store.ts";
import { type SecurityEntry, SecurityLog } from "./event_log.ts";
import { createSecurityFeature } from "./feature.ts";
import { SECURITY_LIMITS } from "./limits.ts";
import { ownEvent } from "./own_events.ts";

async function securityRig(store?: Store, time = new ManualTime()) {
  const kept = new CountedStore(store ?? await openStore({ path: ":memory:", clock: time, timers: time }));
  const raised: string[] = [], cleared: string[] = [], told: AuditEvent[] = [];
  let tell: (event: AuditEvent) => void = () => {};
  const context = {
    store: kept,
    clock: time,
    timers: time,
    log: nullLogger,
    site: { audit: { retentionDays: 400, retention: { security: 700 } } },
    audit: { record: (event: AuditEvent) => Promise.resolve({ sequence: told.push(event) }) },
    alarms: {
      raise: ({ kind, subject, detail }: { kind: string; subject: string; detail: string }) =>
        Promise.resolve(void raised.push(`${kind} ${subject}: ${detail}`)),
      clear: (kind: string, subject: string) => Promise.resolve(void cleared.push(`${kind} ${subject}`)),
    },
  } as unknown as ControlContext;
  const feature = await createSecurityFeature({
    context,
    stations: { get: (id: string) => (id.startsWith("CP") ? { id } : undefined) as never },
    onAudit: (listener) => tell = listener,
  });
  const event = (type: string, more: Record<string, unknown> = {}) =>
    feature.handlers!["security.event"]!({ stationId: "CP001", type, missed: 0, ...more });
  const command = (args: Record<string, string | boolean> = {}) => feature.commands!["security-events"]!(args, "eva");
  const rows = async (args: Record<string, string | boolean> = {}) =>
    (await command(args)).data as unknown as (SecurityEntry & { first: string; last: string })[];
  const audit = async (record: Partial<AuditEvent>) => {
    tell({ event: "x", class: "security", who: "CP001", outcome: "refused", ...record });
    await kept.idle();
  };
  return { time, store: kept, feature, event, command, rows, audit, raised, cleared, told };
}

Deno.test("security events: standard ones that a station tells stand in the audit chain once a minute (EV-27)", async () => {
  const rig = await securityRig();
  await rig.event("TamperDetectionActivated", { time: "2026-01-01T00:00:00Z", info: "lid open" });
  await rig.event("TamperDetectionActivated");
  await rig.event("VendorOwnEvent");
  rig.time.jump(SECURITY_LIMITS.samePeriodMs);
  await rig.event("TamperDetectionActivated");
  equal(rig.told.map(({ event, who, detail }) => [event, who, detail]), [
    ["station.security.told", "CP001", {
      ...{ type: "TamperDetectionActivated", info: "lid open", time: "2026-01-01T00:00:00Z" },
    }],
    ["station.security.told", "CP001", { type: "TamperDetectionActivated" }],
  ]);
  await rig.store.close();
});

Deno.test("security events: the critical ones of a station are listed and pushed, urgent or routine", async () => {
  const rig = await securityRig();
  await rig.event("TamperDetectionActivated", { time: "2026-01-01T00:00:00Z", info: "lid open" });
  await rig.event("StartupOfTheDevice");
  await rig.event("InvalidMessages");
  await rig.event("VendorOwnEvent");
  equal(rig.raised, [
    "station.security.urgent CP001 TamperDetectionActivated: The station was opened or tampered with; at 2026-01-01T00:00:00Z by its clock; lid open",
    "station.security.routine CP001 StartupOfTheDevice: The station started",
  ]);
  equal((await rig.rows({ critical: true })).map(({ type }) => type).sort(), [
    "StartupOfTheDevice",
    "TamperDetectionActivated",
  ]);
  equal((await rig.rows()).length, 4);
  const { text } = await rig.command();
  match(text, /CP001 +TamperDetectionActivated +critical +station +1 +lid open/);
  await rig.store.close();
});

Deno.test("security events: names of 1.6 and 2.x are the same event, kept over a restart", async () => {
  const rig = await securityRig();
  await rig.event("InvalidCsmsCertificate");
  rig.time.advance(SECURITY_LIMITS.samePeriodMs);
  await rig.event("InvalidCentralSystemCertificate");
  const again = await securityRig(rig.store, rig.time);
  equal((await again.rows({ subject: "CP001" })).map(({ type, number }) => [type, number]), [
    ["InvalidCsmsCertificate", 2],
    ["InvalidCsmsCertificate", 1],
  ]);
  for await (const { expiresAt } of rig.store.list(["securityEvents"])) {
    ok(expiresAt! >= rig.time.now() + 699 * 86_400_000);
  }
  await rig.store.close();
});

Deno.test("security events: equal ones within a minute are one entry with a count, those left out included", async () => {
  const rig = await securityRig();
  for (let i = 0; i < 5; i++) await rig.event("MemoryExhaustion");
  await rig.event("MemoryExhaustion", { missed: 10 });
  equal((await rig.rows()).map(({ count }) => count), [16]);
  rig.time.advance(SECURITY_LIMITS.samePeriodMs - 1);
  await rig.event("MemoryExhaustion");
  equal((await rig.rows()).length, 1);
  rig.time.advance(SECURITY_LIMITS.samePeriodMs);
  await rig.event("MemoryExhaustion");
  equal((await rig.rows()).map(({ count }) => count), [1, 17]);
  await rig.store.close();
});

async function clearsInItsTime({ time, store, cleared }: Awaited<ReturnType<typeof securityRig>>): Promise<void> {
  time.advance(SECURITY_LIMITS.alarmMs - 1);
  await store.idle();
  equal(cleared, []);
  time.advance(SECURITY_LIMITS.lookMs);
  await store.idle();
  equal(cleared, ["station.security.urgent CP001 TamperDetectionActivated"]);
}

Deno.test("security events: an alarm of an event clears after its time, so that the next one is told again", async () => {
  const rig = await securityRig();
  await rig.event("TamperDetectionActivated");
  await clearsInItsTime(rig);
  await rig.store.close();
});

Deno.test("security events: an alarm of before a restart clears after its time too", async () => {
  const first = await securityRig();
  await first.event("TamperDetectionActivated");
  const rig = await securityRig(first.store, first.time);
  await clearsInItsTime(rig);
  await rig.store.close();
});

Deno.test("security events: a list holds its limit, one more pushes the oldest out, in the store as well", async () => {
  const rig = await securityRig();
  for (let i = 0; i <= SECURITY_LIMITS.perSubject; i++) await rig.event(`Vendor${i}`);
  const rows = await rig.rows({ subject: "CP001" });
  equal([rows.length, rows.some(({ type }) => type === "Vendor0"), rows.some(({ type }) => type === "Vendor1")], [
    SECURITY_LIMITS.perSubject,
    false,
    true,
  ]);
  let stored = 0;
  for await (const _ of rig.store.list(["securityEvents"])) stored++;
  equal(stored, SECURITY_LIMITS.perSubject);
  await rig.store.close();
});

Deno.test("security events: subjects are bounded, the one not heard of for longest goes", async () => {
  const time = new ManualTime(), commits: number[] = [];
  const store = {
    list: async function* () {},
    commit: (mutations: unknown[]) => Promise.resolve(void commits.push(mutations.length)),
  } as unknown as Store;
  const log = await SecurityLog.open({ store, clock: time, retentionDays: () => 1 });
  for (let i = 0; i <= SECURITY_LIMITS.subjects; i++) await log.add({ subject: `S${i}`, type: "X", origin: "gateway" });
  equal([log.list("S0").length, log.list("S1").length, log.list().length], [0, 1, SECURITY_LIMITS.subjects]);
  equal(commits.at(-1), 2);
});

const OWN:
  readonly (readonly [name: string, record: Partial<AuditEvent>, type: string | undefined, subject?: string])[] = [
    [
      "a wrong password",
      { event: "station.session.refused", rule: "admission.credential", source: "10.0.0.9" },
      "FailedToAuthenticateAtCsms",
      "CP001",
    ],
    [
      "a missing password",
      { event: "station.session.refused", rule: "admission.credential-missing" },
      "FailedToAuthenticateAtCsms",
      "CP001",
    ],
    [
      "another's certificate",
      { event: "station.session.refused", rule: "admission.cn-mismatch" },
      "InvalidChargingStationCertificate",
      "CP001",
    ],
    [
      "an unknown station",
      { event: "station.session.refused", rule: "admission.unknown-station", who: "X" },
      undefined,
    ],
    [
      "a replayed call",
      { event: "ocpp.message.refused", rule: "ocpp.replay", who: "main", target: "CP001" },
      "AttemptedReplayAttacks",
      "CP001",
    ],
    [
      "a message against its schema",
      { event: "ocpp.message.refused", rule: "ocpp.schema" },
      "InvalidMessages",
      "CP001",
    ],
    [
      "an old TLS version",
      { event: "ocpp.tls.failed", rule: "InvalidTLSVersion", who: "unknown", target: "10.0.0.1:8444" },
      "InvalidTLSVersion",
      "gateway",
    ],
    [
      "a station that does not trust the gateway",
      {
        ...{ event: "ocpp.tls.failed", rule: "InvalidCentralSystemCertificate", who: "unknown" },
        detail: { station: "CP001" },
      },
      "InvalidCsmsCertificate",
      "CP001",
    ],
    ["a port scan", { event: "ocpp.tls.failed", rule: "NotTls", who: "unknown", target: "10.0.0.1:8444" }, undefined],
    [
      "a certificate that did not count",
      { event: "ocpp.certificate.ignored", rule: "peer.chain", who: "CP001" },
      "InvalidChargingStationCertificate",
      "CP001",
    ],
    [
      "a CSMS that is an impostor",
      {
        event: "ocpp.upstream.untrusted",
        who: "gateway",
        target: "main",
        detail: { securityEvent: "InvalidCentralSystemCertificate", why: "expired" },
      },
      "InvalidCsmsCertificate",
      "csms main",
    ],
    ["a start of the gateway", { event: "gateway.process.started", who: "gateway" }, "StartupOfTheDevice", "gateway"],
    [
      "a new credential",
      { event: "station.credential.renewed", who: "eva", target: "CP001" },
      "ReconfigurationOfSecurityParameters",
      "CP001",
    ],
    ["a command", { event: "control.command.ran", who: "eva" }, undefined],
  ];
for (const [name, record, type, subject] of OWN) {
  Deno.test(`security events: ${name} is ${type ?? "none"} of the gateway's own`, async () => {
    const rig = await securityRig();
    await rig.audit(record);
    const rows = await rig.rows();
    equal(
      rows.map((row) => [row.type, row.subject, row.origin]),
      type === undefined ? [] : [[type, subject, "gateway"]],
    );
    equal(rig.raised, []);
    await rig.store.close();
  });
}

Deno.test("security events: ids that nobody knows share one list", async () => {
  const rig = await securityRig();
  for (const who of ["X1", "X2"]) await rig.audit({ event: "ocpp.connection.refused", rule: "peer.expired", who });
  equal((await rig.rows()).map(({ subject, count }) => [subject, count]), [["unknown", 2]]);
  await rig.store.close();
});

Deno.test("security events: the command says what it wants, and exports lines", async () => {
  const rig = await securityRig();
  equal((await rig.command()).text, "No security event is listed for that.");
  throws(() => void rig.command({ since: "yesterday" }), /--since "yesterday" is no time/);
  await rig.event("ResetOrReboot", { info: "x" });
  equal(JSON.parse((await rig.command({ lines: true })).text).type, "ResetOrReboot");
  equal((await rig.rows({ since: "2027-01-01" })).length, 0);
  await rig.store.close();
});

Deno.test("security events: the table knows each name once, in order, and every critical one is pushed", () => {
  const names = SECURITY_EVENTS.flatMap(({ name, in16 }) => in16 === undefined ? [name] : [name, in16]);
  equal(names.length, new Set(names).size);
  equal(SECURITY_EVENTS.map(({ name }) => name), SECURITY_EVENTS.map(({ name }) => name).sort());
  for (const { name, isCritical, alarm } of SECURITY_EVENTS) if (isCritical) ok(alarm !== "none", name);
  const whitepaper = [
    "FirmwareUpdated",
    "SettingSystemTime",
    "StartupOfTheDevice",
    "ResetOrReboot",
    "SecurityLogWasCleared",
    "MemoryExhaustion",
    "TamperDetectionActivated",
  ];
  for (const name of whitepaper) equal(securityEvent(name)?.isCritical, true, name);
  equal(ownEvent({ event: "x", class: "security", who: "y", outcome: "ok" }), undefined);
});

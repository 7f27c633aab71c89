import { deepStrictEqual as equal } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { FakeControl } from "../../tests/support/ocpp_rig.ts";
import type { AuditEvent } from "../core/control_api.ts";
import { nullLogger } from "../core/log.ts";
import { nullMetrics } from "../core/metrics.ts";
import { HandshakeFaults } from "./handshake_faults.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { Reporter } from "./reporter.ts";

function rig() {
  const clock = new ManualTime();
  const control = new FakeControl(() => ({ admit: false, rule: "x", status: 404 }));
  return { clock, control, reporter: new Reporter({ control, clock, log: nullLogger }) };
}

const refusal = (rule: string, source = "10.0.0.1"): AuditEvent => ({
  event: "ocpp.connection.refused",
  class: "security",
  who: "unknown",
  outcome: "refused",
  rule,
  source,
});

/** Lets the calls to the fake control arrive. */
const settle = async () => {
  for (let i = 0; i < 5; i++) await Promise.resolve();
};

Deno.test("reporter: the first refusal is recorded at once, equal ones as a number after a minute", async () => {
  const { clock, control, reporter } = rig();
  for (let i = 0; i < 1_000; i++) reporter.auditRepeating(refusal("a"));
  reporter.auditRepeating(refusal("b"));
  reporter.auditRepeating(refusal("a", "10.0.0.2"));
  await settle();
  equal(control.audited.map(({ rule, source }) => `${rule} ${source}`), ["a 10.0.0.1", "b 10.0.0.1", "a 10.0.0.2"]);
  clock.advance(OCPP_LIMITS.refusalPeriodMs);
  reporter.tick();
  await settle();
  equal(control.audited.slice(3).map(({ detail }) => detail), [{ repeated: 999 }]);
  reporter.auditRepeating(refusal("a"));
  await settle();
  equal(control.audited.length, 5);
});

Deno.test("reporter: too many different refusals share one record, none is lost", async () => {
  const { control, reporter } = rig();
  for (let i = 0; i < OCPP_LIMITS.refusalKinds + 500; i++) reporter.auditRepeating(refusal("a", `source ${i}`));
  await settle();
  equal(control.audited.length, OCPP_LIMITS.refusalKinds);
  reporter.flush();
  await settle();
  const last = control.audited.at(-1)!;
  equal([last.rule, last.detail?.repeated], ["ocpp.limit.records", 500]);
});

Deno.test("reporter: facts of a station go out together, once a minute, and only when there are new ones", async () => {
  const { clock, control, reporter } = rig();
  reporter.seen("A", { vendor: "Bender" });
  reporter.seen("A", { model: "CC613" });
  reporter.tick();
  await settle();
  equal(control.seen, [{ stationId: "A", facts: { vendor: "Bender", model: "CC613" } }]);
  reporter.seen("A", { clockOffsetSeconds: 9 });
  reporter.tick();
  await settle();
  equal(control.seen.length, 1);
  clock.advance(OCPP_LIMITS.seenPeriodMs);
  reporter.tick();
  await settle();
  equal(control.seen[1]!.facts, { clockOffsetSeconds: 9 });
  clock.advance(OCPP_LIMITS.seenPeriodMs);
  reporter.tick();
  await settle();
  equal(control.seen.length, 2);
});

Deno.test("reporter: an alarm is raised once until it is cleared, and cleared only when it is up", async () => {
  const { control, reporter } = rig();
  for (let i = 0; i < 100; i++) reporter.raise("ocpp.csms.unreachable", "main", "gone");
  reporter.clear("ocpp.csms.unreachable", "main");
  reporter.raise("ocpp.csms.unreachable", "main", "gone again");
  await settle();
  equal([control.alarms.length, control.cleared.length], [2, 1]);
});

Deno.test("reporter: what the Worker before it raised is cleared once: alarms survive it, its knowledge of them does not", async () => {
  const { control, reporter } = rig();
  for (let i = 0; i < 100; i++) reporter.clear("ocpp.csms.unreachable", "main");
  reporter.clear("ocpp.csms.unreachable", "other");
  await settle();
  equal(control.cleared.map(({ subject }) => subject), ["main", "other"]);
  for (let i = 0; i < OCPP_LIMITS.clearedAlarms; i++) reporter.clear("ocpp.station.tls", `s${i}`);
  reporter.clear("ocpp.station.tls", "s0");
  await settle();
  equal(control.cleared.length, OCPP_LIMITS.clearedAlarms + 2, "at the limit all are known");
  reporter.clear("ocpp.station.tls", "one more");
  reporter.clear("ocpp.station.tls", "s0");
  await settle();
  equal(control.cleared.length, OCPP_LIMITS.clearedAlarms + 4, "one past it the oldest is told again");
});

Deno.test("reporter: that an alarm stands, or is over, is told again when it is seen again after five minutes, not before", async () => {
  const { clock, control, reporter } = rig();
  const [kind, subject] = ["ocpp.csms.unreachable", "main"];
  reporter.raise(kind, subject, "gone");
  clock.advance(OCPP_LIMITS.alarmAgainMs - 1);
  reporter.raise(kind, subject, "gone");
  await settle();
  equal(control.alarms.length, 1);
  clock.advance(1);
  reporter.raise(kind, subject, "still gone");
  reporter.raise(kind, subject, "still gone");
  await settle();
  equal(control.alarms.map(({ detail }) => detail), ["gone", "still gone"]);
  reporter.clear(kind, subject);
  clock.advance(OCPP_LIMITS.alarmAgainMs - 1);
  reporter.clear(kind, subject);
  await settle();
  equal(control.cleared.length, 1);
  clock.advance(1);
  reporter.clear(kind, subject);
  reporter.clear(kind, subject);
  await settle();
  equal([control.cleared.length, control.alarms.length], [2, 2]);
});

Deno.test("reporter: an alarm that control could not take is raised, or cleared, at the next word about it", async () => {
  const { control, reporter } = rig();
  control.isGone = true;
  reporter.raise("ocpp.csms.unreachable", "main", "gone");
  await settle();
  control.isGone = false;
  reporter.raise("ocpp.csms.unreachable", "main", "gone");
  await settle();
  equal(control.alarms.length, 1);
  control.isGone = true;
  reporter.clear("ocpp.csms.unreachable", "main");
  await settle();
  control.isGone = false;
  reporter.clear("ocpp.csms.unreachable", "main");
  await settle();
  equal(control.cleared.length, 1);
});

Deno.test("reporter: control that is gone stops nothing", async () => {
  const { control, reporter } = rig();
  control.isGone = true;
  reporter.audit(refusal("a"));
  reporter.raise("ocpp.csms.unreachable", "main", "gone");
  reporter.seen("A", { model: "x" });
  reporter.tick();
  reporter.flush();
  await settle();
  equal(control.audited, []);
});

Deno.test("handshake faults: one event per fault with reason, remembered by address, forgotten when it worked", async () => {
  const { clock, control, reporter } = rig();
  const faults = new HandshakeFaults({ clock, metrics: nullMetrics, reporter });
  faults.add("tls", { source: "10.0.0.1", reason: "InvalidTLSVersion", detail: "old" });
  faults.add("tls", { source: "10.0.0.2", reason: "ClosedByPeer" });
  await settle();
  equal(control.audited.map(({ rule, source }) => `${rule} ${source}`), [
    "InvalidTLSVersion 10.0.0.1",
    "ClosedByPeer 10.0.0.2",
  ]);
  equal(control.alarms.map(({ subject }) => subject), ["10.0.0.1"]);
  equal(faults.last("10.0.0.1"), { reason: "InvalidTLSVersion: old", at: "2026-01-01T00:00:00.000Z" });
  faults.succeeded("10.0.0.1", "CP001");
  await settle();
  equal([faults.last("10.0.0.1"), control.cleared.length], [undefined, 1]);
});

Deno.test("handshake faults: a handshake that works ends the alarm of an earlier Worker, too", async () => {
  const { clock, control, reporter } = rig();
  new HandshakeFaults({ clock, metrics: nullMetrics, reporter }).succeeded("10.0.0.1", "CP001");
  await settle();
  equal(control.cleared, [{ kind: "ocpp.station.tls", subject: "10.0.0.1" }]);
});

Deno.test("handshake faults: the newest five addresses are told, newest first", () => {
  const { clock, reporter } = rig();
  const faults = new HandshakeFaults({ clock, metrics: nullMetrics, reporter });
  const count = OCPP_LIMITS.handshakesTold + 1;
  for (let i = 0; i < count; i++) faults.add("tls", { source: `s${i}`, reason: "NotTls" });
  faults.add("tls", { source: "s2", reason: "InvalidTLSVersion" });
  const told = faults.recent();
  equal(told.map(({ source }) => source), ["s2", ...[5, 4, 3, 1].map((i) => `s${i}`)]);
  equal(told[0]!.reason.startsWith("InvalidTLSVersion"), true);
});

Deno.test("handshake faults: the number of addresses is bounded", () => {
  const { clock, reporter } = rig();
  const faults = new HandshakeFaults({ clock, metrics: nullMetrics, reporter });
  for (let i = 0; i <= OCPP_LIMITS.handshakeFaults; i++) faults.add("tls", { source: `s${i}`, reason: "NotTls" });
  equal([faults.last("s0"), faults.last("s1")?.reason], [undefined, "NotTls"]);
});

Deno.test("reporter: another firmware version is told within seconds, the same one and a flood are not", async () => {
  const { clock, control, reporter } = rig();
  const look = async (ms: number) => {
    clock.advance(ms);
    reporter.tick();
    await settle();
    return control.seen.map(({ facts }) => facts["firmwareVersion"]);
  };
  reporter.seen("A", { firmwareVersion: "1" });
  equal(await look(0), ["1"]);
  reporter.seen("A", { firmwareVersion: "1" });
  equal(await look(OCPP_LIMITS.versionPeriodMs), ["1"], "it booted with the same");
  reporter.seen("A", { firmwareVersion: "2" });
  equal(await look(0), ["1", "2"]);
  for (let at = 0; at < 100; at++) reporter.seen("A", { firmwareVersion: `${at}` });
  equal(await look(OCPP_LIMITS.versionPeriodMs - 1), ["1", "2"], "one report in so many seconds, whatever it says");
  equal(await look(1), ["1", "2", "99"]);
});

Deno.test("reporter: facts that control could not take are told again, newer words win", async () => {
  const { clock, control, reporter } = rig();
  const real = control.call;
  control.call = () => Promise.reject(new Error("away"));
  reporter.seen("A", { firmwareVersion: "2", model: "x" });
  reporter.tick();
  await settle();
  reporter.seen("A", { model: "y" });
  control.call = real;
  clock.advance(OCPP_LIMITS.versionPeriodMs);
  reporter.tick();
  await settle();
  equal(control.seen.map(({ facts }) => facts), [{ firmwareVersion: "2", model: "y" }]);
});

import { deepStrictEqual as equal, match } from "node:assert/strict";
import { FakeControl } from "../../tests/support/ocpp_rig.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { nullLogger } from "../core/log.ts";
import { nullMetrics } from "../core/metrics.ts";
import type { FailureReason } from "../pki/handshake_failure.ts";
import { HandshakeFaults } from "./handshake_faults.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { Reporter } from "./reporter.ts";

const UNTRUSTED: FailureReason = "InvalidCentralSystemCertificate";

function rig(addresses: Record<string, string> = {}) {
  const control = new FakeControl(() => ({ admit: false, rule: "x", status: 404 })), clock = new ManualTime();
  const reporter = new Reporter({ control, log: nullLogger, clock });
  const faults = new HandshakeFaults({ clock, metrics: nullMetrics, reporter, addresses });
  const fail = (source: string, reason = UNTRUSTED, detail = "received fatal alert: UnknownCA") =>
    faults.add("tls", { source, reason, detail });
  const subjects = () => control.alarms.map(({ subject }) => subject);
  const settle = async () => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  return { control, clock, faults, fail, subjects, settle };
}

Deno.test("handshake faults: a station that does not trust the gateway is one event and one alarm that name it, over when it gets in", async () => {
  const { control, faults, fail, settle } = rig({ "10.0.0.1": "CP001" });
  for (let i = 0; i < 100; i++) fail("10.0.0.1");
  await settle();
  equal(control.audited.map(({ event, rule, source, detail }) => [event, rule, source, detail?.["station"]]), [
    ["ocpp.tls.failed", UNTRUSTED, "10.0.0.1", "CP001"],
  ]);
  equal(control.alarms.map(({ kind, subject }) => `${kind} ${subject}`), ["ocpp.station.tls 10.0.0.1"]);
  match(
    control.alarms[0]!.detail ?? "",
    /does not accept the gateway's certificate.*UnknownCA at tls, the address of CP001/,
  );
  faults.succeeded("10.0.0.1", "CP001");
  await settle();
  equal(control.cleared.map(({ subject }) => subject), ["10.0.0.1"]);
});

Deno.test("handshake faults: a station is known by the address it came in from, unless several came from there", async () => {
  const { control, faults, fail, settle } = rig();
  faults.succeeded("10.0.0.7", "CP007");
  faults.succeeded("10.0.0.9", "CP007");
  faults.succeeded("10.0.0.9", "CP009");
  for (const source of ["10.0.0.7", "10.0.0.9", "10.0.0.11"]) fail(source);
  await settle();
  equal(control.audited.map(({ detail }) => detail?.["station"]), ["CP007", undefined, undefined]);
});

Deno.test("handshake faults: made-up addresses raise no more alarms than the limit and one; a known station has its own", async () => {
  const { fail, subjects, settle } = rig({ "10.0.0.1": "CP001" });
  for (let i = 0; i < OCPP_LIMITS.handshakeAlarms; i++) fail(`s${i}`);
  await settle();
  equal(subjects().length, OCPP_LIMITS.handshakeAlarms, "at the limit each has its own");
  for (let i = 0; i < 1_000; i++) fail(`t${i}`, "InvalidTLSVersion");
  fail("10.0.0.1");
  fail("s0");
  await settle();
  equal(subjects().slice(OCPP_LIMITS.handshakeAlarms), ["further addresses", "10.0.0.1"]);
});

Deno.test("handshake faults: the alarm of an address that is quiet for a day is over, one of a station that goes on trying stays", async () => {
  const { control, clock, faults, fail, settle } = rig();
  for (let i = 0; i <= OCPP_LIMITS.handshakeAlarms; i++) fail(`s${i}`);
  clock.advance(OCPP_LIMITS.handshakeQuietMs - 1);
  fail("s0");
  faults.tick();
  await settle();
  equal(control.cleared.length, 0);
  clock.advance(1);
  faults.tick();
  await settle();
  const over = control.cleared.map(({ subject }) => subject);
  equal([over.length, over.includes("s0"), over.includes("s1"), over.at(-1)], [
    OCPP_LIMITS.handshakeAlarms,
    false,
    true,
    "further addresses",
  ]);
});

Deno.test("handshake faults: what only looks like a port scan raises no alarm", async () => {
  const { control, fail, settle } = rig();
  for (const reason of ["ClosedByPeer", "NotTls", "HandshakeTimeout"] as const) fail("10.0.0.3", reason, "x");
  await settle();
  equal([control.alarms, control.audited.length], [[], 3]);
});

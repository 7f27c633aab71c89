import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { FakeControl, until, workerContext } from "../../tests/support/ocpp_rig.ts";
import { RelayRig } from "../../tests/support/relay_rig.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { SecurityEventFeed } from "./security_event_part.ts";

const T0 = "2026-01-01T00:00:00Z";

function feedRig() {
  const control = new FakeControl(() => ({ admit: false, rule: "none", status: 404 })), time = new ManualTime();
  const feed = new SecurityEventFeed({ context: { ...workerContext(control, []), clock: time } });
  const rig = new RelayRig({
    observers: [{ name: "s", message: (relay, { action, frame }) => feed.called(relay, action, frame.payload) }],
  });
  return { control, time, feed, rig };
}

Deno.test("security events: a station's event is told to control, and goes on to the CSMS byte for byte", async () => {
  const { control, rig } = feedRig();
  const text =
    `[2,"1","SecurityEventNotification", {"type":"TamperDetectionActivated","timestamp":"${T0}","techInfo":"lid"}]`;
  rig.station.say(text);
  await until(() => control.securityEvents.length === 1);
  equal(control.securityEvents, [{
    stationId: "CP001",
    type: "TamperDetectionActivated",
    time: T0,
    info: "lid",
    missed: 0,
  }]);
  equal(rig.csms.sent, [text]);
});

Deno.test("security events: what names a secret in the station's words is stripped before it leaves the Worker", async () => {
  const { control, rig } = feedRig();
  const told = [
    "pin=S3CRET",
    'password: "S3CRET"',
    "idTag=S3CRET",
    "ftp://u:S3CRET@host/x",
    "https://h/x?sig=S3CRET",
    "Key : S3CRET",
  ];
  for (const [i, techInfo] of told.entries()) {
    rig.station.say([2, `${i}`, "SecurityEventNotification", { type: "X", timestamp: T0, techInfo }]);
  }
  await until(() => control.securityEvents.length === told.length);
  ok(!JSON.stringify(control.securityEvents).includes("S3CRET"), JSON.stringify(control.securityEvents));
});

Deno.test("security events: a flood is told at the pace of a bucket, with the number left out", async () => {
  const { control, time, rig } = feedRig();
  const say = (id: string) =>
    rig.station.say([2, id, "SecurityEventNotification", { type: "InvalidMessages", timestamp: T0 }]);
  for (let i = 0; i < OCPP_LIMITS.securityEventsBurst + 5; i++) say(`f${i}`);
  await until(() => control.securityEvents.length >= OCPP_LIMITS.securityEventsBurst);
  equal(control.securityEvents.length, OCPP_LIMITS.securityEventsBurst);
  time.advance(1_000 / OCPP_LIMITS.securityEventsPerSecond);
  say("later");
  await until(() => control.securityEvents.length > OCPP_LIMITS.securityEventsBurst);
  equal(control.securityEvents.at(-1)!.missed, 5);
});

Deno.test("security events: while control is away they wait in order, up to the limit", async () => {
  const { control, feed, rig } = feedRig();
  const real = control.call;
  control.call = () => Promise.reject(new Error("away"));
  rig.station.say([2, "1", "SecurityEventNotification", { type: "A", timestamp: T0 }]);
  rig.station.say([2, "2", "SecurityEventNotification", { type: "B", timestamp: T0 }]);
  await feed.send();
  control.call = real;
  await feed.send();
  equal(control.securityEvents.map(({ type }) => type), ["A", "B"]);
});

Deno.test("security events: messages of other kinds and of odd forms are none, a long type is cut", async () => {
  const { control, rig } = feedRig();
  for (const payload of [null, [], {}, { type: 7 }, { type: "" }]) {
    rig.station.say([2, "x", "SecurityEventNotification", payload]);
  }
  rig.station.say([2, "h", "Heartbeat", { type: "TamperDetectionActivated" }]);
  rig.station.say([2, "l", "SecurityEventNotification", { type: "t".repeat(OCPP_LIMITS.securityEventChars + 1) }]);
  await until(() => control.securityEvents.length === 1);
  equal(control.securityEvents[0]!.type.length, OCPP_LIMITS.securityEventChars);
});

Deno.test("security events: as many as the limit wait for control, one more pushes the oldest out", async () => {
  const { control, feed, time, rig } = feedRig();
  const real = control.call;
  control.call = () => Promise.reject(new Error("away"));
  for (let i = 0; i <= OCPP_LIMITS.securityEventsWaiting; i++) {
    time.advance(1_000 / OCPP_LIMITS.securityEventsPerSecond); // each has its place in the bucket
    feed.called(rig.relay, "SecurityEventNotification", { type: `E${i}` });
    await feed.send();
  }
  control.call = real;
  await feed.send();
  equal([control.securityEvents.length, control.securityEvents[0]!.type], [OCPP_LIMITS.securityEventsWaiting, "E1"]);
});

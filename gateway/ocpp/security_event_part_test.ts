import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { FakeControl, until, workerContext } from "../../tests/support/ocpp_rig.ts";
import { RelayRig } from "../../tests/support/relay_rig.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { SecurityEventFeed, securityEventPart } from "./security_event_part.ts";

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

Deno.test("security events: a flood of what is said all the time leaves out none that somebody has to see, and counts each for itself", async () => {
  const { control, time, rig } = feedRig();
  const say = (id: string, type: string) =>
    rig.station.say([2, id, "SecurityEventNotification", { type, timestamp: T0 }]);
  for (let i = 0; i < OCPP_LIMITS.securityEventsBurst + 50; i++) say(`f${i}`, "InvalidMessages");
  say("t", "TamperDetectionActivated");
  await until(() => control.securityEvents.length > OCPP_LIMITS.securityEventsBurst);
  const { type, missed } = control.securityEvents.at(-1)!;
  equal([type, missed], ["TamperDetectionActivated", 0]);
  time.advance(2_000 / OCPP_LIMITS.securityEventsPerSecond);
  say("o", "AnotherEvent");
  say("l", "InvalidMessages");
  await until(() => control.securityEvents.length > OCPP_LIMITS.securityEventsBurst + 2);
  equal(control.securityEvents.slice(-2).map((one) => [one.type, one.missed]), [["AnotherEvent", 0], [
    "InvalidMessages",
    50,
  ]]);
});

Deno.test("security events: left out ones are counted of as many types as the limit", async () => {
  const { control, time, rig } = feedRig();
  const say = (type: string) => rig.station.say([2, type, "SecurityEventNotification", { type, timestamp: T0 }]);
  for (let i = 0; i < OCPP_LIMITS.securityEventsBurst; i++) say(`burst${i}`);
  for (let i = 0; i <= OCPP_LIMITS.securityEventTypes; i++) say(`left${i}`);
  time.advance(2_000 / OCPP_LIMITS.securityEventsPerSecond);
  say(`left${OCPP_LIMITS.securityEventTypes - 1}`);
  say(`left${OCPP_LIMITS.securityEventTypes}`);
  await until(() => control.securityEvents.length === OCPP_LIMITS.securityEventsBurst + 2);
  equal(control.securityEvents.slice(-2).map(({ missed }) => missed), [1, 0]);
});

Deno.test("security events: one that a station signed is told as any other", async () => {
  const control = new FakeControl(() => ({ admit: false, rule: "none", status: 404 }));
  const part = securityEventPart({ context: workerContext(control, []) });
  const rig = new RelayRig({ version: "ocpp2.1", observers: [part.observer!].flat() });
  const event = { type: "TamperDetectionActivated", timestamp: T0 };
  const payload = btoa(JSON.stringify(event)).replaceAll("=", "");
  rig.station.say([2, "1", "SecurityEventNotification-Signed", { payload, protected: "e30", signature: "AA" }]);
  await until(() => control.securityEvents.length === 1);
  equal(control.securityEvents[0]!.type, "TamperDetectionActivated");
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

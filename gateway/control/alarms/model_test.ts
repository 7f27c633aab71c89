import assert from "node:assert/strict";
import { ALARM_KINDS } from "../alarm_kinds.ts";
import { ALARM_LIMITS } from "./limits.ts";
import { acknowledgeAlarm, type Alarm, alarmKind, clearAlarm, raiseAlarm, settleAlarm } from "./model.ts";

const KIND = "worker.restarting";
const COOLDOWN = ALARM_KINDS[KIND].cooldownSeconds * 1000;
const raise = (old: Alarm | undefined, now: number, detail = "why") =>
  raiseAlarm(old, { kind: KIND, subject: "ocpp-0", detail }, now);

Deno.test("alarms: the first raise tells people and carries the kind's severity", () => {
  const { alarm, notice } = raise(undefined, 1_000);
  assert.equal(notice, "raised");
  assert.deepEqual([alarm.severity, alarm.count, alarm.state], ["warning", 1, "active"]);
  assert.deepEqual([alarm.firstSeen, alarm.lastSeen], [1_000, 1_000]);
});

Deno.test("alarms: a repeat counts and tells nobody", () => {
  const { alarm, notice } = raise(raise(undefined, 1_000).alarm, 2_000, "again");
  assert.equal(notice, undefined);
  assert.deepEqual([alarm.count, alarm.firstSeen, alarm.lastSeen, alarm.detail], [2, 1_000, 2_000, "again"]);
});

Deno.test("alarms: a clear tells those who were told; a second clear changes nothing", () => {
  const { alarm, notice } = clearAlarm(raise(undefined, 1_000).alarm, 5_000);
  assert.equal(notice, "cleared");
  assert.deepEqual([alarm.state, alarm.clearedAt], ["cleared", 5_000]);
  assert.deepEqual(clearAlarm(alarm, 6_000), { alarm });
});

Deno.test("alarms: within the cooldown a raise is counted but not told, one millisecond later it is", () => {
  const cleared = clearAlarm(raise(undefined, 0).alarm, 1_000).alarm;
  const held = raise(cleared, 1_000 + COOLDOWN - 1);
  assert.equal(held.notice, undefined);
  assert.deepEqual([held.alarm.state, held.alarm.count], ["active", 2]);
  assert.equal(raise(cleared, 1_000 + COOLDOWN).notice, "raised");
});

Deno.test("alarms: an alarm held back by the cooldown is told when it still stands at its end", () => {
  const cleared = clearAlarm(raise(undefined, 0).alarm, 1_000).alarm;
  const held = raise(cleared, 2_000).alarm;
  assert.equal(settleAlarm(held, 1_000 + COOLDOWN - 1).notice, undefined);
  const told = settleAlarm(held, 1_000 + COOLDOWN);
  assert.equal(told.notice, "raised");
  assert.equal(settleAlarm(told.alarm, 1_000 + 2 * COOLDOWN).notice, undefined, "only once");
});

Deno.test("alarms: an end that nobody knew the beginning of is not told", () => {
  const cleared = clearAlarm(raise(undefined, 0).alarm, 1_000).alarm;
  assert.equal(clearAlarm(raise(cleared, 2_000).alarm, 3_000).notice, undefined);
});

Deno.test("alarms: one that comes and goes is told as flapping once, and anew when it is steady", () => {
  let alarm: Alarm | undefined;
  const notices: (string | undefined)[] = [];
  for (let now = 0; now < 12; now++) {
    const step = now % 2 === 0 ? raise(alarm, now * 1_000) : clearAlarm(alarm!, now * 1_000);
    alarm = step.alarm;
    notices.push(step.notice);
  }
  assert.equal(notices.filter((notice) => notice === "flapping").length, 1);
  assert.equal(notices.filter((notice) => notice === "raised").length, 1);
  assert.equal(alarm!.flapping, true);
  assert.equal(alarm!.changes.length, ALARM_LIMITS.flapChanges);
  const standing = raise(alarm, 12_000).alarm;
  assert.equal(settleAlarm(standing, 12_000 + ALARM_LIMITS.flapWindowMs - 1).notice, undefined);
  const steady = settleAlarm(standing, 12_000 + ALARM_LIMITS.flapWindowMs);
  assert.deepEqual([steady.notice, steady.alarm.flapping], ["raised", false]);
});

Deno.test("alarms: changes one short of the limit do not flap", () => {
  let alarm: Alarm | undefined;
  for (let change = 0; change < ALARM_LIMITS.flapChanges - 1; change++) {
    alarm = (change % 2 === 0 ? raise(alarm, change) : clearAlarm(alarm!, change)).alarm;
  }
  assert.equal(alarm!.flapping, false);
  assert.equal(raise(clearAlarm(alarm!, 10).alarm, 11).alarm.flapping, true);
});

Deno.test("alarms: an acknowledgement names who and ends with the next activity", () => {
  const taken = acknowledgeAlarm(raise(undefined, 0).alarm, "mia", 500);
  assert.deepEqual(taken.acknowledged, { by: "mia", at: 500 });
  assert.ok(raise(taken, 600).alarm.acknowledged, "a repeat keeps it");
  assert.equal(raise(clearAlarm(taken, 700).alarm, 800).alarm.acknowledged, undefined);
});

Deno.test("alarms: a detail at its limit is kept whole, one longer is cut", () => {
  const exact = "x".repeat(ALARM_LIMITS.detailChars);
  assert.equal(raise(undefined, 0, exact).alarm.detail, exact);
  assert.equal(raise(undefined, 0, `${exact}y`).alarm.detail, exact);
});

Deno.test("alarms: an undeclared kind is a warning and not an inherited property", () => {
  assert.equal(alarmKind("no.such.kind").severity, "warning");
  assert.equal(alarmKind("constructor").severity, "warning");
});

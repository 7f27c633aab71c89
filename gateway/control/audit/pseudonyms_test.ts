import assert from "node:assert/strict";
import type { AuditEvent } from "../../core/control_api.ts";
import { systemRandom } from "../../core/timers.ts";
import { AuditRig } from "../../../tests/support/audit_rig.ts";
import { AUDIT_LIMITS } from "./limits.ts";
import { createPseudonyms } from "./pseudonyms.ts";

const MAY = Date.UTC(2026, 4, 5);
const JUNE = Date.UTC(2026, 5, 5);
const swipe = (station: string, badge: string): AuditEvent => ({
  event: "control.command.ran",
  class: "charging",
  who: station,
  target: station,
  outcome: "ok",
  detail: { badge, connector: 1 },
});

Deno.test("invariant 6: badge ids appear in audit only as pseudonyms under keys per station and month", async () => {
  await using rig = await AuditRig.open();
  const pseudonyms = createPseudonyms(rig.store, rig.sealer, systemRandom);
  const of = async (station: string, at: number, badge = "04A224C1") =>
    (await pseudonyms.replace(swipe(station, badge), at)).detail!.badge;
  const first = await of("CP001", MAY);
  assert.match(String(first), /^p-[0-9a-f]{32}$/);
  assert.equal(await of("CP001", MAY), first, "the same badge, station and month");
  assert.notEqual(await of("CP001", JUNE), first, "another month");
  assert.notEqual(await of("CP002", MAY), first, "another station");
  assert.notEqual(await of("CP001", MAY, "04A224C2"), first, "another badge");
  await rig.audit.record(swipe("CP001", "04A224C1"));
  assert.ok(!rig.lines().join().includes("04A224C1"));
  assert.ok(rig.lines().join().includes('"connector":1'));
});

Deno.test("invariant 6: destroyed keys cannot link old pseudonyms, and others stay", async () => {
  await using rig = await AuditRig.open();
  const pseudonyms = createPseudonyms(rig.store, rig.sealer, systemRandom);
  const of = async (station: string, at: number) =>
    (await pseudonyms.replace(swipe(station, "04A2"), at)).detail!.badge;
  const [may, june, other] = [await of("CP001", MAY), await of("CP001", JUNE), await of("CP002", MAY)];
  assert.deepEqual(await pseudonyms.destroy("CP001", "2026-05"), ["2026-05"]);
  assert.notEqual(await of("CP001", MAY), may);
  assert.equal(await of("CP001", JUNE), june);
  assert.equal(await of("CP002", MAY), other);
  assert.deepEqual(await pseudonyms.destroy("CP001"), ["2026-05", "2026-06"]);
  assert.deepEqual(await pseudonyms.destroy("CP001"), []);
});

Deno.test("invariant 6: the destruction of keys is audited without any badge", async () => {
  await using rig = await AuditRig.open();
  await rig.audit.record(swipe("CP001", "04A224C1"));
  const [month] = await rig.audit.destroyPseudonyms("CP001", undefined, "mia");
  assert.equal(month, "2026-01");
  assert.equal(rig.events("audit.pseudonyms.destroyed")[0]!.detail.months, "2026-01");
});

Deno.test("invariant 6: keys are sealed in the store and the same after a restart", async () => {
  await using rig = await AuditRig.open();
  const of = async () =>
    (await createPseudonyms(rig.store, rig.sealer, systemRandom).replace(swipe("CP001", "04A2"), MAY)).detail!.badge;
  const first = await of();
  assert.equal(await of(), first);
  const stored = await rig.store.get<{ sealed: Uint8Array }>(["pseudonyms", "CP001", "2026-05"]);
  assert.ok(stored!.value.sealed.length > 32, "longer than the bare key: nonce and tag are there");
});

Deno.test("pseudonyms: an event without badges is passed on as it is", async () => {
  await using rig = await AuditRig.open();
  const event: AuditEvent = {
    event: "alarm.raised",
    class: "operation",
    who: "g",
    outcome: "ok",
    detail: { count: 1 },
  };
  assert.equal(await createPseudonyms(rig.store, rig.sealer, systemRandom).replace(event, MAY), event);
});

Deno.test("pseudonyms: a badge is known by the name of its key whatever the event declares", async () => {
  await using rig = await AuditRig.open();
  for (const key of ["idTag", "vin", "evccId", "idToken"]) {
    await rig.audit.record({
      event: "alarm.raised",
      class: "operation",
      who: "g",
      outcome: "ok",
      detail: { [key]: "WDB1" },
    });
  }
  assert.ok(!rig.lines().join().includes("WDB1"));
});

Deno.test("pseudonyms: a month in another form is refused", async () => {
  await using rig = await AuditRig.open();
  await assert.rejects(rig.audit.destroyPseudonyms("CP001", "May 2026", "mia"), { code: "CLI_USAGE" });
});

Deno.test("pseudonyms: more stations than keys in memory keep their pseudonyms", async () => {
  await using rig = await AuditRig.open();
  const pseudonyms = createPseudonyms(rig.store, rig.sealer, systemRandom);
  const of = async (station: string) => (await pseudonyms.replace(swipe(station, "04A2"), MAY)).detail!.badge;
  const first = await of("CP0");
  for (let i = 1; i <= AUDIT_LIMITS.pseudonymKeys; i++) await of(`CP${i}`);
  assert.equal(await of("CP0"), first);
});

import assert from "node:assert/strict";
import { MODBUS_LIMITS } from "./limits.ts";
import { type StoredLease, WriteLeases } from "./write_leases.ts";

const wanted = (part: Partial<StoredLease> = {}): StoredLease => ({
  unit: 11,
  point: "current-limit",
  owner: "ems-1",
  priority: 0,
  ttlMs: 60_000,
  ...part,
});
const other = (leases: WriteLeases, now: number, asker = "ems-2") =>
  leases.ofOther(11, "current-limit", asker, now)?.owner;

Deno.test("modbus leases: the first client has the point until its time is over, others see that", () => {
  const leases = new WriteLeases();
  assert.equal(other(leases, 0), undefined);
  const change = leases.take(wanted(), 0);
  assert.deepEqual([change?.lease.owner, change?.from], ["ems-1", undefined]);
  assert.deepEqual([other(leases, 59_999), other(leases, 60_000)], ["ems-1", undefined]);
  assert.equal(other(leases, 0, "ems-1"), undefined, "its own lease is in nobody's way");
});

Deno.test("modbus leases: each write renews, and is no news; neither is the owner's return after its end", () => {
  const leases = new WriteLeases();
  leases.take(wanted(), 0);
  assert.equal(leases.take(wanted(), 50_000), undefined);
  assert.equal(other(leases, 109_999), "ems-1");
  assert.equal(leases.take(wanted(), 200_000), undefined);
  assert.equal(other(leases, 259_999), "ems-1");
});

Deno.test("modbus leases: who takes over is news, with whom it was taken from", () => {
  const leases = new WriteLeases();
  leases.take(wanted(), 0);
  assert.equal(leases.take(wanted({ owner: "grid", priority: 5 }), 10)?.from, "ems-1");
  assert.deepEqual([other(leases, 20, "ems-1"), other(leases, 20, "grid")], ["grid", undefined]);
  assert.equal(leases.take(wanted(), 70_000)?.from, undefined, "from nobody once it is over");
});

Deno.test("modbus leases: points and units are apart", () => {
  const leases = new WriteLeases();
  leases.take(wanted(), 0);
  assert.equal(leases.ofOther(1, "current-limit", "x", 1), undefined);
  assert.equal(leases.ofOther(11, "power-limit", "x", 1), undefined);
  // "1 1-x" and "11 -x" must not be one key
  leases.take(wanted({ unit: 1, point: "1 x" }), 0);
  assert.equal(leases.ofOther(11, "x", "y", 1), undefined);
});

Deno.test("modbus leases: what the device refused is given back, but not what was written since", () => {
  const leases = new WriteLeases();
  const change = leases.take(wanted(), 0)!;
  leases.giveBack(change);
  assert.equal(other(leases, 1), undefined);
  const again = leases.take(wanted(), 2)!;
  leases.take(wanted(), 3);
  leases.giveBack(again);
  assert.equal(other(leases, 4), "ems-1");
});

Deno.test("modbus leases: what was stored before a restart holds for its whole time once more", () => {
  const leases = new WriteLeases();
  leases.restore([wanted(), wanted({ point: "power-limit", ttlMs: 5 })], 1_000);
  assert.deepEqual([other(leases, 60_999), other(leases, 61_000)], ["ems-1", undefined]);
  assert.equal(leases.ofOther(11, "power-limit", "x", 1_005), undefined);
  leases.take(wanted({ owner: "ems-2" }), 70_000);
  leases.restore([wanted()], 70_001);
  assert.equal(other(leases, 70_002, "ems-1"), "ems-2", "what was taken since is not overwritten");
});

Deno.test("modbus leases: as many as the limit, and with one more the longest unrenewed goes", () => {
  const leases = new WriteLeases();
  const { writeLeases } = MODBUS_LIMITS;
  for (let at = 0; at < writeLeases; at++) leases.take(wanted({ point: `p${at}` }), 0);
  leases.take(wanted({ point: "p0" }), 1);
  assert.equal(leases.held(2).length, writeLeases);
  leases.take(wanted({ point: "more" }), 2);
  assert.equal(leases.held(3).length, writeLeases);
  assert.equal(leases.ofOther(11, "p1", "x", 3), undefined);
  assert.equal(leases.ofOther(11, "p0", "x", 3)?.owner, "ems-1");
});

Deno.test("modbus leases: those of units that are gone are forgotten, those that are over not listed", () => {
  const leases = new WriteLeases();
  leases.take(wanted(), 0);
  leases.take(wanted({ unit: 12, ttlMs: 10 }), 0);
  assert.deepEqual(leases.held(10).map(({ unit }) => unit), [11]);
  leases.keepUnits((unit) => unit === 12);
  assert.deepEqual(leases.held(5).map(({ unit }) => unit), [12]);
});

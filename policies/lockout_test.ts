import { deepEqual, equal } from "node:assert/strict";
import { afterFailure, lockedForMs, LOCKOUT, type LockoutState, OPEN, SOURCE_LOCKOUT } from "./lockout.ts";

const MINUTE = 60_000;

function fail(times: number, at: number, state: LockoutState = OPEN): LockoutState {
  for (let count = 0; count < times; count++) state = afterFailure(state, at);
  return state;
}

Deno.test("EV-11: the sixth consecutive wrong try locks for exactly thirty minutes", () => {
  equal(lockedForMs(fail(5, 0), 0), 0);
  const locked = fail(6, 0);
  equal(lockedForMs(locked, 0), 30 * MINUTE);
  equal(lockedForMs(locked, 30 * MINUTE - 1), 1);
  equal(lockedForMs(locked, 30 * MINUTE), 0);
});

Deno.test("EV-11: wrong tries count without a time window", () => {
  let state = OPEN;
  for (let day = 0; day < 5; day++) state = afterFailure(state, day * 86_400_000);
  deepEqual(state, { failures: 5 });
  equal(lockedForMs(afterFailure(state, 10 * 86_400_000), 10 * 86_400_000), LOCKOUT.lockMs);
});

Deno.test("lockout: a try while locked makes the lock no longer", () => {
  const locked = fail(6, 0);
  equal(afterFailure(locked, 29 * MINUTE), locked);
});

Deno.test("lockout: after the lock the count begins at one", () => {
  const locked = fail(6, 0);
  deepEqual(afterFailure(locked, 30 * MINUTE), { failures: 1 });
  equal(lockedForMs(fail(5, 30 * MINUTE, locked), 30 * MINUTE), 0);
  equal(lockedForMs(fail(6, 30 * MINUTE, locked), 30 * MINUTE), 30 * MINUTE);
});

Deno.test("lockout: a clock that was set back never makes it longer than thirty minutes", () => {
  const locked = fail(6, 1_000 * MINUTE);
  equal(lockedForMs(locked, 0), 30 * MINUTE);
});

Deno.test("lockout: an address is locked after thirty tries of any names, not after twenty-nine", () => {
  let state = OPEN;
  for (let count = 0; count < SOURCE_LOCKOUT.failures - 1; count++) state = afterFailure(state, 0, SOURCE_LOCKOUT);
  equal(lockedForMs(state, 0, SOURCE_LOCKOUT), 0);
  equal(lockedForMs(afterFailure(state, 0, SOURCE_LOCKOUT), 0, SOURCE_LOCKOUT), SOURCE_LOCKOUT.lockMs);
});

/**
 * Lockout of logins, exactly as the EVlink Pro DC guide has it (EV-11): six consecutive wrong tries lock for thirty
 * minutes, then it opens by itself. Wrong tries count without a time window; a right one forgets them.
 */
export const LOCKOUT = { failures: 6, lockMs: 30 * 60_000 } as const;

/** Tries of all names together from one address that lock this address: a guard against spraying names. */
export const SOURCE_LOCKOUT = { failures: 30, lockMs: 30 * 60_000 } as const;

/** How one key stands: a name, an address, or the whole interface. Times are wall milliseconds. */
export interface LockoutState {
  /** Consecutive wrong tries so far, below the limit. */
  readonly failures: number;
  /** Absent while open. */
  readonly lockedUntil?: number;
}

/** What locks after how many tries, for how long. */
export interface LockoutRule {
  readonly failures: number;
  readonly lockMs: number;
}

/** A key that nobody failed at. */
export const OPEN: LockoutState = { failures: 0 };

/**
 * How many milliseconds a key stays locked; 0 when it is open. A clock that jumped back never makes a lock longer than
 * the rule's.
 */
export function lockedForMs({ lockedUntil }: LockoutState, now: number, rule: LockoutRule = LOCKOUT): number {
  return lockedUntil === undefined ? 0 : Math.min(Math.max(0, lockedUntil - now), rule.lockMs);
}

/** After a wrong try. A try while locked changes nothing: it does not make the lock longer. */
export function afterFailure(state: LockoutState, now: number, rule: LockoutRule = LOCKOUT): LockoutState {
  if (lockedForMs(state, now, rule) > 0) return state;
  const failures = (state.lockedUntil === undefined ? state.failures : 0) + 1;
  return failures < rule.failures ? { failures } : { failures: 0, lockedUntil: now + rule.lockMs };
}

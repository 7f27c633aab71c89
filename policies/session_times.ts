/** How long sessions live. Milliseconds. */
export interface SessionTimes {
  /** Without anything a person did (EV-14: thirty minutes). */
  readonly idleMs: number;
  /** From the login, whatever happens. */
  readonly absoluteMs: number;
}

/** The times of EV-14, and a working day. */
export const SESSION_TIMES: SessionTimes = { idleMs: 30 * 60_000, absoluteMs: 12 * 3_600_000 };

/** A step of a login that is not finished: second factor, new password, enrolment. */
export const LOGIN_STEP_MS = 10 * 60_000;

/** How long a proof of the second factor serves for dangerous acts. */
export const PROOF_MS = 5 * 60_000;

/** What a session's life hangs on. Wall milliseconds. */
export interface SessionLife {
  readonly since: number;
  readonly lastActivity: number;
  /** False while the login is not finished. */
  readonly isDone: boolean;
  /** Earlier end of this session alone, as of the break-glass account. */
  readonly notAfter?: number | undefined;
}

/** When a session ends if nobody does anything, and when it ends at the latest. */
export function sessionEnds(
  life: SessionLife,
  times: SessionTimes,
): { readonly idleAt: number; readonly endsAt: number } {
  const latest = life.isDone ? life.since + times.absoluteMs : life.since + LOGIN_STEP_MS;
  const endsAt = Math.min(latest, life.notAfter ?? Number.POSITIVE_INFINITY);
  return { idleAt: Math.min(life.lastActivity + times.idleMs, endsAt), endsAt };
}

/** Why a session is over at `now`; undefined while it lives. It ends at the millisecond of its limit. */
export function sessionOver(life: SessionLife, times: SessionTimes, now: number): "absolute" | "idle" | undefined {
  const { idleAt, endsAt } = sessionEnds(life, times);
  if (now >= endsAt) return "absolute";
  return now >= idleAt ? "idle" : undefined;
}

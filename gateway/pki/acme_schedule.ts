import { ACME_CONTROL_LIMITS as LIMITS } from "./acme_limits.ts";

const DAY_MS = 24 * 3_600_000;

/** What control remembers of its dealings with the ACME server. Times are milliseconds since the epoch. */
export interface AcmeState {
  /** What the certificate is ordered by: another server or another name begins anew. */
  readonly target: string;
  /** Failures since the last success; counted when a run starts, so that a crash counts too. */
  readonly failures: number;
  /** No run before this. */
  readonly nextAt: number;
  /** Starts of the runs of the last day. */
  readonly runs: readonly number[];
  /** In [0, 1): moves the renewals of many sites apart. */
  readonly jitter: number;
  /** URL of an order that a run started and did not finish. */
  readonly order?: string;
  /** Why the last run failed. */
  readonly fault?: string;
}

/** The state before anything was asked. */
export function newState(target: string, jitter: number): AcmeState {
  return { target, failures: 0, nextAt: 0, runs: [], jitter };
}

/** When a certificate is renewed: after two thirds of its life, up to a twentieth of it earlier. */
export function renewalAt(validity: { readonly notBefore: number; readonly notAfter: number }, jitter: number): number {
  const life = validity.notAfter - validity.notBefore;
  return validity.notAfter - life / 3 - jitter * life / 20;
}

/** Whether the day's runs leave room for another. */
export function mayRun({ runs }: AcmeState, now: number): boolean {
  return recent(runs, now).length < LIMITS.runsPerDay;
}

/** Whether the time for a run has come by the state alone. */
export function isPastWait(state: AcmeState, now: number): boolean {
  // A wait longer than any that is ever set comes from a clock that was wrong then.
  return now >= state.nextAt || state.nextAt - now > LIMITS.retryAfterMaxMs;
}

/** The state once a run starts: as if it had failed, so that a crash loop is slowed down like any failure. */
export function startedRun(state: AcmeState, now: number, jitter: number): AcmeState {
  const failures = state.failures + 1;
  return { ...state, failures, nextAt: now + retryMs(failures, jitter), runs: [...recent(state.runs, now), now] };
}

/** The state after a success. */
export function succeeded({ target, runs }: AcmeState, now: number, jitter: number): AcmeState {
  return { target, failures: 0, nextAt: now + LIMITS.successGapMs, runs, jitter };
}

/** The state after a failure; its order is given up. A server that asks for a longer wait gets it. */
export function failed(
  { order: _, ...state }: AcmeState,
  now: number,
  failure: { readonly fault: string; readonly retryAfterSeconds?: number },
): AcmeState {
  const asked = Math.min((failure.retryAfterSeconds ?? 0) * 1_000, LIMITS.retryAfterMaxMs);
  return { ...state, fault: failure.fault, nextAt: Math.max(state.nextAt, now + asked) };
}

/** Milliseconds until the next try: doubled with every failure, a quarter more or less. */
export function retryMs(failures: number, jitter: number): number {
  const whole = Math.min(LIMITS.retryMs * 2 ** Math.min(failures - 1, 16), LIMITS.retryMaxMs);
  return Math.round(whole * (0.75 + jitter / 2));
}

const recent = (runs: readonly number[], now: number): readonly number[] =>
  runs.filter((at) => at > now - DAY_MS && at <= now);

import { deepEqual, equal } from "node:assert/strict";
import { LOGIN_STEP_MS, SESSION_TIMES, sessionEnds, sessionOver } from "./session_times.ts";

const MINUTE = 60_000, HOUR = 60 * MINUTE;

Deno.test("EV-14: thirty minutes without activity end a session, a millisecond less does not", () => {
  const life = { since: 0, lastActivity: 10 * MINUTE, isDone: true };
  equal(sessionOver(life, SESSION_TIMES, 40 * MINUTE - 1), undefined);
  equal(sessionOver(life, SESSION_TIMES, 40 * MINUTE), "idle");
});

Deno.test("session: twelve hours end it, whatever was done", () => {
  const life = { since: 0, lastActivity: 12 * HOUR - 1, isDone: true };
  equal(sessionOver(life, SESSION_TIMES, 12 * HOUR - 1), undefined);
  equal(sessionOver(life, SESSION_TIMES, 12 * HOUR), "absolute");
});

Deno.test("session: a login that is not finished lives ten minutes", () => {
  const life = { since: 0, lastActivity: 0, isDone: false };
  equal(sessionOver(life, SESSION_TIMES, LOGIN_STEP_MS - 1), undefined);
  equal(sessionOver(life, SESSION_TIMES, LOGIN_STEP_MS), "absolute");
});

Deno.test("session: its own earlier end counts, and the idle time never goes past it", () => {
  const life = { since: 0, lastActivity: 50 * MINUTE, isDone: true, notAfter: HOUR };
  deepEqual(sessionEnds(life, SESSION_TIMES), { idleAt: HOUR, endsAt: HOUR });
  equal(sessionOver(life, SESSION_TIMES, HOUR - 1), undefined);
  equal(sessionOver(life, SESSION_TIMES, HOUR), "absolute");
});

Deno.test("session: an absent own end is none", () => {
  const life = { since: 0, lastActivity: 0, isDone: true, notAfter: undefined };
  deepEqual(sessionEnds(life, SESSION_TIMES), { idleAt: 30 * MINUTE, endsAt: 12 * HOUR });
});

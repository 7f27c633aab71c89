import type { ConsoleControl } from "./person.ts";

/**
 * Milliseconds for what waits for a password check or for an identity provider: control itself gives the hasher 20
 * seconds, so whoever asks control waits a little longer and hears its answer, not a deadline of the console's own.
 */
const PATIENT_MS = 25_000;

/** What control cannot answer before the hasher or a provider has. */
const PATIENT: ReadonlySet<string> = new Set([
  "people.account.add",
  "people.account.reset",
  "people.break-glass.renew",
  "people.login.break-glass",
  "people.login.forgotten",
  "people.login.password",
  "people.login.recovery",
  "people.oidc.begin",
  "people.oidc.finish",
  "people.oidc.logout",
  "people.password.change",
  "people.recovery.renew",
  "people.setup.claim",
  "people.step-up",
]);

/** Control with a deadline that fits each call; one that a caller names counts. */
export function patientControl(control: ConsoleControl): ConsoleControl {
  return {
    call: (method, args, options = PATIENT.has(method) ? { deadlineMs: PATIENT_MS } : {}) =>
      control.call(method, args, options),
  };
}

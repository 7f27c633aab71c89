import { IdentityError } from "../core/errors.ts";
import type { Attempt } from "./lockouts.ts";
import type { People } from "./people.ts";

/** A refused login. The text is always the same; the rule stands in the audit trail. */
export function loginRefused(lockedUntil?: number): IdentityError {
  const message = "The login is refused: name, password or code is wrong, or the login is locked";
  if (lockedUntil === undefined) {
    return new IdentityError("LOGIN_REFUSED", message, { hint: "Six wrong tries in a row lock for 30 minutes" });
  }
  const at = new Date(lockedUntil).toISOString();
  return new IdentityError("LOGIN_REFUSED", message, { hint: `Locked; try again at ${at.slice(11, 16)} UTC` });
}

/** @throws IdentityError LOGIN_REFUSED while the name, the address or the interface is locked; a try does not make it longer */
export async function refuseLocked(people: People, attempt: Attempt): Promise<void> {
  const ms = await people.lockouts.lockedMs(attempt);
  if (ms === 0) return;
  people.context.metrics.count("bulkhead_people_logins_total", { outcome: "refused" });
  const unrecorded = people.lockedRefusals.count(`${attempt.name.toLowerCase()} ${attempt.source}`, people.clock.now());
  if (unrecorded !== undefined) await auditRefusal(people, attempt, "login.locked", unrecorded);
  throw loginRefused(people.clock.toWall(people.clock.now() + ms));
}

/** Counts a wrong try, stored, alarms when it locked, and answers what to throw. */
export async function countFailure(people: People, attempt: Attempt, rule: string): Promise<IdentityError> {
  people.context.metrics.count("bulkhead_people_logins_total", { outcome: "refused" });
  const { locked } = await people.lockouts.fail(attempt);
  await auditRefusal(people, attempt, rule);
  if (!locked) return loginRefused();
  const target = auditName(people, attempt.name);
  await people.audit({
    event: "people.login.locked",
    who: target,
    target,
    outcome: "refused",
    rule: `lockout.${locked}`,
    source: attempt.source,
  });
  const subject = locked === "interface" ? "interface" : locked === "source" ? `address ${attempt.source}` : target;
  await people.context.alarms.raise({
    kind: "people.login.locked",
    subject,
    detail: `last try from ${attempt.source}`,
  });
  return loginRefused(people.clock.toWall(people.clock.now() + await people.lockouts.lockedMs(attempt)));
}

/** Records a refused login with the rule that the person is not told. */
export async function auditRefusal(
  people: People,
  { name, source }: Attempt,
  rule: string,
  unrecorded = 0,
): Promise<void> {
  await people.audit({
    event: "people.login.refused",
    who: auditName(people, name),
    outcome: "refused",
    rule,
    source,
    ...unrecorded > 0 ? { detail: { unrecorded } } : {},
  });
}

/** What was typed as a name is in no record unless it is one: people type passwords into the wrong field. */
function auditName({ accounts }: People, name: string): string {
  return accounts.get(name)?.name ?? "unknown";
}

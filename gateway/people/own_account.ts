import type { Caller, FactorInfo, LoginStep, SessionInfo } from "../core/people_api.ts";
import { GatewayError } from "../core/errors.ts";
import { hasSecondFactor } from "./accounts.ts";
import { countFailure, refuseLocked } from "./login_refusals.ts";
import { continueSession, endSessionsOf, needSession, useTotp } from "./logins.ts";
import type { People } from "./people.ts";
import { type AccountRecord, BREAK_GLASS, type SessionRecord } from "./records.ts";
import { sessionEnded } from "./sessions.ts";

/**
 * Changes the own password: forced by the login (then no current one is asked for, it was just proven), or wished. All
 * other sessions of the person end. @throws GatewayError PASSWORD_REFUSED, IdentityError LOGIN_REFUSED
 */
export async function changePassword(
  people: People,
  by: Caller,
  { current, next }: { readonly current?: string; readonly next: string },
): Promise<LoginStep> {
  return await inOwnTurn(people, by, ["done", "change-password"], async (session, account) => {
    if (account.origin !== "local") throw notLocal(account);
    if (session.stage === "done") {
      const attempt = { name: account.name, source: by.source };
      await refuseLocked(people, attempt);
      if (!await people.passwords.proves(current ?? "", account.password?.hash)) {
        throw await countFailure(people, attempt, "login.password");
      }
    }
    const hasSecond = people.countsOnFactor(account);
    const hash = await people.passwords.hashNew(next, { ...account, hasSecondFactor: hasSecond });
    await people.audit({
      event: "people.password.changed",
      who: account.name,
      target: account.name,
      source: by.source,
    });
    const password = { hash, at: people.context.clock.now(), temporary: false };
    await people.accounts.change(account.name, { password });
    await endSessionsOf(people, account.name, { rule: "session.password", by: account.name, but: session.id });
    // the recovery code has done its work: the password it stood in for is a new one
    const { recovered: _, ...rest } = session;
    return await continueSession(people, rest, {});
  });
}

/** A new TOTP secret, not in force before it has given one right code. */
export async function beginTotp(
  people: People,
  by: Caller,
): Promise<{ readonly secret: string; readonly uri: string }> {
  const { person, id } = await enrolling(people, by);
  return await people.totp.begin(person, id, people.context.clock.now());
}

/** Puts the new TOTP secret in force. @throws IdentityError LOGIN_REFUSED, GatewayError PERSON_INVALID */
export async function finishTotp(
  people: People,
  by: Caller,
  { code, whyNoPasskey }: { readonly code: string; readonly whyNoPasskey?: string },
): Promise<LoginStep> {
  return await inOwnTurn(people, by, ["done", "enrol-factor"], async (session, account) => {
    await enrolling(people, by);
    const why = whyNoPasskey?.trim().slice(0, 200);
    const wantsReason = people.mayPasskey && account.roles.includes("administrator") && account.passkeys.length === 0;
    if (wantsReason && !why) {
      throw new GatewayError("PERSON_INVALID", "An administrator has a passkey where the console's name allows one", {
        hint: "Enrol a passkey, or say why it is impossible here, as: the browser does not trust the certificate",
      });
    }
    const attempt = { name: account.name, source: by.source };
    await refuseLocked(people, attempt);
    const now = people.context.clock.now();
    const proof = await people.totp.finish(account.name, session.id, code, now);
    if (!proof) throw await countFailure(people, attempt, "login.totp-enrolment");
    await people.context.store.commit(proof.changes);
    await people.accounts.change(account.name, { totp: { since: now, lastStep: proof.step } });
    const detail = { kind: "totp", ...why ? { why } : {} };
    await people.audit({
      event: "people.factor.enrolled",
      who: account.name,
      target: account.name,
      detail,
      source: by.source,
    });
    return await continueSession(people, session, { secondFactorAt: people.clock.now() });
  });
}

/** The session, if it may enrol a factor: as a step of its login, or freshly proven. */
export async function enrolling(people: People, by: Caller): Promise<SessionRecord> {
  const session = await needSession(people, by);
  if (session.person === BREAK_GLASS) throw sessionEnded();
  if (session.stage === "enrol-factor" || session.stage === "done" && people.isProven(session)) return session;
  if (session.stage !== "done") throw sessionEnded();
  throw new GatewayError("STEP_UP_NEEDED", "A new second factor needs a fresh proof of who you are", {
    hint: "Prove your second factor or password once more",
  });
}

/** The own second factors. */
export function listFactors({ passkeys, totp }: AccountRecord): readonly FactorInfo[] {
  return [
    ...passkeys.map(({ id, label, since }) => ({ id, kind: "passkey" as const, label, since })),
    ...totp ? [{ id: "totp", kind: "totp" as const, label: "authenticator app", since: totp.since }] : [],
  ];
}

/** Removes a second factor; the last one of a person who must have one stays. @throws GatewayError */
export async function removeFactor(people: People, session: SessionRecord, id: string): Promise<void> {
  await people.turns.take(session.person.toLowerCase(), async () => {
    const account = people.accounts.need(session.person), known = listFactors(account);
    if (!known.some((factor) => factor.id === id)) {
      throw new GatewayError("PERSON_UNKNOWN", "You have no such second factor", { hint: "List them first" });
    }
    if (known.length === 1 && people.needsFactor(account.roles)) {
      throw new GatewayError("PERSON_INVALID", "The last second factor of a person who must have one stays", {
        hint: "Enrol another one first",
      });
    }
    await people.audit({
      event: "people.factor.removed",
      who: account.name,
      target: account.name,
      detail: { factor: id },
    });
    if (id !== "totp") {
      await people.accounts.change(account.name, { passkeys: account.passkeys.filter((key) => key.id !== id) });
      return;
    }
    await people.accounts.without(account.name, "totp");
    await people.context.store.commit(people.totp.deletions(account.name));
  });
}

/** How a person proves who they are before a dangerous act. */
export interface Proof {
  readonly password?: string;
  readonly totp?: string;
}

/**
 * A fresh proof: the second factor where the person has one, else the password. Wrong ones count like wrong logins.
 * `passkey` proves by WebAuthn. @throws IdentityError LOGIN_REFUSED
 */
export async function stepUp(
  people: People,
  by: Caller,
  { password, totp }: Proof,
  passkey?: (account: AccountRecord) => Promise<boolean>,
): Promise<SessionInfo> {
  return await inOwnTurn(people, by, ["done"], async (session, account) => {
    const attempt = { name: account.name, source: by.source };
    await refuseLocked(people, attempt);
    if (account.origin !== "local" && !hasSecondFactor(account)) {
      throw new GatewayError("PERSON_INVALID", "There is nothing here that could prove once more who you are", {
        hint: "Log in anew at your provider, which is a fresh proof, and enrol a second factor here",
      });
    }
    const isSecond = passkey ? await passkey(account) : totp !== undefined && await useTotp(people, account, totp);
    const isFirst = !isSecond && !hasSecondFactor(account) && account.origin === "local" &&
      await people.passwords.proves(password ?? "", account.password?.hash);
    if (!isSecond && !isFirst) throw await countFailure(people, attempt, "login.step-up");
    await people.lockouts.succeed(attempt);
    const rule = isSecond ? "proof.second-factor" : "proof.password";
    await people.audit({ event: "people.proof.given", who: account.name, rule, source: by.source });
    const now = people.clock.now();
    const changed = await people.sessions.change(session, {
      provenAt: now,
      lastActivity: now,
      ...isSecond ? { secondFactorAt: now } : {},
    });
    return people.describe(changed);
  });
}

async function inOwnTurn<T>(
  people: People,
  by: Caller,
  stages: readonly SessionRecord["stage"][],
  work: (session: SessionRecord, account: AccountRecord) => Promise<T>,
): Promise<T> {
  const { person } = await needSession(people, by);
  return await people.turns.take(person.toLowerCase(), async () => {
    const session = await needSession(people, by), account = people.accounts.get(session.person);
    if (!account || !stages.includes(session.stage)) throw sessionEnded();
    return await work(session, account);
  });
}

function notLocal({ name, origin }: AccountRecord): GatewayError {
  return new GatewayError(
    "PERSON_INVALID",
    `The password of "${name}" is kept by the ${origin.toUpperCase()} provider`,
    {
      hint: "Change it there",
    },
  );
}

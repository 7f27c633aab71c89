import { GatewayError } from "../core/errors.ts";
import type { Caller, LoginStep } from "../core/people_api.ts";
import { hasSecondFactor } from "./accounts.ts";
import { PEOPLE_LIMITS } from "./limits.ts";
import { countFailure, refuseLocked } from "./login_refusals.ts";
import { atStep, beginSession, continueSession, type LoginPlace } from "./logins.ts";
import type { People } from "./people.ts";
import type { AccountRecord, RecoveryRecord, SessionRecord } from "./records.ts";
import { newCode, readCode } from "./secret_text.ts";

/** Groups of five characters of a generated code: 125 bits. */
const GROUPS = 5;

/**
 * New recovery codes; the old ones are dead. Each works once and stands in for one lost factor, never for both. `own` is a
 * code the person chooses, of 8 to 100 characters as the PUK of the controllers.
 */
export async function renewRecovery(people: People, session: SessionRecord, own?: string): Promise<readonly string[]> {
  const account = people.accounts.need(session.person);
  if (own !== undefined) refuseBadOwn(own);
  const codes = Array.from({ length: PEOPLE_LIMITS.recoveryCodes }, () => newCode(people.context.random, GROUPS));
  const recovery: RecoveryRecord[] = await Promise.all(
    codes.map(async (code) => ({ kind: "generated" as const, digest: await digestOf(people, account.name, code) })),
  );
  if (own !== undefined) recovery.push({ kind: "own", hash: await people.passwords.hash(own) });
  const detail = { codes: codes.length, own: own !== undefined };
  await people.audit({ event: "people.recovery.renewed", who: account.name, target: account.name, detail });
  await people.accounts.change(account.name, { recovery });
  return codes;
}

/** A code in the place of a lost second factor: the old factors are gone, new ones are enrolled. @throws LOGIN_REFUSED */
export async function loginByRecovery(people: People, by: Caller, code: string): Promise<LoginStep> {
  return await atStep(people, by, "second-factor", async (session, account, attempt) => {
    // who came in without the password must show the second factor: a code never stands in for both
    const isFree = session.recovered === undefined;
    if (!isFree || !await useCode(people, account, code, "factor", by.source)) {
      throw await countFailure(people, attempt, "login.recovery");
    }
    await people.accounts.change(account.name, { passkeys: [] });
    await people.accounts.without(account.name, "totp");
    await people.context.store.commit(people.totp.deletions(account.name));
    return await continueSession(people, session, { recovered: "factor" });
  });
}

/** A code in the place of a forgotten password; the second factor is still asked for. @throws LOGIN_REFUSED */
export async function loginForgotten(
  people: People,
  { name, code, ...place }: LoginPlace & { readonly name: string; readonly code: string },
): Promise<LoginStep> {
  const attempt = { name: name.trim().slice(0, 128), source: place.source };
  return await people.turns.take(attempt.name.toLowerCase(), async () => {
    await refuseLocked(people, attempt);
    const account = people.accounts.get(attempt.name);
    // without a second factor the code would be all that is asked for
    const isFit = account?.origin === "local" && account.state === "active" && hasSecondFactor(account);
    const isProven = await (isFit ? useCode(people, account, code, "password", place.source) : waste(people, code));
    if (!isProven || !account) throw await countFailure(people, attempt, "login.recovery");
    return await beginSession(people, account, { recovered: "password" }, place);
  });
}

/** Whether the code is one of the person's; it is used up before this answers. */
async function useCode(
  people: People,
  account: AccountRecord,
  code: string,
  instead: "factor" | "password",
  source: string,
): Promise<boolean> {
  const text = code.slice(0, PEOPLE_LIMITS.recoveryMaxChars);
  const digest = await digestOf(people, account.name, text);
  const generated = account.recovery.find((record) => record.kind === "generated" && record.digest === digest);
  const own = account.recovery.find((record) => record.kind === "own");
  const isOwn = await people.passwords.proves(text, own?.kind === "own" ? own.hash : undefined);
  const used = generated ?? (isOwn ? own : undefined);
  if (!used) return false;
  const recovery = account.recovery.filter((record) => record !== used);
  await people.accounts.change(account.name, { recovery });
  await people.audit({
    event: "people.recovery.used",
    who: account.name,
    target: account.name,
    source,
    detail: { instead, left: recovery.length },
  });
  return true;
}

/** As long as a real check takes, so that a name without codes looks like one with them. */
async function waste(people: People, code: string): Promise<boolean> {
  await people.passwords.proves(code.slice(0, PEOPLE_LIMITS.recoveryMaxChars), undefined);
  return false;
}

async function digestOf(people: People, person: string, code: string): Promise<string> {
  return await people.digest(`recovery ${person}`, readCode(code));
}

/** Length is all that is asked of an own code (as of a controller's PUK); what everybody guesses is refused. */
function refuseBadOwn(own: string): void {
  const length = [...own].length, { recoveryMinChars, recoveryMaxChars } = PEOPLE_LIMITS;
  const isGuessable = new Set(own).size < 5;
  if (length >= recoveryMinChars && length <= recoveryMaxChars && !isGuessable) return;
  throw new GatewayError("PASSWORD_REFUSED", `An own recovery code of ${length} characters cannot be used`, {
    hint: `${recoveryMinChars} to ${recoveryMaxChars} characters, at least five different ones`,
  });
}

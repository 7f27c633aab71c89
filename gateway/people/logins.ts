import type { ProviderPerson } from "../core/identity_api.ts";
import type { Caller, LoginStep } from "../core/people_api.ts";
import { type AccountRecord, BREAK_GLASS, type SessionRecord } from "./records.ts";
import type { Attempt } from "./lockouts.ts";
import type { People } from "./people.ts";
import { auditRefusal, countFailure, refuseLocked } from "./login_refusals.ts";
import { sessionEnded, type SessionStart } from "./sessions.ts";

/** Where a login comes from. */
export interface LoginPlace {
  readonly source: string;
  readonly agent: string;
}

/** What was proven of a person so far. */
export type Proven = Pick<SessionStart, "provenAt" | "provider" | "recovered" | "secondFactorAt">;

/** Another way to prove a name with a password, for people without a local account. */
export interface ForeignPassword {
  /** The person, if the password is theirs and a role is given. */
  foreignPassword(name: string, password: string): Promise<ForeignPerson | undefined>;
  start(account: AccountRecord, person: ProviderPerson, place: LoginPlace): Promise<LoginStep>;
}

/** A person whom a provider has proven by password. */
export interface ForeignPerson {
  readonly account: AccountRecord;
  readonly person: ProviderPerson;
}

/**
 * Password login. Whatever is wrong, the answer and the work are the same; each wrong try is stored before the answer.
 * @throws IdentityError LOGIN_REFUSED
 */
export async function loginByPassword(
  people: People,
  { name, password, ...place }: LoginPlace & { readonly name: string; readonly password: string },
  foreign?: ForeignPassword,
): Promise<LoginStep> {
  const typed = name.trim().slice(0, 128);
  const attempt = { name: countedAs(people, typed), source: place.source };
  return await people.turns.take(attempt.name.toLowerCase(), async () => {
    await refuseLocked(people, attempt);
    const account = people.accounts.get(typed);
    const local = account?.origin === "local" ? account : undefined;
    const isProven = await people.passwords.proves(password, local?.password?.hash);
    const other = local ? undefined : await foreign?.foreignPassword(typed, password)
      .catch(async (error) => {
        await auditRefusal(people, attempt, "login.provider-away"); // no wrong try: nobody has looked at it
        throw error;
      });
    const proven = isProven ? local : other?.account;
    if (!proven) throw await countFailure(people, attempt, local ? "login.password" : "login.unknown");
    if (proven.state === "disabled") throw await countFailure(people, attempt, "login.disabled");
    if (foreign && other) {
      const step = await foreign.start(other.account, other.person, place);
      // the directory may call the person otherwise than they typed
      if (step.step === "done") await people.lockouts.succeed(attempt);
      return step;
    }
    return await beginSession(people, proven, {}, place);
  });
}

/** Under which name tries are counted: "anna" and "anna@ldap" are one person where no local one has the name. */
function countedAs({ accounts, context }: People, typed: string): string {
  const isForeign = context.site.people.ldap !== undefined && accounts.get(typed)?.origin !== "local";
  return isForeign && !/@ldap$/i.test(typed) ? `${typed}@ldap` : typed;
}

/** The second factor by time-based code. @throws IdentityError LOGIN_REFUSED, SESSION_ENDED */
export async function loginByTotp(people: People, by: Caller, code: string): Promise<LoginStep> {
  return await atStep(people, by, "second-factor", async (session, account, attempt) => {
    if (!await useTotp(people, account, code)) throw await countFailure(people, attempt, "login.totp");
    return await continueSession(people, session, { secondFactorAt: people.clock.now() });
  });
}

/** Whether the code is good; its step is stored, so it is good once (no replay). */
export async function useTotp(people: People, account: AccountRecord, code: string): Promise<boolean> {
  const { totp } = account;
  const step = totp && await people.totp.prove(account.name, code, totp.lastStep, people.context.clock.now());
  if (!totp || step === undefined) return false;
  await people.accounts.change(account.name, { totp: { ...totp, lastStep: step } });
  return true;
}

/** Runs one step of a login in its person's turn, with the locks that hold for it. */
export async function atStep(
  people: People,
  by: Caller,
  stage: SessionRecord["stage"],
  step: (session: SessionRecord, account: AccountRecord, attempt: Attempt) => Promise<LoginStep>,
): Promise<LoginStep> {
  const known = await people.sessions.find(by.token);
  if (!known || known.stage !== stage) throw sessionEnded();
  return await people.turns.take(known.person.toLowerCase(), async () => {
    const session = await people.sessions.find(by.token); // an earlier one in this turn may have used it
    const account = session && people.accounts.get(session.person);
    if (!session || !account || account.state === "disabled") throw sessionEnded();
    const attempt = { name: account.name, source: by.source };
    await refuseLocked(people, attempt);
    return await step(session, account, attempt);
  });
}

/** A session for a person who has proven the first factor. */
export async function beginSession(
  people: People,
  account: AccountRecord,
  proven: Proven,
  { source, agent }: LoginPlace,
  beforeUse?: (session: SessionRecord) => Promise<void>,
): Promise<LoginStep> {
  const stage = people.stageOf(account, proven);
  const { token, session } = await people.sessions.start({
    person: account.name,
    stage,
    source,
    agent: agent.slice(0, 256),
    ...stage === "done" ? { provenAt: people.clock.now() } : {},
    ...proven,
  });
  await beforeUse?.(session);
  if (stage === "done") await welcome(people, session);
  return people.stepOf(session, token);
}

/** The next step of a login, with a new token. */
export async function continueSession(
  people: People,
  session: SessionRecord,
  proven: Proven,
): Promise<LoginStep> {
  const account = people.accounts.get(session.person);
  if (!account) throw sessionEnded();
  const stage = people.stageOf(account, { ...session, ...proven });
  const isNew = stage === "done" && session.stage !== "done";
  const next = await people.sessions.advance(session, {
    ...proven,
    stage,
    ...stage === "done" ? { provenAt: people.clock.now() } : {},
  });
  if (isNew) await welcome(people, next.session);
  return people.stepOf(next.session, next.token);
}

async function welcome(people: People, session: SessionRecord): Promise<void> {
  const { person, source, id, secondFactorAt, recovered } = session;
  people.context.metrics.count("bulkhead_people_logins_total", { outcome: "accepted" });
  await people.lockouts.succeed({ name: person, source });
  await people.context.alarms.clear("people.login.locked", person);
  if (people.accounts.get(person)) await people.accounts.change(person, { lastLogin: people.context.clock.now() });
  await people.audit({
    event: "people.login.accepted",
    who: person,
    source,
    rule: recovered ? "login.recovered" : secondFactorAt === undefined ? "login.one-factor" : "login.two-factors",
    detail: { session: id },
  });
}

/** Ends every session of a person but one. */
export async function endSessionsOf(
  people: People,
  person: string,
  { rule, by, but }: { readonly rule: string; readonly by: string; readonly but?: string },
): Promise<number> {
  return await people.sessions.end(people.sessions.living(person).filter(({ id }) => id !== but), rule, by);
}

/** The living session of a token that must be a person's. @throws IdentityError SESSION_ENDED */
export async function needSession(people: People, { token }: Caller): Promise<SessionRecord> {
  const session = await people.sessions.find(token);
  if (!session) throw sessionEnded();
  if (session.person !== BREAK_GLASS && people.accounts.get(session.person)?.state !== "active") throw sessionEnded();
  return session;
}

import type { LoginStep } from "../core/people_api.ts";
import { KEYS } from "../store/keys.ts";
import { PEOPLE_LIMITS } from "./limits.ts";
import { countFailure, refuseLocked } from "./login_refusals.ts";
import type { LoginPlace } from "./logins.ts";
import type { People } from "./people.ts";
import { BREAK_GLASS } from "./records.ts";
import { newCode, readCode } from "./secret_text.ts";

const KEY = [...KEYS.people, "break-glass"] as const;
/** Groups of five characters: 150 bits, on a sheet of paper in a safe. */
const GROUPS = 6;

/** What stands at ["people", "break-glass"]. Without a digest no sealed password is good. */
interface BreakGlassRecord {
  readonly digest?: string;
  readonly usedAt?: number;
}

/** A new sealed password, shown once; the old one is dead and the alarm is over. */
export async function renewBreakGlass(people: People, by: string): Promise<string> {
  const password = newCode(people.context.random, GROUPS);
  const digest = await people.digest("break-glass", readCode(password));
  await people.audit({ event: "people.break-glass.renewed", who: by, target: BREAK_GLASS });
  await people.context.store.commit([{ set: KEY, value: { digest } satisfies BreakGlassRecord }]);
  await people.context.alarms.clear("people.break-glass.used", BREAK_GLASS);
  return password;
}

/** After a start: a password that was used up before is still told. */
export async function remindOfBreakGlass(people: People): Promise<void> {
  const record = (await people.context.store.get<BreakGlassRecord>(KEY))?.value;
  if (record?.usedAt === undefined) return;
  const detail = `the sealed password was used at ${new Date(record.usedAt).toISOString()}`;
  await people.context.alarms.raise({ kind: "people.break-glass.used", subject: BREAK_GLASS, detail });
}

/**
 * Login with the sealed password alone: it needs neither hasher nor identity provider nor second factor. It works once:
 * its end is stored before the session begins, the alarm stands until a new one is sealed, and the session is short.
 * @throws IdentityError LOGIN_REFUSED
 */
export async function loginBreakGlass(
  people: People,
  { password, ...place }: LoginPlace & { readonly password: string },
): Promise<LoginStep> {
  const attempt = { name: BREAK_GLASS, source: place.source };
  return await people.turns.take(BREAK_GLASS, async () => {
    await refuseLocked(people, attempt);
    const record = (await people.context.store.get<BreakGlassRecord>(KEY))?.value;
    const digest = await people.digest("break-glass", readCode(password.slice(0, PEOPLE_LIMITS.textChars)));
    if (record?.digest === undefined || record.digest !== digest) {
      throw await countFailure(people, attempt, "login.break-glass");
    }
    await people.audit({ event: "people.break-glass.used", who: BREAK_GLASS, source: place.source });
    await people.context.store.commit([{ set: KEY, value: { usedAt: people.context.clock.now() } }]);
    await people.context.alarms.raise({
      kind: "people.break-glass.used",
      subject: BREAK_GLASS,
      detail: `from ${place.source}; the sealed password is used up`,
    });
    const now = people.clock.now();
    const { token, session } = await people.sessions.start({
      person: BREAK_GLASS,
      stage: "done",
      source: place.source,
      agent: place.agent.slice(0, PEOPLE_LIMITS.textChars),
      provenAt: now,
      secondFactorAt: now,
      notAfter: now + PEOPLE_LIMITS.breakGlassMinutes * 60_000,
    });
    return people.stepOf(session, token);
  });
}

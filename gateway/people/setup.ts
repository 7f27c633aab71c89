import type { LoginStep } from "../core/people_api.ts";
import { IdentityError } from "../core/errors.ts";
import { KEYS } from "../store/keys.ts";
import { readLocalName } from "./accounts.ts";
import { countFailure, refuseLocked } from "./login_refusals.ts";
import { beginSession, type LoginPlace } from "./logins.ts";
import type { People } from "./people.ts";
import { newCode, readCode } from "./secret_text.ts";

const KEY = [...KEYS.people, "setup"] as const;
/** Under this name wrong setup codes are counted; no person can have it. */
const SETUP = "setup code";
/** Groups of five characters: 100 bits. */
const GROUPS = 4;

/** What stands at ["people", "setup"]. */
interface SetupRecord {
  /** Keyed digest of the code that is good; absent once an administrator exists. */
  readonly digest?: string;
  readonly claimedAt?: number;
}

/** Whether the first administrator is still to be made. */
export async function isSetupOpen(people: People): Promise<boolean> {
  if (people.accounts.hasAdministrator()) return false;
  return (await people.context.store.get<SetupRecord>(KEY))?.value.claimedAt === undefined;
}

/**
 * A new setup code while the setup is open, the one before is dead; undefined when it is closed. Only its digest is
 * stored, so each start prints its own.
 */
export async function renewSetupCode(people: People): Promise<string | undefined> {
  if (!await isSetupOpen(people)) return undefined;
  const code = newCode(people.context.random, GROUPS);
  const digest = await people.digest("setup", readCode(code));
  await people.context.store.commit([{ set: KEY, value: { digest } }]);
  return code;
}

/** The setup is over for ever: an administrator was made, here or by a command. */
export async function closeSetup(people: People): Promise<void> {
  await people.context.store.commit([{ set: KEY, value: { claimedAt: people.context.clock.now() } }]);
}

/** What a person claims the setup with. */
export interface SetupClaim extends LoginPlace {
  readonly code: string;
  readonly name: string;
  readonly password: string;
}

/**
 * Makes the first administrator (invariant 17). The login goes on with the second factor, which this person must have.
 * Wrong codes are counted as wrong logins are.
 * @throws IdentityError SETUP_REFUSED; GatewayError PASSWORD_REFUSED, PERSON_INVALID
 */
export async function claimSetup(people: People, claim: SetupClaim): Promise<LoginStep> {
  return await people.turns.take(SETUP, async () => {
    const { code, password, ...place } = claim, attempt = { name: SETUP, source: place.source };
    await refuseLocked(people, attempt);
    const record = (await people.context.store.get<SetupRecord>(KEY))?.value;
    const isGood = record?.digest !== undefined && record.digest === await people.digest("setup", readCode(code));
    if (!isGood || !await isSetupOpen(people)) {
      await people.audit({ event: "people.setup.refused", who: "unknown", outcome: "refused", source: place.source });
      await countFailure(people, attempt, "login.setup");
      throw new IdentityError("SETUP_REFUSED", "The setup code is wrong, or the first administrator exists already", {
        hint: "The gateway prints the code when it starts; `user setup-code` on the box shows a new one",
      });
    }
    const name = readLocalName(claim.name), at = people.context.clock.now();
    const owner = { name, displayName: name, hasSecondFactor: true };
    const hash = await people.passwords.hashNew(password, owner);
    await people.audit({ event: "people.setup.claimed", who: name, target: name, source: place.source });
    await people.accounts.add({
      name,
      displayName: claim.name.trim(),
      origin: "local",
      roles: ["administrator"],
      groups: [],
      state: "active",
      password: { hash, at, temporary: false },
      passkeys: [],
      recovery: [],
      createdAt: at,
      createdBy: "setup",
    });
    await closeSetup(people);
    return await beginSession(people, people.accounts.need(name), {}, place);
  });
}

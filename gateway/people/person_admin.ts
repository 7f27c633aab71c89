import { GatewayError } from "../core/errors.ts";
import type { PersonInfo } from "../core/people_admin_api.ts";
import type { Role } from "../core/people_api.ts";
import { readLocalName, readRoles } from "./accounts.ts";
import { endSessionsOf } from "./logins.ts";
import { listFactors } from "./own_account.ts";
import type { People } from "./people.ts";
import type { AccountRecord } from "./records.ts";
import { newTemporaryPassword } from "./secret_text.ts";
import { closeSetup } from "./setup.ts";

/** Changes that an administrator makes to a person. */
export interface PersonChanges {
  readonly displayName?: string;
  readonly roles?: readonly string[];
  readonly groups?: readonly string[];
  readonly state?: "active" | "disabled";
}

/** A person for lists. */
export async function describePerson(people: People, account: AccountRecord): Promise<PersonInfo> {
  const { name, displayName, origin, roles, groups, state, password, lastLogin } = account;
  const lockedUntil = await people.lockouts.lockedUntil(name);
  return {
    name,
    displayName,
    origin,
    roles,
    groups,
    state,
    factors: listFactors(account).map(({ kind, label }) => `${kind} ${label}`),
    mustChange: password?.temporary ?? false,
    sessions: people.sessions.living(name).length,
    ...lockedUntil === undefined ? {} : { lockedUntil },
    ...lastLogin === undefined ? {} : { lastLogin },
  };
}

/** Makes a local account with a temporary password, which is shown once (EV-12). */
export async function addPerson(
  people: People,
  by: string,
  person: { readonly name: string; readonly displayName?: string | undefined; readonly roles: readonly string[] },
): Promise<{ readonly account: AccountRecord; readonly temporaryPassword: string }> {
  const name = readLocalName(person.name), roles = readRoles(person.roles), at = people.context.clock.now();
  if (people.accounts.get(name)) {
    throw new GatewayError("PERSON_EXISTS", `There is a person "${name}" already`, { hint: "Choose another name" });
  }
  const temporaryPassword = newTemporaryPassword(people.context.random);
  const hash = await people.passwords.hash(temporaryPassword);
  await people.audit({
    event: "people.account.added",
    who: by,
    target: name,
    detail: { origin: "local", roles: roles.join(" ") },
  });
  await people.accounts.add({
    name,
    displayName: (person.displayName ?? name).trim().slice(0, 100),
    origin: "local",
    roles,
    groups: [],
    state: "active",
    password: { hash, at, temporary: true },
    passkeys: [],
    recovery: [],
    createdAt: at,
    createdBy: by,
  });
  if (roles.includes("administrator")) await closeSetup(people);
  return { account: people.accounts.need(name), temporaryPassword };
}

/** Changes a person and ends the sessions, so that nobody goes on with what was taken away. @throws GatewayError */
export async function changePerson(
  people: People,
  by: string,
  name: string,
  changes: PersonChanges,
): Promise<AccountRecord> {
  return await people.adminTurns.take("change", () => change(people, by, name, changes));
}

async function change(people: People, by: string, name: string, changes: PersonChanges): Promise<AccountRecord> {
  const account = people.accounts.need(name);
  const roles = changes.roles && readRoles(changes.roles);
  refuseOwn(by, account, changes);
  if (roles && account.origin !== "local") {
    throw new GatewayError(
      "PERSON_INVALID",
      `The roles of "${name}" come from the groups of the ${account.origin} provider`,
      {
        hint: "Change the groups there, or people.oidc.roles or people.ldap.roles in site.yaml",
      },
    );
  }
  const isAdmin = (state: string, has: readonly Role[]) => state === "active" && has.includes("administrator");
  if (isAdmin(account.state, account.roles) && !isAdmin(changes.state ?? account.state, roles ?? account.roles)) {
    keepOneAdministrator(people, account);
  }
  const { displayName, groups, state } = changes;
  await people.audit({
    event: "people.account.changed",
    who: by,
    target: account.name,
    detail: {
      ...roles ? { roles: roles.join(" ") } : {},
      ...groups ? { groups: groups.join(" ") } : {},
      ...state ? { state } : {},
    },
  });
  const next = await people.accounts.change(account.name, {
    ...displayName === undefined ? {} : { displayName: displayName.trim().slice(0, 100) },
    ...roles ? { roles } : {},
    ...groups ? { groups: readGroups(groups) } : {},
    ...state ? { state } : {},
  });
  if (roles || groups || state) await endSessionsOf(people, account.name, { rule: "session.person-changed", by });
  return next;
}

/** A new temporary password; with `factors` also without second factors and recovery codes. Ends all sessions. */
export async function resetPerson(people: People, by: string, name: string, factors: boolean): Promise<string> {
  const account = people.accounts.need(name);
  if (account.origin !== "local") {
    throw new GatewayError("PERSON_INVALID", `The password of "${name}" is kept by the ${account.origin} provider`, {
      hint: "Change it there; --factors alone cannot be reset for such a person either: remove the person instead",
    });
  }
  const temporaryPassword = newTemporaryPassword(people.context.random);
  const hash = await people.passwords.hash(temporaryPassword);
  await people.audit({ event: "people.account.reset", who: by, target: account.name, detail: { factors } });
  const password = { hash, at: people.context.clock.now(), temporary: true };
  await people.accounts.change(account.name, { password, ...factors ? { passkeys: [], recovery: [] } : {} });
  if (factors) {
    await people.accounts.without(account.name, "totp");
    await people.context.store.commit(people.totp.deletions(account.name));
  }
  await endSessionsOf(people, account.name, { rule: "session.reset", by });
  await people.lockouts.unlock(account.name);
  return temporaryPassword;
}

/** Opens a locked login before its time. */
export async function unlockPerson(people: People, by: string, name: string): Promise<AccountRecord> {
  const account = people.accounts.need(name);
  await people.audit({ event: "people.account.unlocked", who: by, target: account.name });
  await people.lockouts.unlock(account.name);
  await people.context.alarms.clear("people.login.locked", account.name);
  await people.context.alarms.clear("people.login.locked", "interface");
  return account;
}

/** Removes a person with everything that hangs on the account. */
export async function removePerson(people: People, by: string, name: string): Promise<void> {
  await people.adminTurns.take("change", () => remove(people, by, name));
}

async function remove(people: People, by: string, name: string): Promise<void> {
  const account = people.accounts.need(name);
  refuseOwn(by, account, { state: "disabled" });
  if (account.roles.includes("administrator")) keepOneAdministrator(people, account);
  await people.audit({ event: "people.account.removed", who: by, target: account.name });
  await people.accounts.remove(account.name, people.context.clock.now());
  await endSessionsOf(people, account.name, { rule: "session.person-removed", by });
}

/** Separation of duties: nobody changes what they may do themselves. */
function refuseOwn(by: string, { name }: AccountRecord, changes: PersonChanges): void {
  if (by !== name || !changes.roles && !changes.groups && !changes.state) return;
  throw new GatewayError("PERSON_INVALID", "Nobody changes the own roles, groups or state", {
    hint: "Ask another administrator",
  });
}

function keepOneAdministrator(people: People, { name }: AccountRecord): void {
  if (people.accounts.hasAdministrator(name)) return;
  throw new GatewayError("PERSON_INVALID", `"${name}" is the last active administrator and stays one`, {
    hint: "Make another administrator first: `user add NAME --role administrator`",
  });
}

function readGroups(groups: readonly string[]): readonly string[] {
  if (groups.length <= 32 && groups.every((group) => /^[\w.@ -]{1,64}$/.test(group))) return [...new Set(groups)];
  throw new GatewayError("PERSON_INVALID", "Groups are at most 32 names of 1 to 64 letters, digits, blanks or .@-_");
}

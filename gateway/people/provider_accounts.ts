import type { ProviderPerson } from "../core/identity_api.ts";
import { type Role, ROLES } from "../core/people_api.ts";
import type { RoleGroups } from "./config.ts";
import { endSessionsOf } from "./logins.ts";
import type { People } from "./people.ts";
import type { AccountRecord } from "./records.ts";

/** Where a person logs in elsewhere. */
export type ProviderKind = "ldap" | "oidc";

/** Characters of a provider's name for a person that are kept. */
const NAME = /^[a-z0-9][a-z0-9._@+-]{0,47}$/;

/** The roles that groups give: a group counts by its whole name, letters in any case (LDAP's DNs are so). */
export function rolesOfGroups(groups: readonly string[], map: RoleGroups): readonly Role[] {
  const has = new Set(groups.map((group) => group.toLowerCase()));
  return ROLES.filter((role) => map[role].some((group) => has.has(group.toLowerCase())));
}

/** Which groups give which role, as site.yaml says. */
export function roleGroupsOf({ context }: People, kind: ProviderKind): RoleGroups | undefined {
  return context.site.people[kind]?.roles;
}

/**
 * The account of a person of a provider: found by the provider's own subject, never by name, since names change hands.
 * Undefined when the groups give no role. A first visit and other roles are audited.
 */
export async function linkAccount(
  people: People,
  kind: ProviderKind,
  person: ProviderPerson,
): Promise<AccountRecord | undefined> {
  // in turn: two first logins at the same moment are one person
  return await people.turns.take(`subject ${person.subject}`, () => link(people, kind, person));
}

async function link(people: People, kind: ProviderKind, person: ProviderPerson): Promise<AccountRecord | undefined> {
  const map = roleGroupsOf(people, kind), known = people.accounts.bySubject(person.subject);
  const roles = map ? rolesOfGroups(person.groups, map) : [];
  if (roles.length === 0) return undefined;
  const groups = person.groups.slice(0, 100), displayName = person.displayName.slice(0, 100);
  if (known) return await updateRoles(people, known, { roles, groups, displayName });
  const name = await freeName(people, kind, person), at = people.context.clock.now();
  const detail = { origin: kind, roles: roles.join(" ") };
  await people.audit({ event: "people.account.linked", who: name, target: name, detail });
  await people.accounts.add({
    name,
    displayName,
    origin: kind,
    roles,
    groups,
    state: "active",
    passkeys: [],
    recovery: [],
    subject: person.subject,
    createdAt: at,
    createdBy: kind,
  });
  return people.accounts.need(name);
}

/**
 * What the provider says now of somebody who is logged in. Without a role left all sessions end; other roles count at
 * once.
 */
export async function applyGroups(
  people: People,
  kind: ProviderKind,
  account: AccountRecord,
  groups: readonly string[],
): Promise<void> {
  const map = roleGroupsOf(people, kind), roles = map ? rolesOfGroups(groups, map) : [];
  if (roles.length === 0) {
    await people.accounts.change(account.name, { roles: [], groups: [] });
    await endSessionsOf(people, account.name, { rule: "session.no-role", by: kind });
    return;
  }
  await updateRoles(people, account, { roles, groups: groups.slice(0, 100), displayName: account.displayName });
}

async function updateRoles(
  people: People,
  account: AccountRecord,
  next: Pick<AccountRecord, "displayName" | "groups" | "roles">,
): Promise<AccountRecord> {
  const isSame = (["roles", "groups"] as const).every((key) => account[key].join("\n") === next[key].join("\n"));
  if (isSame && account.displayName === next.displayName) return account;
  if (account.roles.join() !== next.roles.join()) {
    const detail = { roles: next.roles.join(" "), before: account.roles.join(" ") };
    await people.audit({ event: "people.account.linked", who: account.name, target: account.name, detail });
  }
  return await people.accounts.change(account.name, next);
}

/** "anna@oidc"; with a mark of the subject where the name is taken by somebody else or cannot be written. */
async function freeName(people: People, kind: ProviderKind, { name, subject }: ProviderPerson): Promise<string> {
  const mark = (await people.digest("subject", subject)).slice(0, 6);
  const plain = name.trim().toLowerCase(), base = NAME.test(plain) ? plain : "person";
  const wished = `${base}@${kind}`;
  return base !== "person" && !people.accounts.get(wished) ? wished : `${base}-${mark}@${kind}`;
}

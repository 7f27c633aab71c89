import { z } from "zod";
import { TOKEN_SCOPES } from "../../core/people_admin_api.ts";
import { ROLES } from "../../core/people_api.ts";
import { operation } from "./operation.ts";

const NAME = z.string().min(1).max(64);
/** One person. */
export const PersonRow = z.object({
  name: z.string(),
  displayName: z.string(),
  origin: z.enum(["ldap", "local", "oidc"]),
  roles: z.array(z.enum(ROLES)),
  groups: z.array(z.string()),
  state: z.enum(["active", "disabled"]),
  factors: z.array(z.string()),
  mustChange: z.boolean(),
  lockedUntil: z.number().optional(),
  lastLogin: z.number().optional(),
  sessions: z.number(),
});
/** One person. */
export type PersonRow = z.infer<typeof PersonRow>;

/** All accounts. */
export const listPeople = operation({
  id: "listPeople",
  method: "get",
  path: "/people",
  tag: "people",
  summary: "Lists the accounts of people",
  needs: "people.account.list",
  input: z.object({}),
  output: z.array(PersonRow),
  call: async (person) => z.array(PersonRow).parse(await person.ask("people.account.list", {})),
});

const Temporary = z.object({ name: z.string(), temporaryPassword: z.string() });

/** A new local account. */
export const addPerson = operation({
  id: "addPerson",
  method: "post",
  path: "/people",
  tag: "people",
  summary: "Makes a local account; its temporary password is shown once",
  needs: "people.account.add",
  input: z.object({
    name: NAME,
    displayName: z.string().max(100).optional(),
    roles: z.array(z.enum(ROLES)).min(1),
  }),
  output: Temporary,
  call: async (person, { name, displayName, roles }) => {
    const named = displayName === undefined ? {} : { displayName };
    const made = await person.ask("people.account.add", { name, roles, ...named });
    return { name: made.person.name, temporaryPassword: made.temporaryPassword };
  },
});

/** Changes an account. */
export const changePerson = operation({
  id: "changePerson",
  method: "patch",
  path: "/people/{name}",
  tag: "people",
  summary: "Changes roles or state of an account; its sessions end",
  needs: "people.account.change",
  input: z.object({
    name: NAME,
    displayName: z.string().max(100).optional(),
    roles: z.array(z.enum(ROLES)).min(1).optional(),
    state: z.enum(["active", "disabled"]).optional(),
  }),
  output: PersonRow,
  call: async (person, { name, displayName, roles, state }) =>
    PersonRow.parse(
      await person.ask("people.account.change", {
        name,
        ...displayName === undefined ? {} : { displayName },
        ...roles === undefined ? {} : { roles },
        ...state === undefined ? {} : { state },
      }),
    ),
});

/** A new temporary password. */
export const resetPerson = operation({
  id: "resetPerson",
  method: "post",
  path: "/people/{name}/reset",
  tag: "people",
  summary: "Gives a person a new temporary password, shown once; all sessions end",
  needs: "people.account.reset",
  input: z.object({ name: NAME, factors: z.boolean().optional().describe("Removes the second factors too") }),
  output: Temporary,
  call: async (person, { name, factors = false }) => ({
    ...await person.ask("people.account.reset", { name, factors }),
    name,
  }),
});

/** Opens a locked login before its time. */
export const unlockPerson = operation({
  id: "unlockPerson",
  method: "post",
  path: "/people/{name}/unlock",
  tag: "people",
  summary: "Opens a locked login before its time",
  needs: "people.account.unlock",
  input: z.object({ name: NAME }),
  output: PersonRow,
  call: async (person, { name }) => PersonRow.parse(await person.ask("people.account.unlock", { name })),
});

/** Removes an account. */
export const removePerson = operation({
  id: "removePerson",
  method: "delete",
  path: "/people/{name}",
  tag: "people",
  summary: "Removes an account; its sessions end",
  needs: "people.account.remove",
  input: z.object({ name: NAME }),
  output: z.object({ removed: z.string() }),
  call: async (person, { name }) => {
    await person.ask("people.account.remove", { name });
    return { removed: name };
  },
});

/** One session. */
export const SessionRow = z.object({
  id: z.string(),
  person: z.string(),
  displayName: z.string(),
  origin: z.string(),
  roles: z.array(z.string()),
  stage: z.string(),
  source: z.string(),
  agent: z.string(),
  since: z.number(),
  lastActivity: z.number(),
  idleAt: z.number(),
  endsAt: z.number(),
});
/** One session. */
export type SessionRow = z.infer<typeof SessionRow>;

/** Sessions: the own ones, or everybody's. */
export const listSessions = operation({
  id: "listSessions",
  method: "get",
  path: "/sessions",
  tag: "people",
  summary: "Lists living sessions: the own ones, or everybody's for administrators",
  needs: "people.session.list",
  input: z.object({ all: z.boolean().optional() }),
  output: z.array(SessionRow),
  call: async (person, { all = false }) => z.array(SessionRow).parse(await person.ask("people.session.list", { all })),
});

/** Ends a session. */
export const endSession = operation({
  id: "endSession",
  method: "delete",
  path: "/sessions/{id}",
  tag: "people",
  summary: "Ends a session at once",
  needs: "people.session.end",
  input: z.object({ id: z.string().max(64) }),
  output: z.object({ ended: z.number() }),
  call: async (person, { id }) => await person.ask("people.session.end", { session: id }),
});

/** One API token. */
export const TokenRow = z.object({
  id: z.string(),
  person: z.string(),
  label: z.string(),
  scopes: z.array(z.enum(TOKEN_SCOPES)),
  since: z.number(),
  expiresAt: z.number(),
  lastUsed: z.number().optional(),
});
/** One API token. */
export type TokenRow = z.infer<typeof TokenRow>;

/** API tokens. */
export const listTokens = operation({
  id: "listApiTokens",
  method: "get",
  path: "/tokens",
  tag: "people",
  summary: "Lists the own API tokens, or everybody's for administrators",
  needs: "people.token.list",
  input: z.object({}),
  output: z.array(TokenRow),
  call: async (person) => z.array(TokenRow).parse(await person.ask("people.token.list", {})),
});

/** A new API token. */
export const addToken = operation({
  id: "addApiToken",
  method: "post",
  path: "/tokens",
  tag: "people",
  summary: "Makes an API token; its secret is shown once",
  needs: "people.token.add",
  input: z.object({
    label: NAME,
    scopes: z.array(z.enum(TOKEN_SCOPES)).min(1),
    days: z.number().int().min(1).max(366),
  }),
  output: z.object({ token: TokenRow, secret: z.string() }),
  call: async (person, input) => {
    const { token, secret } = await person.ask("people.token.add", input);
    return { token: TokenRow.parse(token), secret };
  },
});

/** Ends an API token. */
export const revokeToken = operation({
  id: "revokeApiToken",
  method: "delete",
  path: "/tokens/{id}",
  tag: "people",
  summary: "Ends an API token at once",
  needs: "people.token.revoke",
  input: z.object({ id: z.string().max(64) }),
  output: z.object({ revoked: z.string() }),
  call: async (person, { id }) => {
    await person.ask("people.token.revoke", { id });
    return { revoked: id };
  },
});

const Preset = z.object({
  "preset": z.string(),
  "length": z.string().describe('Characters, as "15 to 128"'),
  "with a second factor": z.string().describe("Characters where a second factor is always asked for"),
  "digit": z.string(),
  "upper case": z.string(),
  "lower case": z.string(),
  "special": z.string(),
  "refused words": z.string(),
  "source": z.string().describe("The rule that it follows"),
});
const PasswordPolicy = z.object({ inForce: z.string(), presets: z.array(Preset) });
/** The rules for passwords that a site can choose from. */
export type PasswordPolicy = z.infer<typeof PasswordPolicy>;

/** The rules for passwords. */
export const readPasswordPolicy = operation({
  id: "readPasswordPolicy",
  method: "get",
  path: "/password-policy",
  tag: "people",
  summary: "The presets for passwords of people side by side, and which is in force",
  needs: "command user policy",
  input: z.object({}),
  output: PasswordPolicy,
  call: async (person) => PasswordPolicy.parse((await person.run("user policy")).data),
});

import type { CommandArgs, CommandCaller, CommandResult } from "../control/contract.ts";
import type { Json } from "../core/control_api.ts";
import { GatewayError } from "../core/errors.ts";
import type { PersonAdminApi } from "../core/people_admin_api.ts";
import type { RpcHandlers } from "../core/rpc.ts";
import type { ApiTokens } from "./api_tokens.ts";
import { renewBreakGlass } from "./break_glass.ts";
import type { Callers } from "./callers.ts";
import type { People } from "./people.ts";
import { addPerson, changePerson, describePerson, removePerson, resetPerson, unlockPerson } from "./person_admin.ts";

/** Runs a command for a named person, as the control socket does. */
export type RunCommand = (
  command: string,
  args: CommandArgs,
  who: string,
  caller: CommandCaller,
) => Promise<CommandResult>;

/** Accounts, tokens and commands, as the console asks for them. */
export function adminHandlers(
  people: People,
  callers: Callers,
  tokens: ApiTokens,
  run: RunCommand,
): RpcHandlers<PersonAdminApi> {
  return {
    "people.account.list": async ({ by }) => {
      await callers.allow("people.account.list", by);
      return await Promise.all(people.accounts.all().map((account) => describePerson(people, account)));
    },
    "people.account.add": async ({ by, ...person }) => {
      const { person: who } = await callers.allow("people.account.add", by);
      const { account, temporaryPassword } = await addPerson(people, who, person);
      return { person: await describePerson(people, account), temporaryPassword };
    },
    "people.account.change": async ({ by, name, ...changes }) => {
      const { person: who } = await callers.allow("people.account.change", by);
      return await describePerson(people, await changePerson(people, who, name, changes));
    },
    "people.account.reset": async ({ by, name, factors = false }) => {
      const { person: who } = await callers.allow("people.account.reset", by);
      return { temporaryPassword: await resetPerson(people, who, name, factors) };
    },
    "people.account.unlock": async ({ by, name }) => {
      const { person: who } = await callers.allow("people.account.unlock", by);
      return await describePerson(people, await unlockPerson(people, who, name));
    },
    "people.account.remove": async ({ by, name }) => {
      const { person: who } = await callers.allow("people.account.remove", by);
      await removePerson(people, who, name);
    },
    "people.break-glass.renew": async ({ by }) => {
      const { person: who } = await callers.allow("people.break-glass.renew", by);
      return { password: await renewBreakGlass(people, who) };
    },
    "people.token.list": async ({ by }) => {
      const { person, roles } = await callers.allow("people.token.list", by);
      return tokens.list(roles.includes("administrator") ? undefined : person);
    },
    "people.token.add": async ({ by, ...token }) => {
      const { person } = await callers.allow("people.token.add", by);
      return await tokens.add(person, token);
    },
    "people.token.revoke": async ({ by, id }) => {
      const { person, roles } = await callers.allow("people.token.revoke", by);
      await tokens.revoke(person, id, roles.includes("administrator"));
    },
    "people.run": async ({ by, command, args }) => {
      const { person, source, session } = await callers.allow(`command ${command}`, by);
      const proven = session?.secondFactorAt;
      const caller = { source, ...proven === undefined ? {} : { secondFactorAt: proven } };
      return await run(command, readArgs(args), person, caller);
    },
  };
}

/** The arguments of a command as the command line would have parsed them. @throws GatewayError CTL_REFUSED */
function readArgs(args: Json): CommandArgs {
  const isText = (value: unknown) => typeof value === "string";
  const isGood = typeof args === "object" && args !== null && !Array.isArray(args) &&
    Object.values(args).every((value) =>
      isText(value) || typeof value === "boolean" || Array.isArray(value) && value.every(isText)
    );
  if (isGood) return args as CommandArgs;
  throw new GatewayError("CTL_REFUSED", "The arguments of a command are texts, lists of texts or flags");
}

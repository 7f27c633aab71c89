import type { CommandArgs, CommandResult, ControlContext, ControlFeature } from "../control/contract.ts";
import type { Json } from "../core/control_api.ts";
import { describeError, GatewayError } from "../core/errors.ts";
import { Callers } from "./callers.ts";
import { PEOPLE_LIMITS } from "./limits.ts";
import { loginHandlers } from "./login_handlers.ts";
import { People } from "./people.ts";
import { renewSetupCode } from "./setup.ts";
import { userCommands } from "./user_commands.ts";

/** What the feature needs beside the context. */
export interface PeopleFeatureParts {
  readonly context: ControlContext;
  /** Names of all commands of control. */
  readonly commands: () => readonly string[];
  /** Runs a command for a named person, as the control socket does. */
  readonly run: (command: string, args: CommandArgs, who: string) => Promise<CommandResult>;
}

/** People: accounts, logins, sessions, and who may do what. */
export async function createPeopleFeature({ context, commands, run }: PeopleFeatureParts): Promise<ControlFeature> {
  const people = await People.open(context, commands);
  const callers = new Callers(people, () => Promise.resolve(undefined));
  const cancel = context.timers.every(PEOPLE_LIMITS.sweepMs, () => {
    people.sessions.sweep().catch((error) => context.log.warn("people.sweep.failed", { msg: describeError(error) }));
  });
  await announceSetup(people);
  return {
    name: "people",
    handlers: {
      ...loginHandlers(people, callers),
      "people.run": async ({ by, command, args }) => {
        const { person } = await callers.allow(`command ${command}`, by);
        return await run(command, readArgs(args), person);
      },
    },
    commands: userCommands(people),
    stop: () => Promise.resolve(cancel()),
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

/** Prints a setup code of this start while nobody administrates (invariant 17). */
async function announceSetup(people: People): Promise<void> {
  const { site, main, log } = people.context;
  const code = site.console && await renewSetupCode(people);
  if (!code) return;
  const line = `SETUP code ${code} makes the first administrator at the console`;
  main.call("main.announce", { line }).catch((error) => {
    log.warn("people.setup.unannounced", { msg: describeError(error) }); // `user setup-code` shows one as well
  });
}

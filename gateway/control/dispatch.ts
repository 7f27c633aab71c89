import { GatewayError } from "../core/errors.ts";
import type { Audit, CommandArgs, CommandResult, ControlFeature } from "./contract.ts";

/**
 * Runs a command of one of the features for a named person. Everything is audited before it runs, so that a command
 * that ends the process has left its record.
 */
export async function dispatchCommand(
  { features, audit }: { readonly features: readonly ControlFeature[]; readonly audit: Audit },
  command: string,
  args: CommandArgs,
  who: string,
): Promise<CommandResult> {
  const commands = features.map((feature) => feature.commands ?? {});
  const handler = commands.find((each) => Object.hasOwn(each, command))?.[command]; // "toString" is no command
  if (!handler) {
    throw new GatewayError("CTL_REFUSED", `The running gateway has no command "${command}"`, {
      hint: "Its version may be older than this command line: run `version` and `status`",
    });
  }
  const target = args["station"];
  await audit.record({
    event: "control.command.ran",
    class: "access",
    who,
    ...typeof target === "string" ? { target } : {},
    outcome: "ok",
    detail: { command },
  });
  return await handler(args, who);
}

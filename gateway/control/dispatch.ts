import { GatewayError } from "../core/errors.ts";
import type { Audit, CommandArgs, CommandResult, ControlFeature } from "./contract.ts";

/**
 * Runs a command of one of the features for a named person. It is audited before it runs, so that a command that ends
 * the process has left its record; one that fails leaves a second record that says so.
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
  const target = typeof args["station"] === "string" ? { target: args["station"] } : {};
  const event = { event: "control.command.ran", class: "access", who, ...target } as const;
  await audit.record({ ...event, outcome: "ok", detail: { command } });
  try {
    return await handler(args, who);
  } catch (error) {
    const code = error instanceof GatewayError ? error.code : "CTL_FAILED";
    await audit.record({ ...event, outcome: "failed", detail: { command, code } });
    throw error;
  }
}

import type { CommandArgs } from "../control/contract.ts";

/** The person in whose name a command runs: as --as says, else who called it, by sudo too. */
export function callerOf({ as }: CommandArgs): string {
  return typeof as === "string" ? as : Deno.env.get("SUDO_USER") ?? Deno.env.get("USER") ?? "root";
}

import type { CommandArgs } from "../control/contract.ts";
import { GatewayError } from "../core/errors.ts";
import { DECOMMISSION_LIMITS } from "./limits.ts";

/** A text that stands in a certificate. @throws GatewayError DECOMMISSION_INVALID when it is empty or too long */
export function textOf(args: CommandArgs, name: string): string {
  const text = String(args[name] ?? "").trim(), { textChars } = DECOMMISSION_LIMITS;
  if (text !== "" && text.length <= textChars) return text;
  throw new GatewayError("DECOMMISSION_INVALID", `--${name} has ${text.length} characters, wanted 1 to ${textChars}`, {
    hint: `Pass --${name} TEXT; it stands in the certificate`,
  });
}

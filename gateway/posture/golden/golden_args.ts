import type { CommandArgs } from "../../control/contract.ts";
import { GatewayError } from "../../core/errors.ts";
import { POSTURE_LIMITS } from "../limits.ts";

/** A text of an argument. @throws GatewayError CLI_USAGE when it is empty or too long */
export function textIn(given: CommandArgs[string]): string | undefined {
  if (given === undefined) return undefined;
  const text = String(given).trim();
  if (text !== "" && text.length <= POSTURE_LIMITS.textChars) return text;
  throw new GatewayError("CLI_USAGE", `A text of ${text.length} characters`, {
    hint: `Write 1 to ${POSTURE_LIMITS.textChars}`,
  });
}

/** Names with commas between them. @throws GatewayError CLI_USAGE when it is empty or too long */
export function listIn(given: CommandArgs[string], chars = 10_000): readonly string[] | undefined {
  if (given === undefined) return undefined;
  const text = String(given), list = text.split(",").map((name) => name.trim()).filter((name) => name !== "");
  if (list.length > 0 && text.length <= chars) return [...new Set(list)];
  throw new GatewayError("CLI_USAGE", `A list of ${text.length} characters`, {
    hint: `Write 1 to ${chars}, with commas`,
  });
}

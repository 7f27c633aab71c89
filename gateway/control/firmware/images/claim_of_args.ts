import type { CommandArgs } from "../../contract.ts";
import { GatewayError } from "../../../core/errors.ts";
import type { ImageClaim } from "../../../core/firmware_api.ts";
import { FIRMWARE_LIMITS } from "../../../firmware/limits.ts";

/** An option that is a text. */
export function textOf(args: CommandArgs, name: string): string | undefined {
  const value = args[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** An option that has to be there. @throws GatewayError CLI_USAGE */
export function requiredText(args: CommandArgs, name: string): string {
  const value = textOf(args, name);
  if (value !== undefined) return value;
  throw new GatewayError("CLI_USAGE", `"${name}" is missing`, { hint: "See `help firmware`" });
}

/** What a person says about an image. @throws GatewayError CLI_USAGE for a word that cannot be right */
export function claimOf(args: CommandArgs): ImageClaim {
  const short = (name: string) => {
    const value = requiredText(args, name);
    if (value.length <= FIRMWARE_LIMITS.nameChars) return value;
    throw usage(`--${name} has ${value.length} characters: at most ${FIRMWARE_LIMITS.nameChars}`);
  };
  const models = (textOf(args, "models") ?? "").split(",").map((model) => model.trim()).filter((model) => model !== "");
  if (models.length > FIRMWARE_LIMITS.models) {
    throw usage(`--models names ${models.length}: at most ${FIRMWARE_LIMITS.models}`);
  }
  const sha256 = textOf(args, "sha256");
  if (sha256 !== undefined && !/^[0-9a-fA-F]{64}$/.test(sha256)) throw usage("--sha256 is not 64 hex digits");
  const given: Record<string, string> = {};
  for (const name of ["signature", "certificate", "sha256", "minisig", "fileName"] as const) {
    const value = textOf(args, name);
    if (value !== undefined) given[name] = value.trim() === "" ? value : name === "minisig" ? value : value.trim();
  }
  return { vendor: short("vendor").toLowerCase(), version: short("version"), models, ...given };
}

function usage(message: string): GatewayError {
  return new GatewayError("CLI_USAGE", message, { hint: "See `help firmware import`" });
}

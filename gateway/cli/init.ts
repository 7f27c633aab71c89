import { basename, join, resolve } from "node:path";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { GatewayError } from "../core/errors.ts";
import { type Random, systemRandom } from "../core/timers.ts";
import { STARTER_RULES, starterSite } from "./starter_site.ts";

/** Stations of the starter site, each with a generated password. */
const STATIONS = ["CP001", "CP002"] as const;

/** 32 letters and digits that people do not mistake for each other. */
const LETTERS = "abcdefghijkmnpqrstuvwxyz23456789";

/** 28 letters of 5 random bits each: 140 bits, and within the 16 to 40 characters of OCPP (O-05). */
const PASSWORD_LETTERS = 28;

/**
 * `init DIR`: writes a commented starter site that runs on loopback, with generated station passwords (mode 0600).
 * @throws GatewayError CLI_EXISTS when any of its files exists: nothing is written then
 */
export async function runInit(args: CommandArgs, random: Random = systemRandom): Promise<CommandResult> {
  const folder = resolve(String(args["dir"]));
  const files: Record<string, string> = {
    "site.yaml": starterSite(siteIdOf(folder)),
    [join("rules", "ocpp.yaml")]: STARTER_RULES,
  };
  for (const id of STATIONS) files[join("secrets", id)] = `${makePassword(random)}\n`;
  for (const name of [...Object.keys(files), "data"]) await refuseExisting(join(folder, name));
  await Deno.mkdir(folder, { recursive: true, mode: 0o755 });
  for (const name of ["secrets", "data"]) await Deno.mkdir(join(folder, name), { recursive: true, mode: 0o700 });
  await Deno.mkdir(join(folder, "rules"), { recursive: true, mode: 0o755 });
  for (const [name, text] of Object.entries(files)) {
    const mode = name.startsWith("secrets") ? 0o600 : 0o644;
    await Deno.writeTextFile(join(folder, name), text, { createNew: true, mode });
  }
  const written = Object.keys(files).map((name) => join(folder, name));
  return { text: nextSteps(folder, written), data: { folder, written } };
}

/** The folder's name as a site id, or "starter" when it cannot be one. */
function siteIdOf(folder: string): string {
  const name = basename(folder).replace(/[^A-Za-z0-9._-]/g, "-").replace(/^[^A-Za-z0-9]+/, "").slice(0, 48);
  return name === "" ? "starter" : name;
}

function makePassword(random: Random): string {
  return Array.from(random.bytes(PASSWORD_LETTERS), (byte) => LETTERS[byte & 31]).join("");
}

async function refuseExisting(path: string): Promise<void> {
  try {
    await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return;
    throw error;
  }
  throw new GatewayError("CLI_EXISTS", `"${path}" exists, and init overwrites nothing`, {
    hint: "Name a folder that is new or empty",
  });
}

function nextSteps(folder: string, written: readonly string[]): string {
  const config = join(folder, "site.yaml");
  return [
    ...written.map((file) => `wrote ${file}`),
    "",
    "What to do next:",
    `  1. deno task start check --config ${config}`,
    `  2. deno task start run --config ${config}`,
    "     prints READY with every address that listens",
    "  3. Point a station at wss://127.0.0.1:8444/ocpp/CP001 with the password in secrets/CP001,",
    "     and put your CSMS's URL under ocpp.csms",
    `  4. deno task start why CP001 --config ${config}`,
    "     says what is missing until it charges",
  ].join("\n");
}

import { dirname } from "node:path";
import { controlSocketPath } from "../control/data_paths.ts";
import type { Box } from "../core/conduit.ts";
import { GatewayError } from "../core/errors.ts";

/** Folders looked at; a parent with thousands of them is no place of data folders. */
export const FOLDERS_LOOKED_AT = 200;

/**
 * Data folders near this site's on whose control socket a gateway answers: beside site.yaml, and beside the data folder
 * that site.yaml names. After a change of `site.dataDir` the running gateway is still on the old one.
 */
export async function findOtherGateways(box: Pick<Box, "configDir" | "dataDir">): Promise<readonly string[]> {
  const folders = new Set<string>();
  for (const parent of new Set([box.configDir, dirname(box.dataDir)])) {
    for (const name of await foldersIn(parent)) folders.add(`${parent === "/" ? "" : parent}/${name}`);
  }
  folders.delete(box.dataDir);
  const answers = await Promise.all([...folders].map(answersOn));
  return [...folders].filter((_, at) => answers[at]).sort();
}

/** CTL_NOT_RUNNING with what the command line knows of other gateways; any other error as it is. */
export async function explainNotRunning(error: unknown, box: Box): Promise<unknown> {
  if (!(error instanceof GatewayError) || error.code !== "CTL_NOT_RUNNING") return error;
  const others = await findOtherGateways(box);
  const where = `${error.message}: looked in the data folder that "${box.configFile}" names in site.dataDir`;
  if (others.length === 0) return new GatewayError(error.code, where, detailOf(error, error.hint));
  const found = others.map((folder) => `"${folder}"`).join(", ");
  const hint =
    `A gateway answers on the data folder ${found}. If it is this site's, site.dataDir was changed while it ` +
    "ran: set it back to reach it, and stop it (SIGTERM) before the change";
  return new GatewayError(error.code, where, detailOf(error, hint));
}

function detailOf({ cause }: GatewayError, hint: string | undefined) {
  return { cause, ...(hint === undefined ? {} : { hint }) };
}

async function foldersIn(parent: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(parent)) {
      if (isDirectory) names.push(name);
      if (names.length >= FOLDERS_LOOKED_AT) break;
    }
  } catch (error) {
    if (!isOutOfReach(error)) throw error;
  }
  return names;
}

async function answersOn(dataDir: string): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path: controlSocketPath({ dataDir }) })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused || isOutOfReach(error)) return false;
    throw error;
  }
}

/** Not there, or not ours to look at: nothing that a hint could name. */
function isOutOfReach(error: unknown): boolean {
  const { NotCapable, NotADirectory, NotFound, PermissionDenied } = Deno.errors;
  return [NotCapable, NotADirectory, NotFound, PermissionDenied].some((kind) => error instanceof kind);
}

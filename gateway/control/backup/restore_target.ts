import { dirname } from "node:path";
import { GatewayError } from "../../core/errors.ts";
import { controlSocketPath } from "../data_paths.ts";

/** One folder that comes into place by a rename. */
export interface Move {
  readonly from: string;
  readonly to: string;
}

/** Whether something is there. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** @throws GatewayError BACKUP_TARGET_NOT_BLANK unless the folder is absent or empty */
export async function assertBlank(folder: string): Promise<void> {
  if (!await exists(folder)) return;
  for await (const entry of Deno.readDir(folder)) {
    throw new GatewayError("BACKUP_TARGET_NOT_BLANK", `Cannot restore into "${folder}": it holds "${entry.name}"`, {
      hint: "Name a blank folder with --to, or add --force: what is there is then set aside, not deleted",
    });
  }
}

/** @throws GatewayError BACKUP_TARGET_IN_USE when a gateway answers on the data folder's control socket */
export async function assertNotRunning(dataDir: string): Promise<void> {
  const path = controlSocketPath({ dataDir });
  try {
    (await Deno.connect({ transport: "unix", path })).close();
  } catch (error) {
    const isAway = error instanceof Deno.errors.NotFound || error instanceof Deno.errors.ConnectionRefused;
    if (isAway) return;
    throw error;
  }
  throw new GatewayError("BACKUP_TARGET_IN_USE", `Cannot restore: a gateway runs on the data folder "${dataDir}"`, {
    hint: "Stop it first",
  });
}

/**
 * Renames every folder into place; what is there goes aside under a name with the time.
 * @returns where the old ones went
 */
export async function moveInto(moves: readonly Move[], now: number): Promise<string[]> {
  const stamp = new Date(now).toISOString().replace(/[-:]|\.\d+/g, "");
  const setAside: string[] = [];
  for (const { from, to } of moves) {
    if (await isEmptyFolder(to)) await Deno.remove(to);
    else if (await exists(to)) {
      const aside = `${to}.before-restore-${stamp}`;
      await Deno.rename(to, aside);
      setAside.push(aside);
    }
    await Deno.mkdir(dirname(to), { recursive: true });
    await Deno.rename(from, to);
    using folder = await Deno.open(dirname(to));
    await folder.sync();
  }
  return setAside;
}

async function isEmptyFolder(path: string): Promise<boolean> {
  if (!await exists(path) || !(await Deno.lstat(path)).isDirectory) return false;
  for await (const _entry of Deno.readDir(path)) return false;
  return true;
}

import { GatewayError } from "../../core/errors.ts";
import { isBackupName } from "./create_backup.ts";

/** A folder that backups go to: another disk, or a share mounted there. */
export interface FolderTarget {
  /** Absolute. */
  readonly folder: string;
  readonly site: string;
  /** Backups of this site kept there. */
  readonly keep: number;
}

/**
 * Copies a backup into a folder: under another name first, fsynced, then renamed; then removes the oldest ones beyond
 * `keep`. Files that are no backups of this site are never touched.
 * @throws GatewayError BACKUP_FAILED
 */
export async function copyToFolder(target: FolderTarget, file: string, name: string): Promise<void> {
  try {
    await Deno.mkdir(target.folder, { recursive: true, mode: 0o700 });
    await copyDurably(file, `${target.folder}/${name}`);
    for (const old of await surplus(target)) await Deno.remove(`${target.folder}/${old}`);
  } catch (cause) {
    throw new GatewayError("BACKUP_FAILED", `Cannot copy the backup to folder "${target.folder}"`, {
      hint: "Is it mounted, writable by the gateway's user and large enough?",
      cause,
    });
  }
}

/** Names of the oldest backups beyond `keep`; their names sort by time. */
export function surplusOf(names: Iterable<string>, site: string, keep: number): string[] {
  const backups = [...names].filter((name) => isBackupName(site, name)).sort();
  return backups.slice(0, Math.max(0, backups.length - keep));
}

async function surplus({ folder, site, keep }: FolderTarget): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(folder)) if (entry.isFile) names.push(entry.name);
  return surplusOf(names, site, keep);
}

async function copyDurably(from: string, to: string): Promise<void> {
  const temporary = `${to}.part`;
  try {
    using input = await Deno.open(from);
    using output = await Deno.open(temporary, { write: true, create: true, truncate: true, mode: 0o600 });
    await input.readable.pipeTo(output.writable, { preventClose: true });
    await output.sync();
    await Deno.rename(temporary, to);
  } catch (error) {
    await Deno.remove(temporary).catch((gone) => {
      if (!(gone instanceof Deno.errors.NotFound)) throw gone;
    });
    throw error;
  }
}

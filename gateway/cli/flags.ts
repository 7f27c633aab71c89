import { resolve } from "node:path";
import { diskReaders } from "../config/disk_readers.ts";
import { flagsLine, unionFlags } from "../config/flags.ts";
import { type LoadedSite, loadSite } from "../config/load.ts";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import type { WorkerSpec } from "../core/conduit.ts";

/** `flags`: prints the `deno run` flags that this site's Workers need, as one line for a systemd unit or a shell. */
export async function runFlags(
  args: CommandArgs,
  workersOf: (loaded: LoadedSite) => readonly WorkerSpec[],
): Promise<CommandResult> {
  const loaded = await loadSite(String(args["config"] ?? "site.yaml"), diskReaders);
  const files = [...loaded.materials.keys()].map((file) => resolve(loaded.box.configDir, file));
  const flags = unionFlags(workersOf(loaded), loaded.box, files);
  return { text: flagsLine(flags), data: { flags } };
}

import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { diskReaders } from "../config/disk_readers.ts";
import { loadSite } from "../config/load.ts";
import { dataFolders } from "../core/data_folders.ts";
import { GatewayError } from "../core/errors.ts";
import { makeFile } from "./new_file.ts";
import { runRemotely } from "./dispatch_command.ts";

/**
 * `firmware hand-out UPLOAD --file FILE`: the gateway makes the encrypted ZIP in its own folder, from where it is taken
 * here. An existing file is never written over, and that is seen before the gateway makes anything.
 */
export async function runFirmwareHandOut(
  args: CommandArgs,
  run: (command: string, args: CommandArgs) => Promise<CommandResult> = runRemotely,
): Promise<CommandResult> {
  const { file, ...rest } = args;
  if (typeof file !== "string") {
    throw new GatewayError("CLI_USAGE", "--file is missing: where the ZIP is to go", {
      hint: "See `help firmware hand-out`",
    });
  }
  const { box } = await loadSite(String(args["config"] ?? "site.yaml"), diskReaders);
  await makeFile(file);
  try {
    const made = await run("firmware hand-out", rest), { id } = made.data as { readonly id: string };
    const from = `${dataFolders(box).handOuts}/${id}`;
    const [zip, to] = [await Deno.open(from), await Deno.open(file, { write: true })];
    await zip.readable.pipeTo(to.writable);
    await Deno.remove(from);
    const data = { ...made.data as Record<string, never>, file };
    return { text: `${made.text}\nWritten to ${file}`, data };
  } catch (error) {
    await Deno.remove(file);
    throw error;
  }
}

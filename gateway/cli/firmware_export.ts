import { createHash } from "node:crypto";
import { diskReaders } from "../config/disk_readers.ts";
import { loadSite } from "../config/load.ts";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { dataFolders } from "../core/data_folders.ts";
import { GatewayError } from "../core/errors.ts";
import { runRemotely } from "./dispatch_command.ts";
import { makeFile } from "./new_file.ts";

/**
 * `firmware export IMAGE --file FILE`: the gateway reads the image anew and records who takes it; the bytes are taken from
 * the vault's folder here, and hashed once more on their way.
 */
export async function runFirmwareExport(
  args: CommandArgs,
  run: (command: string, args: CommandArgs) => Promise<CommandResult> = runRemotely,
): Promise<CommandResult> {
  const { file, ...rest } = args;
  if (typeof file !== "string") {
    throw new GatewayError("CLI_USAGE", "--file is missing: where the image is to go", {
      hint: "See `help firmware export`",
    });
  }
  const { box } = await loadSite(String(args["config"] ?? "site.yaml"), diskReaders);
  await makeFile(file);
  try {
    const made = await run("firmware export", rest), { sha256 } = made.data as { readonly sha256: string };
    await copyProven(`${dataFolders(box).verifiedImages}/${sha256}`, file, sha256);
    return { text: `${made.text}\nWritten to ${file}`, data: { ...made.data as Record<string, never>, file } };
  } catch (error) {
    await Deno.remove(file);
    throw error;
  }
}

async function copyProven(from: string, to: string, sha256: string): Promise<void> {
  using source = await Deno.open(from);
  using target = await Deno.open(to, { write: true });
  const hash = createHash("sha256"), buffer = new Uint8Array(COPY_BYTES);
  for (let count; (count = await source.read(buffer)) !== null;) {
    const part = buffer.subarray(0, count);
    hash.update(part);
    for (let at = 0; at < part.length;) at += await target.write(part.subarray(at));
  }
  await target.sync();
  if (hash.digest("hex") !== sha256) {
    throw new GatewayError("FIRMWARE_CHANGED", "The image was changed while it was taken out", {
      hint: `\`firmware verify ${sha256.slice(0, 12)}\``,
    });
  }
}

const COPY_BYTES = 1_048_576;

import { Buffer } from "node:buffer";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { diskReaders } from "../config/disk_readers.ts";
import { loadSite } from "../config/load.ts";
import { ConfigError, GatewayError } from "../core/errors.ts";
import { systemRandom } from "../core/timers.ts";
import { uploadsDir } from "../core/firmware_api.ts";
import { runRemotely } from "./dispatch_command.ts";
import { vendorText } from "./firmware_claim_files.ts";

/** Options that name files which control cannot read. */
const FILES = ["signature", "certificate", "minisig"] as const;

/**
 * `firmware import`: copies the file into the drop folder, since the gateway can read no file of the caller, and lets the
 * gateway judge it there. The copy is removed by the gateway, or here when it could not be asked.
 */
export async function runFirmwareImport(args: CommandArgs): Promise<CommandResult> {
  const file = String(args["file"]);
  const { box } = await loadSite(String(args["config"] ?? "site.yaml"), diskReaders);
  const upload = Buffer.from(systemRandom.bytes(16)).toString("hex");
  const path = `${uploadsDir(box)}/${upload}`;
  const name = file.split("/").at(-1)!;
  await copyIn(file, path);
  try {
    const { file: _, ...rest } = await withClaimFiles(args);
    const isBundle = name.toLowerCase().endsWith(".fwb");
    const named = isBundle || name.toLowerCase().endsWith(".zip") ? {} : { fileName: name };
    return await runRemotely("firmware import", { ...rest, ...named, upload, ...(isBundle ? { bundle: true } : {}) });
  } finally {
    await Deno.remove(path).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}

/** `firmware fetch`: the files that say something about the image go along as text. */
export async function runFirmwareFetch(args: CommandArgs): Promise<CommandResult> {
  return await runRemotely("firmware fetch", await withClaimFiles(args));
}

async function copyIn(file: string, path: string): Promise<void> {
  try {
    using from = await Deno.open(file);
    using to = await Deno.open(path, { write: true, createNew: true, mode: 0o644 }); // the folder is its owner's alone
    await from.readable.pipeTo(to.writable, { preventClose: true });
  } catch (cause) {
    await Deno.remove(path).catch(() => undefined);
    if (cause instanceof Deno.errors.NotFound && !await exists(path.slice(0, path.lastIndexOf("/")))) {
      throw new GatewayError("CTL_NOT_RUNNING", "The gateway of this site has no drop folder for firmware", {
        cause,
        hint: "Add a `firmware:` section to site.yaml and start or reload the gateway",
      });
    }
    throw new ConfigError("CFG_UNREADABLE", `Cannot copy "${file}" into the drop folder of the gateway`, { cause });
  }
}

const exists = (path: string): Promise<boolean> => Deno.stat(path).then(() => true, () => false);

/** Files that say something about the image go along as text. */
async function withClaimFiles(args: CommandArgs): Promise<CommandArgs> {
  const sent: Record<string, CommandArgs[string]> = { ...args };
  for (const option of FILES) {
    const file = args[option];
    if (typeof file === "string") sent[option] = await vendorText(file);
  }
  return sent;
}

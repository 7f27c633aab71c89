import { resolve } from "node:path";
import { diskReaders } from "../config/disk_readers.ts";
import { loadSite } from "../config/load.ts";
import { parseYaml } from "../config/yaml_source.ts";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import type { Json } from "../core/control_api.ts";
import { systemClock } from "../core/clock.ts";
import { GatewayError } from "../core/errors.ts";
import { storePath } from "../control/data_paths.ts";
import { type ErasingSite, goOnErasing } from "../decommission/site/erase_site.ts";
import { readProgress } from "../decommission/site/progress.ts";
import { lockStore } from "../store/store_files.ts";
import { callerOf } from "./caller.ts";
import { releaseErasing } from "./release_erasing.ts";

/**
 * `gateway decommission erase`: runs in the calling process, with the gateway stopped. Called again after it was cut off, it goes on.
 * @param onAct for tests, which end the process there
 * @throws GatewayError CLI_USAGE, DECOMMISSION_REFUSED; StorageError STORE_LOCKED while the gateway runs
 */
export async function runEraseGateway(args: CommandArgs, onAct?: ErasingSite["onAct"]): Promise<CommandResult> {
  const site = wanted(args, "site"), dataDir = await dataDirOf(args);
  if (!await readProgress(dataDir)) {
    const loaded = await loadSite(configOf(args), diskReaders);
    const options = {
      certificateFile: resolve(wanted(args, "certificate")),
      siteFiles: args["site-files"] === true,
      who: callerOf(args),
    };
    await releaseErasing(loaded, site, options);
  }
  const begun = (await readProgress(dataDir))!;
  if (begun.site !== site) {
    throw new GatewayError("DECOMMISSION_REFUSED", `"${site}" is not the site that is being erased here`, {
      hint: `Type --site ${begun.site} when you mean it`,
    });
  }
  const unlock = await lockWhatIsThere(dataDir);
  try {
    const { certificateFile, certificate } = await goOnErasing({
      ...{ dataDir, clock: systemClock },
      ...onAct === undefined ? {} : { onAct },
    });
    return { text: textOf(certificateFile, dataDir), data: { certificateFile, certificate: certificate as Json } };
  } finally {
    unlock();
  }
}

/** Nobody starts the gateway or a second erasing meanwhile, as long as there is a store to lock. */
async function lockWhatIsThere(dataDir: string): Promise<() => void> {
  const file = storePath({ dataDir });
  const isThere = await Deno.lstat(`${file}.lock`).then(() => true, () => false);
  return isThere ? lockStore(file) : () => {};
}

const configOf = (args: CommandArgs): string => String(args["config"] ?? "site.yaml");

/** Of --data, else as site.yaml says, even when that cannot be loaded any more because its files are gone. */
async function dataDirOf(args: CommandArgs): Promise<string> {
  if (typeof args["data"] === "string") return resolve(args["data"]);
  const file = resolve(configOf(args));
  try {
    const { site } = parseYaml(await Deno.readTextFile(file)).value as {
      readonly site?: { readonly dataDir?: unknown };
    };
    if (typeof site?.dataDir === "string") return resolve(file, "..", site.dataDir);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound) && !(error instanceof TypeError)) throw error;
  }
  return (await loadSite(configOf(args), diskReaders)).box.dataDir; // says what is wrong with it
}

function wanted(args: CommandArgs, name: string): string {
  const value = args[name];
  if (typeof value === "string" && value !== "") return value;
  throw new GatewayError("CLI_USAGE", `Cannot erase: --${name} is missing`, {
    hint: "gateway decommission erase --site ID --certificate FILE [--site-files]",
  });
}

function textOf(certificateFile: string, dataDir: string): string {
  return [
    `Erased: nothing of this gateway is left in ${dataDir}. Its keys are gone, the one of the certificate too.`,
    `Certificate: ${certificateFile}`,
    `Take it off this box, with what lies beside it, and check it elsewhere: decommission verify FILE --key audit-public.pem`,
  ].join("\n");
}

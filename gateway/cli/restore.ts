import { resolve } from "node:path";
import { parseIdentity } from "../control/backup/recovery_key.ts";
import { OUTSIDE_FOLDER, restoreBackup, type RestoreReport } from "../control/backup/restore.ts";
import { ABSOLUTE_PREFIX } from "../control/backup/manifest.ts";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { systemClock } from "../core/clock.ts";
import { GatewayError } from "../core/errors.ts";
import { systemTimers } from "../core/timers.ts";
import { loadRootKey } from "./load_root_key.ts";

/**
 * `restore FILE --identity KEYFILE --to DIR`: runs in the calling process, with the gateway stopped.
 * @throws GatewayError as restoreBackup, CLI_USAGE when an option is missing
 */
export async function runRestore(args: CommandArgs): Promise<CommandResult> {
  const identityFile = wanted(args, "identity"), audit = args["audit"];
  const { identity } = await parseIdentity(await Deno.readTextFile(identityFile), identityFile);
  const report = await restoreBackup({
    file: resolve(wanted(args, "file")),
    identity,
    to: resolve(wanted(args, "to")),
    force: args["force"] === true,
    auditCopies: typeof audit === "string" ? [resolve(audit)] : [],
    loadRootKey,
    clock: systemClock,
    timers: systemTimers,
  });
  return { text: textOf(report), data: dataOf(report) };
}

function wanted(args: CommandArgs, name: string): string {
  const value = args[name];
  if (typeof value === "string" && value !== "") return value;
  throw new GatewayError("CLI_USAGE", `Cannot restore: --${name} is missing`, {
    hint: "restore FILE --identity KEYFILE --to DIR [--force] [--audit FILE-OR-FOLDER]",
  });
}

function textOf(report: RestoreReport): string {
  const { manifest, configFile, dataDir, files, resealed, unreadable, revocations, setAside, warnings } = report;
  const outside = manifest.parts.filter((part) => part.name.startsWith(ABSOLUTE_PREFIX));
  return [
    `Restored site ${manifest.site} as of ${
      new Date(manifest.takenAt).toISOString()
    }: ${files} files, data in ${dataDir}`,
    `${resealed} sealed values are sealed for this box now, ${revocations} newer revocations were kept`,
    ...(unreadable > 0 ? [`${unreadable} sealed values could not be opened: enter those secrets again`] : []),
    ...setAside.map((path) => `What was there is in ${path}`),
    ...outside.map(({ name }) =>
      `Copy ${OUTSIDE_FOLDER}/${name.slice(ABSOLUTE_PREFIX.length)} to /${name.slice(ABSOLUTE_PREFIX.length)}`
    ),
    ...warnings,
    `Next: check --config ${configFile}, then run --config ${configFile}`,
  ].join("\n");
}

function dataOf({ manifest, warnings, setAside, ...report }: RestoreReport): CommandResult["data"] {
  const { site, takenAt, lastSequence } = manifest;
  const taken = new Date(takenAt).toISOString();
  return { site, takenAt: taken, lastSequence, warnings: [...warnings], setAside: [...setAside], ...report };
}

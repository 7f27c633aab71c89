import { diskReaders } from "../config/disk_readers.ts";
import { type LoadedSite, loadSite } from "../config/load.ts";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { visibleExceptions } from "../control/visible_exceptions.ts";
import { systemClock } from "../core/clock.ts";
import type { WorkerSpec } from "../core/conduit.ts";
import { ConfigError } from "../core/errors.ts";
import { type BoxProbe, checkBox } from "./check_box.ts";
import { announceAcme, checkAcme } from "./check_acme.ts";
import { importWithoutEnvironment } from "./import_without_environment.ts";
import { checkCertificates } from "./check_certificates.ts";
import { checkNamesAndTime } from "./check_names_and_time.ts";
import { checkModels } from "./check_models.ts";
import { askSerialDevices } from "./ask_serial_devices.ts";
import { checkRules } from "./check_rules.ts";
import { type AskSerialDevices, checkSerial } from "./check_serial.ts";
import type { Finding } from "./finding.ts";
import { systemProbe } from "./system_probe.ts";

/** What `check` may be given beside its arguments. */
export interface CheckTools {
  /** The Workers of a site, to see whether this process may start them; absent: none are looked at. */
  readonly workersOf?: (loaded: LoadedSite) => readonly WorkerSpec[];
  readonly probe?: BoxProbe;
  readonly askSerialDevices?: AskSerialDevices;
  /** Wall time in milliseconds, for certificates. */
  readonly now?: () => number;
}

/** Loaded only for sites with firmware: a package behind it reads the environment when it is imported. */
async function checkFirmwareOf({ site, materials }: LoadedSite, now: number): Promise<readonly Finding[]> {
  if (!site.firmware) return [];
  const { checkFirmware } = await importWithoutEnvironment(() => import("./check_firmware.ts"));
  return checkFirmware(site, materials, now);
}

/**
 * `check`: validates the configuration with every file it names, certificates and keys, secrets' file modes, addresses,
 * the data folder, hald with its serial devices, and this process's permissions. Changes nothing. `ok` is false when there is any fault.
 */
export async function runCheck(args: CommandArgs, tools: CheckTools = {}): Promise<CommandResult> {
  const file = String(args["config"] ?? "site.yaml");
  try {
    const loaded = await loadSite(file, diskReaders);
    const specs = tools.workersOf?.(loaded) ?? [];
    const findings = [
      ...checkCertificates(loaded.site, loaded.materials, (tools.now ?? systemClock.now)()),
      ...checkAcme(loaded.site, loaded.materials),
      ...await checkFirmwareOf(loaded, (tools.now ?? systemClock.now)()),
      ...await checkRules(loaded),
      ...checkModels(loaded.site),
      ...checkNamesAndTime(loaded.site),
      ...await checkBox(loaded, specs, tools.probe ?? systemProbe),
      ...await checkSerial(loaded, tools.askSerialDevices ?? askSerialDevices),
    ];
    return report(file, loaded, findings);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const faults = error.faults.length > 0 ? error.faults : [error.message];
    const hint = error.hint === undefined ? [] : [`hint: ${error.hint}`];
    return {
      ok: false,
      text: [...faults, ...hint, summary(faults.length, 0)].join("\n"),
      data: { ok: false, faults, warnings: [] },
    };
  }
}

function report(file: string, { site, materials }: LoadedSite, findings: readonly Finding[]): CommandResult {
  const lines = (level: Finding["level"]) =>
    findings.filter((finding) => finding.level === level).map(({ key, text }) => `${key}: ${text}`);
  const faults = lines("fault");
  const warnings = lines("warning");
  const stations = site.stations.length === 1 ? "1 station" : `${site.stations.length} stations`;
  const exceptions = visibleExceptions(site);
  const acme = announceAcme(site);
  const text = [
    `${file}: site "${site.site.id}", ${stations}, ${materials.size} files named`,
    ...faults.map((fault) => `fault: ${fault}`),
    ...warnings.map((warning) => `warning: ${warning}`),
    ...exceptions.map((exception) => `exception: ${exception}`),
    ...acme.map((line) => `acme: ${line}`),
    summary(faults.length, warnings.length),
  ];
  const data = {
    ok: faults.length === 0,
    site: site.site.id,
    faults,
    warnings,
    exceptions,
    ...(acme.length === 0 ? {} : { acme }),
  };
  return { ok: data.ok, text: text.join("\n"), data };
}

function summary(faults: number, warnings: number): string {
  const count = (number: number, word: string) => `${number} ${word}${number === 1 ? "" : "s"}`;
  return `check: ${count(faults, "fault")}, ${count(warnings, "warning")}`;
}

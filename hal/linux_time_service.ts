import type { Clock } from "../gateway/core/clock.ts";
import { HardwareError } from "../gateway/core/errors.ts";
import { CHRONY_CONFIG, type ChronyFiles, writeChronyFiles } from "./chrony_config.ts";
import { readChronyReport } from "./chrony_report.ts";
import { makePrivateFolder, writeDurably } from "./durable_file.ts";
import { HAL_LIMITS } from "./limits.ts";
import type { TimeReport, TimeService, TimeSettings } from "./time_service.ts";

/** Where chrony's files lie. */
export interface ChronyPlaces {
  /** hald writes here; bulkhead-chrony.service checks it and takes it over. */
  readonly folder: string;
  /** Where they will lie when chrony reads them. */
  readonly installedAs: string;
  /** What chronyc last wrote, twice a minute. */
  readonly reportFile: string;
}

/**
 * chrony, by files: hald has no right to restart it and no network to ask it. Units of systemd carry its configuration
 * there and its report back (docs/decisions/0108).
 */
export class LinuxTimeService implements TimeService {
  constructor(readonly places: ChronyPlaces, readonly clock: Clock) {}

  async apply(settings: TimeSettings): Promise<boolean> {
    const { folder, installedAs } = this.places;
    const files = writeChronyFiles(settings, installedAs);
    try {
      await makePrivateFolder(folder);
      if (await holds(folder, files)) return false;
      // The configuration comes last: it is what the unit waits for, and it names the others.
      for (const [name, content] of files) await writeDurably(folder, name, new TextEncoder().encode(content));
      return true;
    } catch (cause) {
      throw new HardwareError("HAL_TIME", `Cannot write chrony's configuration in "${folder}"`, {
        cause,
        hint: "Check that the folder of `chrony` in hald.json belongs to hald",
      });
    }
  }

  async report(): Promise<TimeReport> {
    const { reportFile } = this.places;
    try {
      const { mtime, size } = await Deno.stat(reportFile);
      if (size > HAL_LIMITS.timeReportBytes) throw new RangeError(`it has ${size} bytes`);
      const ageSeconds = Math.max(0, (this.clock.now() - (mtime?.getTime() ?? 0)) / 1_000);
      return readChronyReport(await Deno.readTextFile(reportFile), ageSeconds);
    } catch (cause) {
      throw new HardwareError("HAL_TIME", `Cannot read chrony's report "${reportFile}"`, {
        cause,
        hint: "Start it with `systemctl enable --now chrony bulkhead-chrony-report.timer`; docs/time.md says how",
      });
    }
  }
}

async function holds(folder: string, files: ChronyFiles): Promise<boolean> {
  for (const [name, content] of files) {
    if (await textOf(`${folder}/${name}`) !== content) return false;
  }
  return files.has(CHRONY_CONFIG);
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

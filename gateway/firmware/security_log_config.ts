import { z } from "zod";
import { Hours } from "../config/ocpp_rule_schema.ts";
import { FIRMWARE_LIMITS } from "./limits.ts";

const EveryHours = z.int().min(1).max(8_760);

/** vendor/model, a * at the end for any rest. */
export const ModelPattern = z.string().regex(/^[A-Za-z0-9*][^\s*]{0,98}\*?$/, {
  error: "vendor/model, a * at the end for any rest",
});

/** Another period for some stations. */
export const SecurityLogException = z.strictObject({
  stations: z.array(z.string().min(1).max(48)).min(1).max(FIRMWARE_LIMITS.logStations).optional().describe(
    "These stations; beside models: those as well",
  ),
  models: z.array(ModelPattern).min(1).max(FIRMWARE_LIMITS.models).optional().describe(
    "Stations of these models, as vendor/model or vendor/*",
  ),
  everyHours: z.union([EveryHours, z.literal("never")], { error: "1 to 8760, or never" }).describe(
    "How often; never: they are not asked, and nothing is said of it",
  ),
});

/** Security logs that the gateway asks stations for by itself. */
export const SecurityLogs = z.strictObject({
  everyHours: EveryHours.default(168).describe("How often each station is asked, a little earlier by its own share"),
  exceptions: z.array(SecurityLogException).max(FIRMWARE_LIMITS.logExceptions).default([]).describe(
    "Stations with another period; of several entries the first that names a station counts",
  ),
  hours: Hours.optional().describe("Only at these hours of the site's time zone; absent: at any"),
  atOnce: z.int().min(1).max(20).default(1).describe("Stations that bring theirs at one time"),
  missingPeriods: z.int().min(1).max(20).default(2).describe("An alarm when so many periods went by without a log"),
  keepFiles: z.int().min(1).max(200).default(12).describe("Sealed logs kept of each station; the oldest goes"),
  keepDays: z.int().min(1).max(3_650).default(400).describe("How long a sealed log is kept"),
  quotaMegabytes: z.int().min(1).max(1_048_576).default(512).describe(
    "Room for all of them together; the oldest goes, never the newest of a station",
  ),
});
/** Security logs that the gateway asks stations for by itself. */
export type SecurityLogs = z.infer<typeof SecurityLogs>;

import { isModelNamed } from "../../../../policies/firmware_grant.ts";
import type { Site } from "../../../config/schema.ts";
import type { Station } from "../../../inventory/config.ts";

const HOUR_MS = 3_600_000;

/** How often this station's security log is wanted, in milliseconds; undefined: it is not. */
export function logPeriodOf(
  site: Pick<Site, "firmware">,
  station: Station,
  model: string | undefined,
): number | undefined {
  const { listen, securityLogs } = site.firmware ?? {};
  if (!securityLogs || listen === undefined || !station.ocpp) return undefined;
  const named = { vendor: station.vendor, model: station.model ?? model };
  const exception = securityLogs.exceptions.find(({ stations = [], models = [] }) =>
    stations.includes(station.id) || isModelNamed(named, models)
  );
  const everyHours = exception?.everyHours ?? securityLogs.everyHours;
  return everyHours === "never" ? undefined : everyHours * HOUR_MS;
}

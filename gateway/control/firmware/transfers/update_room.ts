import { isWithinHours } from "../../../../policies/week_hours.ts";
import type { LiveSessions } from "../../../inventory/live_sessions.ts";
import type { Stations } from "../../../inventory/stations.ts";
import type { ControlContext } from "../../contract.ts";
import { restOf, type RestParts } from "../station_rest.ts";

/** What tells whether there is room for an update now. */
export interface UpdateRoomParts extends RestParts {
  readonly context: Pick<ControlContext, "clock" | "log" | "site" | "workers">;
  readonly stations: Pick<Stations, "all">;
  readonly live: Pick<LiveSessions, "ofStation">;
  /** Minutes of the week in the site's time zone. */
  readonly minuteOfWeek: (wallMs: number) => number;
}

/**
 * Why a station is not to be updated for its CSMS now: the site's hours, or something charges or is reserved on any part of
 * its unit, which restarts or loses power together. undefined: it may be.
 */
export async function whyNoRoom(parts: UpdateRoomParts, stationId: string): Promise<string | undefined> {
  const { clock, site } = parts.context, { hours, waitForIdle = true } = site.firmware?.requests ?? {};
  if (hours && !isWithinHours(hours, parts.minuteOfWeek(clock.now()))) {
    const days = hours.days ? `${hours.days.join(",")} ` : "";
    return `the site updates only ${days}${hours.from}-${hours.to} (firmware.requests.hours)`;
  }
  if (!waitForIdle) return undefined;
  const all = parts.stations.all(), unit = all.find(({ id }) => id === stationId)?.unit;
  const ids = unit === undefined ? [stationId] : all.filter((one) => one.unit === unit).map(({ id }) => id);
  for (const id of ids) {
    const { busy } = await restOf(parts, id, parts.live.ofStation(id));
    if (busy !== undefined) return id === stationId ? busy : `${id} of its unit: ${busy}`;
  }
  return undefined;
}

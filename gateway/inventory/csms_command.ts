import type { CommandResult, ControlContext } from "../control/contract.ts";
import { describeError } from "../core/errors.ts";
import { formatTable } from "../core/format_table.ts";
import type { LiveSessions } from "./live_sessions.ts";

/** One mirror of one live session, as its Worker says. */
interface MirrorState {
  readonly stationId: string;
  readonly csms: string;
  readonly mode: string;
  readonly state: "away" | "open";
  readonly queued: number;
}

/** `csms list`: every CSMS, what it is for, and how its connections stand. */
export async function listCsms(context: ControlContext, live: LiveSessions): Promise<CommandResult> {
  const mirrors = await liveMirrors(context);
  const csms = (context.site.ocpp?.csms ?? []).map(({ id, mode, url }) => {
    const own = mirrors.filter((mirror) => mirror.csms === id);
    return {
      id,
      mode,
      host: new URL(url).host,
      stations: live.all().filter((session) => session.csms === id).length,
      open: own.filter(({ state }) => state === "open").length,
      away: own.filter(({ state }) => state === "away").length,
      waiting: own.reduce((sum, { queued }) => sum + queued, 0),
      shadows: own.filter((mirror) => mirror.mode === "shadow").length,
    };
  });
  const table = formatTable(
    ["CSMS", "mode", "host", "stations", "copies open", "away", "waiting"],
    csms.map((row) => [
      row.id,
      row.shadows > 0 ? `${row.mode}, shadows` : row.mode,
      row.host,
      String(row.stations),
      String(row.open),
      String(row.away),
      String(row.waiting),
    ]),
  );
  return { text: table, data: { csms, mirrors: mirrors.map((mirror) => ({ ...mirror })) } };
}

/** A Worker that does not answer has no mirrors to show; its own state is in `status`. */
async function liveMirrors({ workers, log }: ControlContext): Promise<readonly MirrorState[]> {
  const answers = await Promise.all(
    workers.of("ocpp").map(async (worker) => {
      try {
        return await workers.get(worker).call("mirrors.live", {}) as unknown as readonly MirrorState[];
      } catch (error) {
        log.warn("csms.mirrors.unread", { worker, msg: describeError(error) });
        return [];
      }
    }),
  );
  return answers.flat();
}

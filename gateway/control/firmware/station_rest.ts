import type { StationActivity } from "../../core/control_api.ts";
import { describeError } from "../../core/errors.ts";
import type { StationConnectors } from "../../core/firmware_status_api.ts";
import type { LiveSession } from "../../inventory/live_sessions.ts";
import type { TransactionBook } from "../../inventory/migration/transaction_book.ts";
import type { ControlContext } from "../contract.ts";

/** What tells whether a station may be disturbed. */
export interface RestParts {
  readonly context: Pick<ControlContext, "log" | "workers">;
  readonly transactions: Pick<TransactionBook, "whyBusy">;
}

/** One station at one moment. */
export interface StationRest {
  /** Why it must not be disturbed; absent: nothing runs, nothing is reserved. */
  readonly busy?: string;
  readonly connectors: StationConnectors;
}

const NOTHING: StationConnectors = { count: 0, faulted: [], reserved: [] };

/** Looks at one station. What its Worker cannot say is taken as "do not disturb". */
export async function restOf(
  { context, transactions }: RestParts,
  stationId: string,
  session: LiveSession | undefined,
): Promise<StationRest> {
  const [activity, connectors] = session ? await ask(context, stationId, session.worker) : [undefined, NOTHING];
  const busy = transactions.whyBusy(stationId) ??
    (session && (activity === undefined ? "its Worker does not answer" : whyActive(activity, connectors)));
  return { connectors, ...busy === undefined ? {} : { busy } };
}

async function ask(
  { workers, log }: RestParts["context"],
  stationId: string,
  worker: string,
): Promise<[StationActivity | undefined, StationConnectors]> {
  try {
    const rpc = workers.get(worker);
    return await Promise.all([
      rpc.call("station.activity", { stationId }),
      rpc.call("station.connectors", { stationId }),
    ]);
  } catch (error) {
    log.warn("firmware.station.unasked", { station: stationId, msg: describeError(error) });
    return [undefined, NOTHING];
  }
}

function whyActive({ state, why }: StationActivity, { reserved }: StationConnectors): string | undefined {
  if (state === "busy") return why ?? "it is busy";
  return reserved.length > 0 ? `connector ${reserved[0]} is reserved` : undefined;
}

import type { ControlContext } from "../control/contract.ts";
import type { StationCall, StationCallAnswer } from "../core/control_api.ts";
import { GatewayError } from "../core/errors.ts";
import { INVENTORY_LIMITS } from "./limits.ts";
import type { LiveSessions } from "./live_sessions.ts";

/** What callStation works with; StationParts has it. */
export interface StationCaller {
  readonly context: Pick<ControlContext, "workers">;
  readonly live: Pick<LiveSessions, "ofStation">;
}

/**
 * Sends a CALL of the gateway to a station, wherever it is connected: CALLs of its CSMS go first, one is outstanding,
 * the CSMS sees nothing of it. Nothing is audited here: who asks has a reason to record. Never sent twice: after
 * "timeout" and "ended" nobody knows whether the station acted on it.
 * @throws GatewayError STATION_CALL_INVALID when it breaks the schema of the version that the station speaks now, or
 * `timeoutMs` is beyond the limit
 */
export async function callStation({ context, live }: StationCaller, call: StationCall): Promise<StationCallAnswer> {
  const { timeoutMs, stationId, action } = call;
  const { callTimeoutMs, callSlackMs } = INVENTORY_LIMITS;
  if (!(timeoutMs > 0 && timeoutMs <= callTimeoutMs)) {
    const what =
      `${action} to "${stationId}" was not sent: its timeout of ${timeoutMs} ms is not in 1 to ${callTimeoutMs}`;
    throw new GatewayError("STATION_CALL_INVALID", what);
  }
  const session = live.ofStation(stationId);
  if (!session) return { noAnswer: "away" };
  try {
    const worker = context.workers.get(session.worker);
    return await worker.call("station.call", call, { deadlineMs: timeoutMs + callSlackMs });
  } catch (error) {
    const code = error instanceof GatewayError ? error.code : undefined;
    if (code === "RPC_PEER_GONE") return { noAnswer: "ended" };
    if (code === "RPC_DEADLINE") return { noAnswer: "timeout" };
    throw error;
  }
}

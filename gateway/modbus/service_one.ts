import type { Health, Service, WorkerContext } from "../core/conduit.ts";
import type { PeerListener } from "../core/worker_entry.ts";
import { localDesk } from "./desk.ts";
import type { OpenLine } from "./line_driver.ts";
import { openModbusDoor } from "./service.ts";
import { openModbusLines } from "./service_lines.ts";
import { LINES_WORKER, type LinesConfig, type OneConfig } from "./worker_config.ts";

/** Name of the listeners' half towards the half that owns the lines. */
const DOOR = "modbus-0";

/**
 * Starts the listeners of one trust zone and the owner of all lines in one Worker: a request is a call from one half to the other.
 * What each half does is the same as in Workers of their own.
 */
export async function startModbusOne(
  context: WorkerContext<OneConfig>,
  onPeer: (listener: PeerListener) => void,
  open: (context: WorkerContext<LinesConfig>) => OpenLine,
): Promise<Service<OneConfig>> {
  const { door: doorConfig, lines: linesConfig } = context.config;
  const lines = await openModbusLines({ ...context, config: linesConfig }, open);
  const door = await openModbusDoor({ ...context, config: doorConfig });
  onPeer(lines.peer); // listeners of other zones, in Workers of their own
  door.meet(LINES_WORKER, (onAnswer) => localDesk(lines.serve(DOOR, onAnswer), context.log));
  return {
    handlers: { ...lines.handlers, ...door.handlers },
    listening: door.listening,
    health: () => worse(door.health(), lines.health()),
    // The door first: it is the one that may refuse, and then nothing has changed.
    reconfigure: async (config) => {
      await door.reconfigure!(config.door);
      await lines.reconfigure!(config.lines);
    },
    drain: async (deadlineMs) => {
      await door.drain(deadlineMs);
      await lines.drain(deadlineMs);
    },
  };
}

function worse(one: Health, other: Health): Health {
  return one.state === "ok" ? other : one;
}

import type { Health, Service, WorkerContext } from "../core/conduit.ts";
import type { PeerListener } from "../core/worker_entry.ts";
import type { OpenLine } from "./line_driver.ts";
import { localPorts } from "./local_ports.ts";
import { startModbusDoor } from "./service.ts";
import { startModbusLines } from "./service_lines.ts";
import { LINES_WORKER, type LinesConfig, type OneConfig } from "./worker_config.ts";

/** Name of the listeners' half towards the half that owns the lines. */
const DOOR = "modbus-0";

/**
 * Starts the listeners of a site's only trust zone and the owner of its lines in one Worker: no request crosses isolates. What each
 * half does is the same as in Workers of their own; what passes between them is the same bytes.
 */
export async function startModbusOne(
  context: WorkerContext<OneConfig>,
  open: (context: WorkerContext<LinesConfig>) => OpenLine,
): Promise<Service<OneConfig>> {
  const { door: doorConfig, lines: linesConfig } = context.config;
  let toLines: PeerListener = () => {};
  const lines = await startModbusLines({ ...context, config: linesConfig }, (listener) => toLines = listener, open);
  const door = await startModbusDoor({ ...context, config: doorConfig }, (toDoor) => {
    const [ofDoor, ofLines] = localPorts();
    toLines(DOOR, ofLines);
    toDoor(LINES_WORKER, ofDoor);
  });
  return {
    handlers: { ...lines.handlers, ...door.handlers },
    listening: door.listening!,
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

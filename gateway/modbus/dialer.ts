import type { WorkerContext } from "../core/conduit.ts";
import { GatewayError } from "../core/errors.ts";
import { dialSerial, haldTools } from "./dialer_serial.ts";
import { dialTcp } from "./dialer_tcp.ts";
import type { OpenLine } from "./line_driver.ts";
import type { LinesConfig } from "./worker_config.ts";

/** How this Worker reaches lines: TCP by itself, serial ones through hald. */
export function openLines({ clock, timers, config: { haldSocket } }: WorkerContext<LinesConfig>): OpenLine {
  return (place, events) => {
    if (place.kind === "tcp") return dialTcp(place, events, timers);
    if (haldSocket === undefined) {
      throw new GatewayError("HAL_UNREACHABLE", "A serial line needs hald, and none is configured");
    }
    return dialSerial(place, events, haldTools(haldSocket, { clock, timers }));
  };
}

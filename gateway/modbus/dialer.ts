import type { WorkerContext } from "../core/conduit.ts";
import { dialTcp } from "./dialer_tcp.ts";
import type { OpenLine } from "./line_driver.ts";
import type { LinesConfig } from "./worker_config.ts";

/** How this Worker reaches lines: TCP by itself, serial ones through hald. */
export function openLines({ timers }: WorkerContext<LinesConfig>): OpenLine {
  return (place, events) => {
    if (place.kind === "tcp") return dialTcp(place, events, timers);
    throw new Error("serial lines come with the serial driver");
  };
}

import type { Clock } from "../gateway/core/clock.ts";
import type { LogFields, Logger, LogLevel } from "../gateway/core/log.ts";

/** hald's logger: JSON lines like the gateway's, without a package in the privileged process. */
export function createLineLogger(write: (line: string) => void, clock: Clock, fixed: LogFields = {}): Logger {
  const log = (level: LogLevel) => (event: string, fields?: LogFields) =>
    write(
      JSON.stringify({ ts: new Date(clock.now()).toISOString(), level, event, module: "hald", ...fixed, ...fields }),
    );
  return {
    debug: () => {},
    info: log("info"),
    warn: log("warn"),
    error: log("error"),
    with: (fields) => createLineLogger(write, clock, { ...fixed, ...fields }),
  };
}

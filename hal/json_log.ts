import type { LogFields, Logger, LogLevel } from "../gateway/core/log.ts";

/** hald's logger: JSON lines like the gateway's, without a package in the privileged process. */
export function createLineLogger(write: (line: string) => void, now: () => Date, fixed: LogFields = {}): Logger {
  const log = (level: LogLevel) => (event: string, fields?: LogFields) =>
    write(JSON.stringify({ ts: now().toISOString(), level, event, module: "hald", ...fixed, ...fields }));
  return {
    debug: () => {},
    info: log("info"),
    warn: log("warn"),
    error: log("error"),
    with: (fields) => createLineLogger(write, now, { ...fixed, ...fields }),
  };
}

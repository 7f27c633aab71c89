import { configureSync, getLogger, type LogRecord } from "@logtape/logtape";

/** Fields of one log line. Never payloads, passwords, tokens or badge ids. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Names are `module.noun.verb` in the past tense. warn = a person is needed this week, error = now. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** A logger that adds these fields to every line. */
  with(fields: LogFields): Logger;
}

/** The levels, least severe first. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
/** One log level. */
export type LogLevel = typeof LOG_LEVELS[number];

/** Logs nothing. */
export const nullLogger: Logger = { debug() {}, info() {}, warn() {}, error() {}, with: () => nullLogger };

/** Sets up logging of this isolate: `write` receives one JSON line per event, without a newline. Call once. */
export function configureLogging(write: (line: string) => void, level: LogLevel = "info"): void {
  configureSync({
    reset: true,
    sinks: { lines: (record) => write(formatLine(record)) },
    loggers: [
      { category: "bulkhead", sinks: ["lines"], lowestLevel: level === "warn" ? "warning" : level },
      { category: ["logtape", "meta"], sinks: ["lines"], lowestLevel: "error" },
    ],
  });
}

/** The logger of one module; configureLogging decides where lines go. */
export function createLogger(module: string, fields: LogFields = {}): Logger {
  const target = getLogger(["bulkhead", module]);
  const merge = (more?: LogFields) => ({ ...fields, ...more });
  return {
    debug: (event, more) => target.debug(event, merge(more)),
    info: (event, more) => target.info(event, merge(more)),
    warn: (event, more) => target.warn(event, merge(more)),
    error: (event, more) => target.error(event, merge(more)),
    with: (more) => createLogger(module, merge(more)),
  };
}

/** Names of fields whose values must not leave the isolate, whoever passes them by mistake (invariant 6). */
const FORBIDDEN = /(password|passphrase|secret|token|authorization|cookie|idtag|badge|privatekey|pin)$/i;

function formatLine(record: LogRecord): string {
  const own = {
    ts: new Date(record.timestamp).toISOString(),
    level: record.level === "warning" ? "warn" : record.level,
    event: String(record.rawMessage),
    module: record.category[1] ?? record.category[0],
  };
  const fields = Object.entries(record.properties).map(([name, value]) =>
    FORBIDDEN.test(name) ? [name, "[removed]"] : [name, value]
  );
  return JSON.stringify({ ...own, ...Object.fromEntries(fields), ...own }); // own comes first, and last: no field forges it
}

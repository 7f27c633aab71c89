/**
 * When the gateway asks a station for its security log by itself (facts: vendor-guides EV-27). Times are wall milliseconds.
 */

/** What is known of one station's log. */
export interface LogCollection {
  /** Since when it is wanted. */
  readonly since: number;
  /** 0 to 1, drawn once: where in its span this station stands, so that not all are asked at one moment. */
  readonly share: number;
  /** When it came last. */
  readonly gotAt?: number;
  /** When it was asked last. */
  readonly askedAt?: number;
  /** When it said last that it does not do this; absent once it has brought one. */
  readonly refusedAt?: number;
  /** Tries in a row of which nothing came, refusals left out. */
  readonly failures: number;
}

/** The spans of the plan. */
export const LOG_SPANS = {
  /** Stations that are new to the plan are asked within this time, or within one period when that is shorter. */
  firstMs: 86_400_000,
  /** A station is asked earlier than its period says by at most this part of it. */
  jitterPart: 0.1,
  /** The first pause after a try of which nothing came; it doubles. */
  retryMs: 3_600_000,
  longestRetryMs: 86_400_000,
  /** A station that does not do this is asked again after so long, when its period is not longer still. */
  refusedMs: 30 * 86_400_000,
} as const;

/** When a station is to be asked next. */
export function logDueAt(
  { since, share, gotAt, askedAt, refusedAt, failures }: LogCollection,
  everyMs: number,
): number {
  if (refusedAt !== undefined) return refusedAt + Math.max(everyMs, LOG_SPANS.refusedMs);
  const usual = gotAt === undefined
    ? since + share * Math.min(everyMs, LOG_SPANS.firstMs)
    : gotAt + everyMs * (1 - share * LOG_SPANS.jitterPart);
  if (failures === 0 || askedAt === undefined) return usual;
  const pause = LOG_SPANS.retryMs * 2 ** Math.min(failures - 1, 20);
  return askedAt + Math.min(everyMs, pause, LOG_SPANS.longestRetryMs);
}

/** Whether so many whole periods have gone by without a log, and a day for one that could not be asked at once. */
export function isLogMissing({ since, gotAt }: LogCollection, everyMs: number, periods: number, now: number): boolean {
  return now > (gotAt ?? since) + periods * everyMs + LOG_SPANS.firstMs;
}

/** What stands against asking a station now. */
export interface LogHindrances {
  readonly isConnected: boolean;
  /** The disk has no room. */
  readonly isDiskFull: boolean;
  /** Why its transactions forbid it; absent: none runs. */
  readonly transaction?: string;
  /** What updates it now. */
  readonly update?: string;
  /** It brings a file for its CSMS: a second request would cancel that one. */
  readonly bringsFile: boolean;
  /** Within the hours that the site has set. */
  readonly isInHours: boolean;
  /** Stations that bring theirs now, and how many may at one time. */
  readonly running: number;
  readonly atOnce: number;
}

/** Why a station is not asked now. `rule` is API. */
export interface LogHindrance {
  readonly rule: string;
  readonly why: string;
}

/** The first thing that stands against it; undefined: it may be asked. */
export function logHindrance(facts: LogHindrances): LogHindrance | undefined {
  if (!facts.isConnected) return { rule: "log.away", why: "it is not connected" };
  if (facts.isDiskFull) return { rule: "log.disk", why: "the gateway's disk is full" };
  if (facts.transaction !== undefined) return { rule: "log.transaction", why: facts.transaction };
  if (facts.update !== undefined) return { rule: "log.update", why: facts.update };
  if (facts.bringsFile) return { rule: "log.file", why: "it brings a file for its CSMS" };
  if (!facts.isInHours) return { rule: "log.hours", why: "it is not within firmware.securityLogs.hours" };
  if (facts.running >= facts.atOnce) {
    return { rule: "log.at-once", why: `${facts.running} of ${facts.atOnce} stations bring theirs now` };
  }
  return undefined;
}

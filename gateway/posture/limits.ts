/** Limits of posture. */
export const POSTURE_LIMITS = {
  /** Lines of one guide. */
  guideLines: 200,
  /** Golden configurations of a site's own. */
  goldenFiles: 20,
  /** Characters of a note, reason or question. */
  textChars: 500,
  /** Waivers and confirmations that are kept; one more is refused. */
  records: 20_000,
  /** Days that a waiver may stand. */
  waiverDays: 366,
  /** Days of which a score is kept. */
  trendDays: 400,
  /** Keys or variables asked for in one message: some stations take no more (Q13). */
  keysPerCall: 20,
  variablesPerCall: 10,
  /** Milliseconds that a station has for one answer. */
  callMs: 20_000,
  /** Milliseconds from the start to the first look. */
  firstLookMs: 30_000,
  /** Milliseconds from a change of what is known of a station to its judgement. */
  changeMs: 5_000,
  /** Milliseconds between two looks at what is due. */
  lookMs: 600_000,
  /** Milliseconds after which a station is read again by itself: devices are not to be bothered (facts: gentle). */
  rereadMs: 86_400_000,
  /** Milliseconds after which a station that did not answer is asked again. */
  retryMs: 3_600_000,
  /** Milliseconds that a look at a station from outside may take. */
  probeMs: 160_000,
  /** Milliseconds that a busy station is spared; then it is read all the same. */
  busyMs: 3 * 86_400_000,
  /** Characters of a value that is kept of a device; the rest is cut. */
  valueChars: 120,
} as const;

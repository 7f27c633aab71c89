/** Limits of the list of security events. Each has a test at the limit and one past it. */
export const SECURITY_LIMITS = {
  /** Events kept of one station, of the gateway, or of one CSMS; the oldest makes room. */
  perSubject: 200,
  /** Subjects with a list; the one not heard of for longest makes room. */
  subjects: 12_000,
  /** Milliseconds in which equal events count as one. */
  samePeriodMs: 60_000,
  /** Milliseconds after which an alarm of an event clears: it was an event, not a state. */
  alarmMs: 900_000,
  /** Milliseconds between two looks at alarms that are over. */
  lookMs: 60_000,
  /** Characters of a type and of what the station added. */
  chars: 255,
} as const;

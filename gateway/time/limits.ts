/** Limits of the time service. Each has a test at the limit and one past it. */
export const TIME_LIMITS = {
  /** Servers that the clock follows. */
  servers: 8,
  /** Milliseconds between two looks at chrony and at the stations' clocks. */
  lookMs: 30_000,
  /** Seconds after which a report of chrony counts as too old: it is written twice a minute. */
  reportSeconds: 180,
  /** Hours before a certificate ends, by the station's own clock, when the alarm is raised. */
  certificateHours: 48,
} as const;

/** Limits of segmentation. Each has a test at the limit and one past it. */
export const SEGMENTATION_LIMITS = {
  /** Declared flows of a site, and groups under load management. */
  flows: 500,
  loadManagement: 64,
  /** Redirects and ping targets. */
  redirects: 64,
  pingTargets: 16,
  /** Members of one peer group: discovery copies one broadcast to each of the others. */
  groupMembers: 250,
  /** Denied flows that each path of the firewall remembers; further ones are only counted. */
  deniedPerPath: 256,
  /** Seconds a denied flow is remembered after its last packet. */
  deniedSeconds: 900,
  /** Bytes of a ruleset. */
  rulesetBytes: 1024 * 1024,
  /** Maintenance ports open at a time. */
  openings: 64,
  /** Minutes a maintenance port may be open at the longest. */
  openingMinutes: 480,
  /** Alarms of denied flows that may stand at a time; what more comes is one alarm of its own. */
  deniedAlarms: 20,
  /** Milliseconds between two looks at the firewall. */
  lookMs: 10_000,
  /** Milliseconds without a packet after which the alarm of a denied flow is over. */
  deniedQuietMs: 3_600_000,
} as const;

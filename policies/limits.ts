/** Limits of policies. Each has a test at the limit and one past it. */
export const POLICY_LIMITS = {
  /** Rules of one file. */
  rules: 1_000,
  /** Fields of one request in a recording, and characters of a name and a value. */
  recordedFields: 100,
  recordedName: 80,
  recordedValue: 200,
  /** Entries of one list in a rule. */
  ruleListEntries: 1_000,
  /** Values of one kind (hosts, keys) read from one message; with more it counts as unreadable. */
  fieldValues: 256,
  /** Characters of one such value; a longer one counts as unreadable. */
  fieldChars: 512,
  /** Characters of the longest name of a setting that is looked up; what a maker writes has less than half of them. */
  keyChars: 256,
  /** Nesting that is searched for URLs. */
  fieldDepth: 16,
  /** Messages that a rate may count, and seconds it may count over. */
  rateMessages: 1_000,
  rateSeconds: 604_800,
  /** Rates of (rule, station) that are counted at one time; the oldest is forgotten for one more. */
  rateWindows: 20_000,
  /** Actions that no rule names, remembered so that each is compared with the rules' spellings once. */
  otherActions: 256,
  /** Seconds and priority of a write lease in a rule. */
  leaseSeconds: 86_400,
  leasePriority: 100,
  /** Different kinds of messages recorded per station, and the times remembered of each. */
  recordedKinds: 64,
  /** Characters of what rules see in one such message; one that says more is only counted. */
  recordedChars: 1_024,
  recordedTimes: 16,
  /** Days after which what was read of a device proves nothing any more. */
  postureEvidenceDays: 30,
  /** Milliseconds within which signals of one station belong together. */
  incidentWindowMs: 1_800_000,
  /** Lines of an incident's timeline, and signals kept of a station that has none. */
  timelineEntries: 100,
  recentSignals: 16,
} as const;

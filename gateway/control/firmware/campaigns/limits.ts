/** Limits of campaigns. Each has a test at the limit and one past it. */
export const CAMPAIGN_LIMITS = {
  /** Campaigns that are kept; the oldest that ended makes room. */
  campaigns: 50,
  /** Units of one campaign. */
  units: 5_000,
  /** Entries of a campaign's history, and of a unit's. */
  notes: 60,
  /** Milliseconds between two looks at campaigns that are under way. */
  lookMs: 2_000,
  /** Milliseconds between two looks at what the firmware of all controllers is to be thought of, for the metrics. */
  marksMs: 10_000,
  /** Milliseconds that a station has to answer a CALL about its update, its turn included. */
  callMs: 30_000,
  /** Milliseconds after which a silent station is asked how far it is, at most; a quarter of the time it has, at least. */
  nudgeMs: 60_000,
  /** Milliseconds between two looks, by the driver, at a controller to which a person brings the image. */
  lookByPageMs: 300_000,
  /** Milliseconds that a station which loaded ahead may wait with the installation. */
  preloadMs: 14 * 86_400_000,
  /** Times that a station may try to load within one request, and seconds between them. */
  retries: 2,
  retrySeconds: 30,
  /** Rounds of bookkeeping in one look: skip, check and end lead to each other, and no further. */
  rounds: 8,
  /** Characters of a name and of a reason. */
  nameChars: 80,
  whyChars: 200,
  /** Components of a bill of materials that are listed. */
  sbomComponents: 2_000,
  /** First request id of the gateway's own updates; those of a CSMS begin at 1. */
  firstRequestId: 2 ** 30,
} as const;

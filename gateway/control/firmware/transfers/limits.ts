/** Limits of grants, requests of CSMSs and files of stations. Each has a test at the limit and one past it. */
export const TRANSFER_LIMITS = {
  /** Open grants of the site, and closed ones that are still shown. */
  openGrants: 1_000,
  closedGrants: 500,
  /** Whole downloads that a grant has room for beside the first, unless it was asked for otherwise; and at most. */
  retries: 3,
  mostRetries: 20,
  /** Requests of CSMSs under way, and ended ones that are still shown. */
  requests: 1_000,
  endedRequests: 500,
  /** Messages to one CSMS about one request that wait. */
  tellings: 16,
  /** Seconds between two fetches, at least and at most, whatever the CSMS asks for. */
  leastRetrySeconds: 10,
  mostRetrySeconds: 86_400,
  usualRetrySeconds: 60,
  /** Milliseconds a station has to answer, and a CSMS. */
  stationMs: 30_000,
  csmsMs: 30_000,
  /** Milliseconds between two looks at what is due. */
  lookMs: 2_000,
  /** The times of a request (policies/firmware_request.ts). */
  resendMs: 60_000,
  tellFirstMs: 30_000,
  heldMs: 7 * 86_400_000,
  silentMs: 24 * 3_600_000,
  confirmMs: 3_600_000,
  /** Milliseconds between two looks whether an image that is held was released. */
  heldLookMs: 30_000,
  /** Seconds during which a refusal of the same kind from the same address is counted and not recorded again. */
  refusalSeconds: 60,
  refusals: 500,
  /** Files of stations under way, and kept. */
  uploads: 500,
  keptUploads: 2_000,
  /** Milliseconds a station has to bring a file that it was asked for, at most. */
  uploadMs: 6 * 3_600_000,
  /** The same when the gateway itself asked: others wait for it. */
  ownUploadMs: 1_800_000,
  /** How long a status of such a request is taken for the gateway's, after it was made. */
  ownStatusMs: 24 * 3_600_000,
  /** Files handed out to people at once, and milliseconds that each waits to be fetched. */
  handOuts: 16,
  handOutMs: 3_600_000,
  /** Milliseconds between two attempts to bring a file to the CSMS, and how many there are. */
  forwardPauseMs: 120_000,
  forwards: 30,
  /** Images that CSMSs have published, and publications that have ended and are still shown. */
  publications: 100,
  /** Milliseconds until a publication whose answer may be lost is begun all the same. */
  beginMs: 30_000,
} as const;

/** Limits of operations at controllers. */
export const OPERATION_LIMITS = {
  /** Milliseconds for a login and one thing to do. */
  taskMs: 180_000,
  /** Milliseconds for one that moves a file. */
  fileMs: 2 * 3_600_000,
  /** Bytes of one file of a controller. */
  downloadBytes: 268_435_456,
  /** Files of controllers that are kept; the oldest give way. */
  downloads: 200,
  /** Files of one station that are kept. */
  downloadsOfStation: 10,
  /** Bytes of a piece in which a file is handed out. */
  pieceBytes: 524_288,
  /** Settings that are written at once. */
  settings: 200,
  /** Characters of an import file; the control socket takes no more anyway. */
  importChars: 200_000,
  /** Milliseconds between two tries to prove a new password while the controller is away, and how many. */
  provePauseMs: 15_000,
  proveTries: 8,
  /** Characters of a reason in the audit. */
  whyChars: 200,
  /** Milliseconds between two looks for files and tried passwords of stations that are out of the inventory. */
  goneLookMs: 3_600_000,
  /** Pieces of work that are remembered, and that are under way at one time. */
  jobs: 50,
  jobsRunning: 8,
  /** Names of settings in one audit record. */
  namesChars: 400,
} as const;

/** Limits of the recording of judged messages. Each has a test at the limit and one past it. */
export const POLICY_RECORD_LIMITS = {
  /** Kinds of messages kept in all; those longest unseen make room. */
  kinds: 20_000,
  /** Bytes of the file that are read at start. */
  fileBytes: 16 * 1024 * 1024,
  /** Milliseconds between two looks whether there is something to write. */
  saveMs: 3_600_000,
  /** A larger recording is written at every sixth look only: at most 50 MiB a day go to the disk for it. */
  smallBytes: 2 * 1024 * 1024,
  largeEvery: 6,
} as const;

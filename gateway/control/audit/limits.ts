/** Limits of the audit chain. Each has a test at the limit and one past it. */
export const AUDIT_LIMITS = {
  /** Records that may wait for their commit; one more is refused with AUDIT_OVERLOAD. */
  pendingRecords: 20_000,
  /** Records that share one write and one fsync. */
  batchRecords: 500,
  /** Characters of `who`, `target`, `source` and `rule`; the rest is cut and marked. */
  fieldChars: 256,
  /** Characters of one detail value; the rest is cut and marked. */
  detailChars: 512,
  /** Facts of one record; further ones are counted under "cutKeys". */
  detailKeys: 24,
  /** Bytes of one line of a segment. A record is cut to fit; a longer line in a file is not a line of ours. */
  lineBytes: 8 * 1024,
  /** Bytes after which a segment is closed. */
  segmentBytes: 8 * 1024 * 1024,
  /** Milliseconds after which a segment is closed: retention works in whole segments. */
  segmentMs: 24 * 60 * 60 * 1000,
  /** Records after which a checkpoint is signed. */
  checkpointRecords: 500,
  /** Milliseconds after which a checkpoint is signed when there are unsigned records. */
  checkpointMs: 60_000,
  /** Milliseconds between wall and monotonic clock that count as a jump. */
  clockJumpMs: 5_000,
  /** Milliseconds the wall clock may run back before that is a jump of its own. */
  clockBackMs: 1_000,
  /** Sequence numbers left out after a gap, so that a number never names two records. */
  gapSkip: 1_000_000,
  /** Milliseconds of steady clock before the first record expires, and between two looks. */
  expiryMs: 60 * 60 * 1000,
  /** Segments that may expire in one look: a clock years ahead must not empty the archive at once. */
  expirySegments: 2,
  /** Pseudonym keys kept in memory. */
  pseudonymKeys: 500,
  /** Records that one `audit tail` answers. */
  tailRecords: 1_000,
  /** Characters of lines after which one answer of `audit export` ends. */
  exportBytes: 1024 * 1024,
  /** Bytes that a reader takes from a segment at once. */
  readBytes: 256 * 1024,
  /** Faults that one verification lists; more are counted. */
  verifyFaults: 50,
} as const;

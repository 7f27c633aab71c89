/** Limits of backup and restore. Each has a test at the limit and one past it. */
export const BACKUP_LIMITS = {
  /** Files of one backup. */
  parts: 4_000,
  /** Bytes of one file of a backup. */
  partBytes: 4 * 1024 * 1024 * 1024,
  /** Bytes of the manifest. */
  manifestBytes: 16 * 1024 * 1024,
  /** Characters of the name of one file. */
  nameChars: 512,
  /** Bytes of a recovery key file, public or secret. */
  keyFileBytes: 16 * 1024,
  /** Characters of one line of an audit copy; longer ones are skipped and counted. */
  auditLineChars: 64 * 1024,
  /** Bytes read from a file at once. */
  readBytes: 64 * 1024,
  /** Milliseconds between two looks whether a backup is due. */
  lookEveryMs: 60_000,
  /** Milliseconds until a failed backup is tried again. */
  retryAfterMs: 60 * 60_000,
  /** Milliseconds one delivery to an SFTP target may take. */
  deliverMs: 30 * 60_000,
} as const;

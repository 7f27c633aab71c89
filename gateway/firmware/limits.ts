/** Limits of the firmware conduit. Each has a test at the limit and one past it. */
export const FIRMWARE_LIMITS = {
  /** Bytes read of an image at a time; smaller reads cost half as much again (measured). */
  chunkBytes: 1_048_576,
  /** Characters of a signing certificate (OCPP: PEM, 5,500). */
  certificateChars: 5_500,
  /** Characters of a signature as base64 (OCPP: 800). */
  signatureChars: 800,
  /** Bytes of a minisign file with its comments. */
  minisignBytes: 4_096,
} as const;

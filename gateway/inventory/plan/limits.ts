/** Limits of floor plans. Each has a test at the limit and one past it. */
export const PLAN_LIMITS = {
  /** Bytes of one picture as it is sent, and as it is kept. */
  pictureBytes: 2 * 1024 * 1024,
  /** Pixels of a picture's longer side. */
  sidePixels: 8_192,
  /** Pixels of a whole picture: a browser needs four bytes for each. */
  pixels: 24_000_000,
  /** Chunks of a PNG, or segments of a JPEG. */
  parts: 4_096,
  /** Floors of a site. */
  floors: 16,
  /** Characters of a floor's name. */
  nameChars: 48,
} as const;

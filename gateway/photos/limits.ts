/** How pictures stand in the store. What one may measure is said by PLAN_LIMITS, for photos too. */
export const PHOTO_LIMITS = {
  /** Bytes of one stored part of a picture. */
  storedBytes: 60_000,
  /** Stored parts of one commit. */
  storedTogether: 10,
} as const;

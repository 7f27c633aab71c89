/** Limits of commissioning protocols. Each has a test at the limit and one past it. */
export const COMMISSIONING_LIMITS = {
  /** Protocols of a site, closed ones too: they are its papers. */
  protocols: 1_000,
  /** Stations of one bay. */
  stations: 8,
  /** Characters of a note, a reason, a number on a label, a name that signs. */
  noteChars: 300,
  labelChars: 64,
  nameChars: 80,
  /** Characters of a drawn signature. */
  drawingChars: 8_000,
  /** Bytes of all photos of a site. */
  photoBytes: 256 * 1024 * 1024,
  /** Milliseconds for one CALL to a station. */
  callMs: 20_000,
  /** Seconds that a station's clock may be off. */
  clockSeconds: 60,
} as const;

/** Limits of decommissioning; each has a test at it and one past it. */
export const DECOMMISSION_LIMITS = {
  /** Milliseconds between two looks at what is under way. */
  tickMs: 2_000,
  /** Decommissionings under way at once. */
  running: 200,
  /** Characters of a reason, a note, a name. */
  textChars: 300,
  /** Milliseconds that a station has for one question. */
  callMs: 20_000,
  /** Installed certificates that a station is asked to delete. */
  certificates: 50,
  /** Characters of an answer of a station that are kept. */
  answerChars: 64,
  /** Bytes of a certificate of erasure that `decommission verify` reads. */
  certificateBytes: 1_048_576,
  /** Backups that a certificate names, the newest first. */
  backups: 200,
  /** Bytes of the store's file that are searched at once. */
  searchBytes: 8_388_608,
  /** Stations that a sentence names. */
  named: 10,
  /** Minutes for which an approved plan to erase the whole gateway may be carried out. */
  siteMinutes: 60,
} as const;

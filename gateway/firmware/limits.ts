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
  /** Vendors of one site. */
  vendors: 64,
  /** Hosts that firmware may be fetched from. */
  fetchHosts: 64,
  /** Revoked signing certificates of one vendor. */
  revokedSerials: 1_024,
  /** Images on record, of all states together. */
  images: 1_000,
  /** Characters of an SBOM and of release notes that are kept with an image. */
  sbomChars: 1_048_576,
  notesChars: 65_536,
  /** Models that one image names. */
  models: 64,
  /** Entries of `securityLogs.exceptions`, and stations that one of them names. */
  logExceptions: 64,
  logStations: 1_000,
  /** Characters of a vendor, model, version or file name. */
  nameChars: 100,
  /** Redirects that are followed for one fetch. */
  redirects: 3,
  /** Milliseconds for a connection, and without a byte before a fetch is given up. */
  connectMs: 20_000,
  stallMs: 60_000,
  /** Bytes a second below which a fetch is given up, looked at over this many milliseconds (slow retrieval). */
  slowestBytesPerSecond: 1_024,
  slowWindowMs: 120_000,
  /** Milliseconds of one fetch. */
  fetchMs: 6 * 3_600_000,
  /** Bytes of one metadata file of a TUF repository. */
  metadataBytes: 1_048_576,
  /** Images that one vendor's role of a repository lists. */
  offers: 500,
  /** Entries of a ZIP or a bundle. */
  archiveEntries: 1_000,
  /** Bytes out per byte in of a ZIP entry; firmware packs far worse. */
  zipRatio: 200,
  /** Milliseconds that an uploaded file waits for a word before it is removed. */
  uploadMs: 24 * 3_600_000,
  /** Intakes at one time; a third waits. */
  intakes: 2,
  /** Keys and signatures of one TUF role. */
  rootKeys: 16,
} as const;

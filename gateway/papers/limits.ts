/** Limits of signed papers. Each has a test at the limit and one past it. */
export const PAPER_LIMITS = {
  /** Bytes of a PDF that is verified: one of ours has at most its photos and 200 pages. */
  pdfBytes: 32 * 1024 * 1024,
  /** Bytes kept free for a signature with its certificates, before hex doubles them. */
  signatureBytes: 12 * 1024,
  /** Places of a PDF that look like a signature and are tried, the last ones first: photos may hold any bytes. */
  signaturePlaces: 64,
  /** Certificates that a signature may bring. */
  certificates: 8,
  /** Pages of one paper. */
  pages: 200,
} as const;

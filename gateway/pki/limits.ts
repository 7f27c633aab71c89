/** Limits of certificates and TLS listeners. Each has a test at the limit and one past it. */
export const PKI_LIMITS = {
  /** Bytes of one DER certificate or request; station certificates have about 500. */
  certificateBytes: 16 * 1024,
  /** Nested DER values that a reader opens inside each other. */
  derDepth: 32,
  /** Certificates that a peer may present, its own included. */
  presentedCertificates: 8,
  /** CA certificates between a station certificate and the listener's CA. */
  intermediates: 4,
  /** Signatures checked for one peer before its chain counts as not found. */
  signatureChecks: 16,
  /** Extensions of one certificate. */
  extensions: 32,
  /** Names in one subject or alternative name. */
  names: 64,
  /** Characters of a common name (ub-common-name, RFC 5280 appendix A.1). */
  commonNameChars: 64,
  /** Bits of an RSA modulus at most: larger keys only cost time. */
  rsaBits: 8_192,
  /** Chains whose verdict is remembered for one trust; P-256 takes 0.7 ms each in Deno. */
  cachedChains: 4_096,
  /** Peers whose full handshake is remembered, so that they may resume. */
  provenPeers: 16_384,
} as const;

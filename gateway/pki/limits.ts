/** Limits of certificates and TLS listeners. Each has a test at the limit and one past it. */
export const PKI_LIMITS = {
  /** Bytes of one DER certificate or request; station certificates have about 500. */
  certificateBytes: 16 * 1024,
  /** Nested DER values that a reader opens inside each other. */
  derDepth: 32,
  /** Bytes of a Modbus role. */
  roleBytes: 128,
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
  /** Bytes looked at for a ClientHello; post-quantum ones have about 1,800. */
  helloBytes: 16 * 1024,
  /** TLS records and TCP chunks that a ClientHello may come in: tiny ones would cost a parse each. */
  helloRecords: 16,
  helloChunks: 64,
  /** Milliseconds from accepting a connection to the end of its TLS handshake. */
  handshakeMs: 10_000,
  /** Connections of one listener that are in their handshake at a time. */
  pendingHandshakes: 256,
  /** Connections of one listener. */
  connections: 4_096,
  /** Handshakes that one source may start at once, and per second after that; a whole site may stand behind one NAT. */
  handshakeBurst: 240,
  handshakesPerSecond: 20,
  /** Sources whose handshakes are counted. */
  handshakeSources: 4_096,
  /** Milliseconds for which requests that came by an earlier certificate may still be answered. */
  retireMs: 60_000,
  /** Station certificates that the site CA issues. */
  issued: 20_000,
  /** Milliseconds that the self-test of a new certificate may take. */
  selfTestMs: 5_000,
} as const;

/** Limits of what CSMSs set for their legs. Each has a test at the limit and one past it. */
export const UPSTREAM_LIMITS = {
  /** Bytes of a Basic password (OCPP 1.6 security whitepaper A00.FR.205, OCPP 2.x passwordString). */
  passwordBytesMin: 16,
  passwordBytesMax: 40,
  /** Characters of the organization in certificate requests (ub-organization-name, RFC 5280 appendix A.1). */
  organizationChars: 64,
  /** Ways to the CSMS that are remembered for one station. */
  networkSlots: 8,
  /** Roots that a CSMS may install for one station. */
  roots: 4,
  /** Characters of one root in PEM: what OCPP allows InstallCertificate. */
  rootChars: 5_500,
  /** Characters of a signed chain in PEM: what OCPP allows CertificateSigned. */
  chainChars: 10_000,
  /** Milliseconds after which a request for a certificate that nobody answered is void. */
  requestMs: 7 * 86_400_000,
  /** Certificates that the site CA signs for one station's own requests in a day. */
  stationCertificates: 5,
  /** Milliseconds before its end at which a new certificate is asked for (A03: one month). */
  renewBeforeMs: 30 * 86_400_000,
  /** Milliseconds that a certificate may still be in the future when it is taken. */
  futureMs: 86_400_000,
} as const;

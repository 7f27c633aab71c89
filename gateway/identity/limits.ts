/** Limits of the identity Worker. */
export const IDENTITY_LIMITS = {
  /** Milliseconds that one HTTPS request or LDAP operation may take. */
  requestMs: 8_000,
  /** Bytes of one answer of the provider; discovery documents and key sets have a few thousand. */
  answerBytes: 256 * 1024,
  /** Groups of one person that are read; more are left out, in the order of the provider. */
  groups: 500,
  /** Characters of one group's name. */
  groupChars: 512,
  /** Characters of a logout token or callback URL. */
  textChars: 16_384,
  /** Milliseconds after which the discovery document is read again. */
  discoveryMs: 3_600_000,
} as const;

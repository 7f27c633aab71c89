/** Limits of control's part in logins at controllers' pages. */
export const DEVICE_LINK_LIMITS = {
  /** Logins that a device has refused, or whose fate nobody knows, until a person acts. Devices lock after six. */
  refusedLogins: 2,
  /** Milliseconds that a login waits for another one at the same device; less than the asker waits for an answer. */
  turnMs: 3_000,
  /** Milliseconds that a take-over waits for the logout of who had the device. */
  takeOverMs: 3_000,
  /** Bytes of a certificate that a device presents; a longer one is not kept for approval. */
  certificateBytes: 16_384,
  /** Settings of one device that are kept of what it lists, and how many of them one value of the store holds. */
  catalogueSettings: 1_000,
  cataloguePart: 100,
  /** Characters of a reason that ends a login, for the audit. */
  whyChars: 200,
} as const;

/** Limits of what control keeps and reads of Modbus. Each has a test at the limit and one past it. */
export const MODBUS_CONTROL_LIMITS = {
  /** Points whose commander is remembered over a restart. */
  keptLeases: 4_096,
  /** Clients at units whose requests are kept for `policy diff` and `policy propose`; those longest unseen make room. */
  recordedClients: 2_000,
  /** Milliseconds that a person waits for one read of a device. */
  readMs: 60_000,
} as const;

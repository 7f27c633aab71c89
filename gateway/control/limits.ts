/** Limits of control. */
export const CONTROL_LIMITS = {
  /** Bytes of one command's body on the control socket: a floor plan as base64 fits in. */
  commandBytes: 3 * 1024 * 1024,
  /** Commands that may run at once. */
  commandsRunning: 16,
  /** Milliseconds a command line waits for its answer. */
  commandMs: 600_000,
} as const;

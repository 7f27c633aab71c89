/** Limits of the engineering tunnel. Each has a test at the limit and one past it. */
export const TUNNEL_LIMITS = {
  /** Bytes of one data frame. */
  dataBytes: 32_768,
  /** Bytes that one side may have under way before the other has taken them. */
  windowBytes: 262_144,
  /** Characters of the reason that a closing frame carries. */
  whyChars: 200,
  /** Milliseconds for the connection to a station. */
  connectMs: 8_000,
  /** Connections at once, of all tunnels. */
  connections: 64,
  /** Ended connections that wait to be told to control; older ones are dropped from the list. */
  untold: 500,
  /** Milliseconds between two tries to tell. */
  tellMs: 1_000,
} as const;

/** Limits of the way out of the site. Each has a test at the limit and one past it. */
export const UPLINK_LIMITS = {
  /** Milliseconds that TCP may take to connect, before TLS begins. */
  connectMs: 10_000,
  /** Milliseconds for the answer of a proxy, with the TLS to it; TCP before TLS has its own. */
  tunnelMs: 10_000,
  /** Bytes of a proxy's answer up to its empty line. */
  answerBytes: 8_192,
  /** Seconds between two pings to a CSMS on a metered uplink when the configuration names no other figure. */
  meteredPingSeconds: 240,
  /** Seconds without traffic after which TCP itself asks the far end (CGNAT forgets quiet connections). */
  keepAliveSeconds: 60,
  /** The same on a metered uplink. */
  meteredKeepAliveSeconds: 240,
  /** Bytes from which a message to a CSMS is compressed on a metered uplink. */
  meteredDeflateBytes: 128,
  /** Times by which the pause between two pushes of metrics grows on a metered uplink. */
  meteredTelemetryFactor: 15,
} as const;

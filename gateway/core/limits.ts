/** Limits of the parts between isolates. Each has a test at the limit and one past it. */
export const CORE_LIMITS = {
  /** Calls one RPC side may have unanswered; one more is refused with RPC_OVERLOAD. */
  rpcPending: 10_000,
  /** Characters of one RPC message's arguments or answer. */
  rpcMessageChars: 4 * 1024 * 1024,
  /** Milliseconds a call waits when the caller names no deadline. */
  rpcDeadlineMs: 5_000,
  /** Bytes of a sealed file's pieces. */
  sealedPieceBytes: 65_536,
  /** Milliseconds of silence after which TCP asks whether the peer of an accepted connection is still there. */
  tcpKeepAliveMs: 60_000,
  /** Milliseconds between two sweeps over pending calls. */
  rpcSweepMs: 100,
} as const;

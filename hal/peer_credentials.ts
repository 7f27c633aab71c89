/** Who is at the other end of a unix socket, as the kernel noted it when the peer connected (unix(7), SO_PEERCRED). */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** Finds out who has just connected. */
export interface PeerIdentifier {
  /**
   * The credentials of the connection that was accepted last. Call it once, right after each accept, before the next one.
   * Undefined when it cannot be known for certain: the caller is then refused.
   */
  identifyLatest(): PeerCredentials | undefined;
}

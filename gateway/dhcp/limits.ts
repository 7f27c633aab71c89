/** Limits of DHCP. Each has a test at the limit and one past it. */
export const DHCP_LIMITS = {
  /** Bytes of one message: the fixed part and the cookie, and what an Ethernet frame carries. */
  messageBytesMin: 240,
  messageBytesMax: 1_472,
  /** Bytes that a client takes unless it asks for more (RFC 2131 section 2: 576 with IP and UDP). */
  replyBytes: 548,
  /** Bytes below which BOOTP relays drop messages (RFC 1542 section 2.1). */
  replyBytesMin: 300,
  /** Relay agents on the way (RFC 1542 section 4.1.1). */
  hops: 16,
  /** Addresses of one pool. */
  poolAddresses: 65_536,
  /** Zones with DHCP at one site. */
  scopes: 16,
  /** Leases of all zones together. */
  leases: 65_536,
  /** Addresses offered and not yet taken up, per zone; one more waits its turn. */
  offers: 4_096,
  /** Milliseconds for which an offer is held. */
  offerMs: 60_000,
  /** Addresses that are set aside because one device declined them; further ones are only told of. */
  declines: 4,
  /** Answers that wait for their lease to be stored, per zone. */
  waitingCommits: 4_096,
  /** Leases of one call to control. */
  commitLeases: 200,
  /** Milliseconds between two looks at what is due. */
  tickMs: 50,
  /** Sources whose rate is remembered. */
  sources: 2_048,
  /** Characters of a host name, client id or vendor class that is kept. */
  textChars: 128,
  /** Sources of dropped messages that are told apart. */
  remembered: 256,
  /** Requests on their way through the tunnel, and milliseconds for which an answer is awaited. */
  relayed: 4_096,
  relayedMs: 30_000,
  /** Bytes that may wait for the tunnel; further requests are dropped. */
  tunnelBytes: 256 * 1024,
  /** Milliseconds between two signs of life in the tunnel, and without one until it is given up. */
  tunnelIdleMs: 20_000,
  tunnelSilentMs: 50_000,
  /** First and longest wait between two attempts to open a tunnel or a link, milliseconds. */
  retryFirstMs: 250,
  retryLongestMs: 15_000,
  /** Gateways at one concentrator. */
  gateways: 2_000,
  /** Facts for control that wait; further ones are given up. */
  facts: 4_096,
} as const;

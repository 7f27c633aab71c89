/** Limits of the DNS conduit. Each has a test at the limit and one past it. */
export const DNS_LIMITS = {
  /** Bytes of one message over TCP, and of an upstream's answer (RFC 1035: a 16-bit length). */
  messageBytes: 65_535,
  /** Bytes of a client's query: a question with its options needs a tenth of it. */
  queryBytes: 4_096,
  /** Bytes of an answer over UDP when the client says it takes more: no fragments on any link (DNS flag day 2020). */
  udpAnswerBytes: 1_232,
  /** Bytes of an answer over UDP to a client without EDNS (RFC 1035 section 4.2.1). */
  plainAnswerBytes: 512,
  /** Bytes of a name on the wire (RFC 1035 section 2.3.4). */
  nameBytes: 255,
  /** Records of one message, all sections together. */
  records: 256,
  /** CNAMEs followed in one answer. */
  chain: 16,
  /** TCP connections at once, of all clients and of one. */
  tcpConnections: 64,
  tcpPerSource: 8,
  /** Queries of one TCP connection that may be unanswered. */
  tcpPipelined: 16,
  /** Milliseconds after which a TCP connection without a query is closed. */
  tcpIdleMs: 10_000,
  /** Bytes that may wait for one TCP client that does not read. */
  tcpWaitingBytes: 262_144,
  /** Questions that may be on their way to the upstreams. */
  pending: 1_000,
  /** Clients that may wait for one question. */
  waiters: 64,
  /** Answers kept, and their bytes. */
  cacheEntries: 10_000,
  cacheBytes: 8_388_608,
  /** Clients whose rates are remembered. */
  rateSources: 2_048,
  /** Clients whose last question is remembered. */
  askedClients: 2_048,
  /** Milliseconds an upstream has before the next one is asked as well. */
  attemptMs: 1_200,
  /** Milliseconds after which a client gets an answer that is too old rather than none (RFC 8767 section 5). */
  staleAfterMs: 1_800,
  /** Milliseconds after which a question is given up. */
  queryMs: 5_000,
  /** Seconds that an answer which is too old may be kept by the client (RFC 8767 section 4). */
  staleTtlSeconds: 30,
  /** Seconds that any answer is kept at most and at least. */
  ttlMaxSeconds: 86_400,
  ttlMinSeconds: 5,
  /** Seconds that "there is no such name" is kept at most (RFC 2308 section 5). */
  negativeTtlSeconds: 900,
  /** Failures in a row after which an upstream counts as away. */
  upstreamFailures: 3,
  /** Milliseconds that an upstream which failed is not asked first: doubled with each failure up to the longest. */
  upstreamPauseMs: 1_000,
  upstreamPauseMaxMs: 60_000,
  /** Milliseconds for TCP, TLS and HTTP to an upstream together. */
  upstreamConnectMs: 4_000,
  /** Milliseconds after which a connection to an upstream without questions is closed. */
  upstreamIdleMs: 20_000,
  /** Questions that one upstream may owe an answer to. */
  upstreamPending: 256,
  /** Milliseconds between two looks at what takes too long. */
  tickMs: 200,
  /** Milliseconds between two looks at which stations there are. */
  stationsMs: 60_000,
  /** Refused questions held until control has them: of one look, by client, name and rule. */
  deniedWaiting: 500,
  /** Milliseconds between two reports of refused questions to control. */
  deniedReportMs: 5_000,
  /** Refused names that control keeps, of one client and of all. */
  deniedPerClient: 100,
  deniedNames: 5_000,
  /** Days a refused name is kept that nobody asks for any more. */
  deniedDays: 30,
  /** Audit records about new refused names of one client in an hour; further ones are counted into the next. */
  deniedAudits: 20,
  /** Characters of a rule's explanation that a client gets (RFC 8914). */
  explanationChars: 120,
  /** Names in one list of site.yaml, and rules. */
  names: 1_000,
  rules: 200,
} as const;

/**
 * Limits of the Modbus conduit. Each has a test at the limit and one past it. Quantities are those of the Modbus
 * Application Protocol V1.1b3 section 6; a request beyond them never reaches a line.
 */
export const MODBUS_LIMITS = {
  /** Bytes of a PDU: function code and data (V1.1b3 section 4.1). */
  pduBytes: 253,
  /** Coils or discrete inputs of one read. */
  readBits: 2000,
  /** Registers of one read. */
  readRegisters: 125,
  /** Coils of one write. */
  writeBits: 1968,
  /** Registers of one write. */
  writeRegisters: 123,
  /** Registers that function code 23 writes beside its read. */
  readWriteRegisters: 121,
  /** Values of one FIFO queue (function code 24). */
  fifoRegisters: 31,
  /** Record number of a file (function codes 20 and 21). */
  fileRecord: 9999,
  /** Bytes of an RTU frame on a line (Modbus over Serial Line V1.02 section 2.5.1). */
  rtuBytes: 256,
  /** Bytes kept of a client's stream that are no whole frame yet. */
  streamBytes: 260,
  /** Requests of one client that wait for one line; one more is answered with exception 06. */
  queuedPerClient: 32,
  /** Requests of all clients that wait for one line. */
  queuedPerLine: 256,
  /** Requests served of higher classes while a lower one waits; then the lower one has its turn. */
  turnsBeforeLower: 8,
  /** Retries of a read; a write is never sent twice (a second one could mean something else by then). */
  readRetries: 3,
  /** Answers with a foreign transaction id in a row on one TCP connection; then it is opened anew. */
  strayAnswers: 8,
  /** Frames of somebody else on a serial line at rest, in a row, that mean a second client. */
  foreignFrames: 3,
  /** Answers kept for coalesced and cached reads of one line. */
  cachedReads: 512,
  /** Clients at units whose requests are recorded, kinds of requests of all of them, and characters of one kind. */
  recordedClients: 512,
  recordedRequests: 4_096,
  recordedChars: 4_096,
  /** Milliseconds that requests are recorded before they are handed to control, and clients handed over at a time. */
  recordPeriodMs: 60_000,
  recordedPerSweep: 16,
  /** Reads of one connection whose decision is remembered. */
  rememberedReads: 1_024,
  /** Parts of a device that one call of a person reads. */
  personReads: 64,
  /** SunSpec models of one device. */
  sunSpecModels: 64,
  /** Points that are commanded at a time; the one longest unrenewed makes room. */
  writeLeases: 4_096,
  /** Clients that share the answer of one read. */
  joinedReads: 64,
  /** Lines of one site. */
  lines: 32,
  /** Clients of one listener at a time; site.yaml may say fewer. */
  connectionsPerListener: 256,
  /** Requests of one connection that wait for their answer; one more is answered with exception 06. */
  pendingPerConnection: 32,
  /** Bytes of answers that a client has not taken; with more it is closed: it reads too slowly. */
  clientBacklogBytes: 16 * 1024,
  /** Longest pause between two attempts to open a line, milliseconds, unless site.yaml wants a longer one. */
  reconnectLongestMs: 60_000,
  /** Milliseconds between two looks at requests that wait in a queue, and at a line that rests. */
  queueSweepMs: 20,
  lineSweepMs: 1_000,
  /** Milliseconds that connecting to a TCP target may take, its TLS handshake included. */
  connectMs: 5_000,
  /** Milliseconds for which a piece of a frame waits for its rest: USB adapters hand over bytes in lumps. */
  pieceMs: 60,
  /** Milliseconds for which one call to hald waits for bytes, and more for its answer. */
  receiveMs: 2_000,
  haldDeadlineMs: 5_000,
  /** Longest pause between two attempts to open a serial line: an adapter is plugged in by a person who waits. */
  serialReopenMs: 5_000,
  /** Milliseconds that the utilisation of a line and the rates of clients look back, at least; at most twice as long. */
  utilisationMs: 60_000,
  /** Latencies kept of one line, for its page. */
  latenciesKept: 512,
  /** Clients counted by name; all others share one count. */
  clientsCounted: 64,
  /** Milliseconds within which equal refusals are one audit record, and different ones kept at a time. */
  refusalPeriodMs: 60_000,
  refusalKinds: 512,
  /** Records and alarms that wait for control to come back; more are in the log only. */
  untoldNotices: 512,
  /** Refusals shown on the page of the lines. */
  refusalsShown: 50,
  /** Unanswered requests in a row after which a device counts as silent. */
  silentAfter: 5,
  /** Milliseconds that the rest of a begun frame may take. */
  frameMs: 30_000,
} as const;

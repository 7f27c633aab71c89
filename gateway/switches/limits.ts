/** Limits of the switch view. Each has a test at the limit and one past it. */
export const SWITCH_LIMITS = {
  /** Switches of a site. */
  switches: 32,
  /** Bytes of one SNMP message, either way; what is longer is not read. */
  messageBytes: 16_384,
  /** Constructed values inside each other: a message has six. */
  depth: 8,
  /** Numbers of an object identifier (RFC 2578 section 3.5). */
  oidArcs: 128,
  /** Values of one message. */
  bindings: 512,
  /** Values asked for at once; halved when the switch finds the answer too big. */
  repetitions: 24,
  /** Rows of one table of a switch; what is beyond is left out and the view says so. */
  rows: 8_192,
  /** Questions of one reading: a switch that answers in steps of one must not keep us for ever. */
  questions: 4_096,
  /** Milliseconds without an answer before a question is asked again, and tries in all. */
  answerMs: 2_000,
  tries: 3,
  /** Milliseconds of one reading. */
  readingMs: 60_000,
  /** Ports, devices and neighbours of one switch that are kept. */
  ports: 1_024,
  devices: 8_192,
  neighbours: 256,
  /** Characters of a name that a switch tells. */
  nameChars: 64,
  /** Milliseconds for which the last view of a switch still says where stations are. */
  staleMs: 900_000,
} as const;

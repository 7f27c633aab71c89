/** Limits of the configuration-UI conduit. Each has a test at the limit and one past it. */
export const UI_PROXY_LIMITS = {
  /** Ports of `console.devicePages.ports`. */
  ports: 256,
  /** Bytes of a request target; a longer one overflows the stack of Bender boxes before 5.20.2 (CVE-2021-34587). */
  targetBytes: 2_048,
  /** Parameters in a query or form that are read for judging; more is a refusal, never a part unread. */
  parameters: 512,
  /** Bytes of a body that is read whole for judging, because it writes settings. */
  judgedBodyBytes: 262_144,
  /** Nesting of such a body's JSON. */
  jsonDepth: 16,
  /** Header fields of a request that are read. */
  requestHeaders: 96,
  /** Bytes of a request's header names and values together. */
  requestHeaderBytes: 16_384,
  /** Bytes of the header fields that go on to a device, unless its driver allows fewer. */
  deviceHeaderBytes: 4_096,
  /** Milliseconds for TCP and TLS to a device; its watchdog restarts it under load. */
  deviceConnectMs: 10_000,
  /** Milliseconds of silence after which a device's connection is closed. */
  deviceSilenceMs: 60_000,
  /** Connections of one session to one device; controllers are small, and one whose login is bound to it has one. */
  deviceSockets: 4,
  /** Bytes of the head of a device's answer. */
  deviceAnswerHeadBytes: 16_384,
  /** Header fields of a device's answer. */
  deviceAnswerFields: 128,
  /** Interim answers (100 to 199) before an answer. */
  interimAnswers: 8,
  /** Bytes of a line between the chunks of an answer. */
  chunkLineBytes: 256,
  /** Bytes of an answer of announced length that is taken whole before it goes on: in one piece it costs half (measured). */
  wholeAnswerBytes: 65_536,
  /** Bytes of an answer that a driver reads: a login, a list of keys. */
  driverBodyBytes: 1_048_576,
  /** Megabytes (10^6 bytes) that `console.devicePages.uploadMegabytes` may allow for one upload. */
  uploadMegabytes: 4_096,
  /** Firmware uploads at once. */
  uploads: 2,
  /** Parts of a form with a firmware upload. */
  uploadParts: 16,
  /** Bytes of the head of one part. */
  partHeadBytes: 1_024,
  /** Bytes of all its fields that are no files. */
  uploadFieldBytes: 65_536,
  /** Settings that are taken from the lists of a device. */
  learnedSettings: 1_000,
  /** Characters of one cell of such a list. */
  learnedChars: 120,
  /** Requests of one conversation of a driver. */
  driverRequests: 12,
  /** Requests of one conversation of a driver that reads settings or a log in pages, or changes something. */
  operationRequests: 400,
  /** Milliseconds for the answer to a whole firmware upload: some devices write it to their flash first. */
  firmwareAnswerMs: 600_000,
  /** Bytes of an image read at a time. */
  imagePieceBytes: 65_536,
  /** Milliseconds between two reports how far a file is. */
  progressMs: 1_000,
  /** Characters of a text that a driver puts together from pages. */
  collectedChars: 8_388_608,
  /** Milliseconds for a logout at a device when a session ends. */
  logoutMs: 2_000,
  /** Milliseconds after a login that failed, or that did not help, in which the device is not asked for another. */
  loginPauseMs: 10_000,
  /** Cookies kept of one device in one session; the oldest gives way. */
  deviceCookies: 32,
  /** Bytes of one Set-Cookie of a device; a longer one is not kept. */
  deviceCookieBytes: 4_096,
  /** Bytes of the header of a request as it comes in, target included. */
  headBytes: 20_480,
  /** Milliseconds for the header of a request. */
  headMs: 10_000,
  /** Milliseconds without a byte of a body that a browser has announced. */
  bodySilenceMs: 30_000,
  /** Milliseconds that an idle connection of a browser stays open. */
  keepAliveMs: 15_000,
  /** Connections of browsers at once, on each port. */
  connections: 512,
  /** Requests of one session that wait for its device; a page of a controller is dozens. */
  requestsOfSession: 64,
  /** Bytes that one body may keep in memory on its way to a device, its sender being held back (core/tls_pause.ts). */
  passedBytes: 2_097_152,
  /** Bytes that all such bodies may keep at once; one whose sender cannot be held back counts with its length. */
  passedAtOnceBytes: 100_663_296,
  /** Bytes of an answer that a browser has not taken yet, where its device cannot be held back; then it is cut off. */
  answerBacklogBytes: 33_554_432,
  /** Milliseconds in which a browser takes nothing of what waits for it; then it is cut off. */
  answerStallMs: 30_000,
  /** Bytes at the beginning of a page in which the place for the activity script is looked for. */
  injectBytes: 16_384,
  /** Milliseconds between two reports of activity (EV-14). */
  beatMs: 30_000,
  /** Milliseconds before the idle logout at which a page warns. */
  idleWarnMs: 120_000,
  /** Milliseconds in which alike requests become one audit record. */
  recordMs: 5_000,
  /** Audit records told at once. */
  recordsAtOnce: 100,
  /** Kinds of requests of one session that wait for the audit; then nothing goes on. */
  recordsWaiting: 200,
  /** Kinds of refusals of strangers that wait for the audit; more are counted only. */
  strangersWaiting: 200,
  /** Spellings of a page's host, each with its port, that are known without reading them again. */
  hostSpellings: 512,
  /** Cookies that are known without asking control. */
  cookies: 1_000,
  /** Milliseconds between two looks for sessions whose time is up. */
  sweepMs: 1_000,
} as const;

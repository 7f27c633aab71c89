/** Limits of the console. */
export const CONSOLE_LIMITS = {
  /** Bytes of all headers of one request. */
  headerBytes: 16_384,
  /** Bytes of the body of one request: a form, a certificate request, a site's rules. */
  bodyBytes: 262_144,
  /** Bytes of a request that brings a floor plan, a photo or an advisory: 2 MiB as base64, with room for the rest. */
  planBodyBytes: 3_145_728,
  /** Requests with a picture at once: their bodies are held before anybody is known. */
  planUploads: 4,
  /** Milliseconds for the headers of one request, and then for its body. */
  requestMs: 15_000,
  /** A file that a person uploads: milliseconds without a byte, bytes a second over a window, and all of it. */
  uploads: { stallMs: 30_000, slowestBytesPerSecond: 4_096, slowWindowMs: 60_000, totalMs: 2 * 3_600_000 },
  /** Files in the drop folder, and characters of the name of one. */
  uploadedFiles: 16,
  fileNameChars: 100,
  /** Milliseconds that a refused upload is still read, so that its sender hears why. */
  lingerMs: 5_000,
  /** Parts of a form with a file, and bytes of the head of one. */
  formParts: 24,
  partHeadBytes: 1_024,
  /** Milliseconds an idle connection stays open. */
  keepAliveMs: 5_000,
  /** Connections at once. */
  connections: 512,
  /** Random bytes of the proof that a form carries. */
  tokenBytes: 16,
  /** Milliseconds before the idle logout (EV-14) at which the activity script warns. */
  idleWarnMs: 120_000,
  /** Milliseconds between two reports of activity. */
  beatMs: 30_000,
  /** Live connections (server-sent events) of one session, and of all. */
  liveOfSession: 6,
  live: 64,
  /** Connections of engineering tunnels at once. */
  tunnels: 64,
  /** Milliseconds until a tunnel's connection is open: control judges it, the station answers. */
  tunnelOpenMs: 12_000,
  /** Milliseconds between two pings of a tunnel; a laptop that answers none until the next is gone. */
  tunnelPingMs: 30_000,
  /** Bytes that may wait for a laptop; the tunnel's own window is a quarter of it. */
  tunnelBufferBytes: 1_048_576,
  /** Milliseconds between two looks of a live part. */
  liveMs: 3_000,
  /** Rows of one page of a list. */
  pageRows: 50,
  /** Rows that the REST API gives at once, at most. */
  apiRows: 500,
  /** Characters of what an act says to the next page. */
  flashChars: 400,
} as const;

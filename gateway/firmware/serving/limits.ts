/** Limits of serving and receiving files. Each has a test at the limit and one past it. */
export const SERVING_LIMITS = {
  /** Characters of a URL that a station is given (OCPP 1.6 and 2.0.1: 512). */
  urlChars: 512,
  /** Characters of a file name in a URL, and of one that a station chooses. */
  fileNameChars: 64,
  /** Bytes of a request's head. */
  headerBytes: 8_192,
  /** Milliseconds for the head of a request, and of silence between two requests. */
  headersMs: 10_000,
  keepAliveMs: 5_000,
  /** Connections of one listener, and of one address to it. */
  connections: 256,
  connectionsPerSource: 4,
  /** Downloads of one grant at one time. */
  downloadsPerGrant: 2,
  /** Bytes read and sent at a time. */
  chunkBytes: 262_144,
  /** Bytes after which the disk is looked at for changes of the image. */
  lookBytes: 4_194_304,
  /** Bytes after which control is told what was sent. */
  reportBytes: 8_388_608,
  /** Milliseconds that a peer may take nothing, or bring nothing. */
  stallMs: 60_000,
  /** Bytes per second below which a peer is cut off (slow retrieval), looked at once it has had this many milliseconds. */
  slowestBytesPerSecond: 1_024,
  slowWindowMs: 120_000,
  /** Grants whose progress is remembered. */
  progresses: 1_024,
  /** Bytes of the head of one part of a form. */
  partHeadBytes: 4_096,
  /** Characters of a form's boundary (RFC 2046: 70). */
  boundaryChars: 70,
  /** Characters of a command of FTP, and commands that come at once. */
  ftpLineChars: 512,
  ftpCommands: 32,
  /** Milliseconds for a data connection of FTP to come, and of silence of FTP and SFTP. */
  dataConnectMs: 15_000,
  idleMs: 120_000,
  /** Milliseconds to log in by SFTP, and files that one client has open. */
  loginMs: 20_000,
  sftpHandles: 4,
  /** Reads of SFTP that wait, and bytes of one. */
  sftpReads: 256,
  sftpReadBytes: 262_144,
  /** Uploads at one time. */
  uploads: 16,
} as const;

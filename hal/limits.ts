/** Limits of hald, its client and the key stores. Each has a test at the limit and one past it. */
export const HAL_LIMITS = {
  /** Bytes of a key file or sealed blob; a longer file is not one of ours. */
  keyFileBytes: 8 * 1024,
  /** Bytes of one frame between hald and its client, length field left out. */
  frameBytes: 64 * 1024,
  /** Connections hald keeps at a time. One more is closed unread. */
  connections: 48,
  /** Calls of one connection that hald works on at a time; further ones wait in the socket. */
  callsPerConnection: 8,
  /** Calls a client may have unanswered; one more is refused with HAL_OVERLOAD. */
  clientPending: 64,
  /** Milliseconds a call of the client waits when the caller names no deadline. */
  callDeadlineMs: 5_000,
  /** First and longest wait between two attempts of the client to connect, milliseconds. */
  reconnectFirstMs: 100,
  reconnectLongestMs: 5_000,
  /** Bytes a program started by hald may write before it is ended. */
  toolOutputBytes: 256 * 1024,
  /** Milliseconds a program started by hald may run. */
  toolMs: 10_000,
  /** Links that `net.links` reports. */
  links: 256,
  /** Bytes of one message to systemd; longer status texts are cut. */
  notifyBytes: 1_024,
  /** Bytes of hald's configuration file. */
  configBytes: 64 * 1024,
  /** Characters of a unix socket path (sockaddr_un holds 108 bytes with the final zero). */
  socketPathBytes: 107,
  /** Characters of a ruleset for the firewall, and of one part on its way here. */
  rulesetBytes: 1024 * 1024,
  rulesetPartBytes: 32 * 1024,
  /** Settings of interfaces that go with a ruleset. */
  kernelSettings: 1_024,
  /** Milliseconds between two looks whether the kernel still holds the rules. */
  firewallTendMs: 30_000,
  /** Servers that the box's clock follows, and sources that a report names. */
  timeServers: 8,
  timeSources: 64,
  /** Characters of the CAs of one time server: eight of them fit into a frame. */
  timeCaChars: 7_000,
  /** Bytes of chrony's report. */
  timeReportBytes: 32 * 1024,
  /** Addresses that an isolation probe asks for, devices that it tells, and milliseconds that it listens. */
  probeTargets: 256,
  probeDevices: 256,
  probeMs: 2_000,
  /** Neighbours that LLDP keeps, parts of one frame that are read, characters of a name, and milliseconds between two looks. */
  lldpNeighbours: 64,
  lldpParts: 64,
  lldpChars: 100,
  lldpLookMs: 1_000,
  /** Tamper inputs of the box. */
  tamperInputs: 8,
  /** Milliseconds between two looks at the tamper inputs. */
  tamperLookMs: 250,
  /** Bytes of a UDP payload between hald and its client. */
  packetBytes: 1_500,
  /** Bytes that may wait for a client that does not read its packets; further packets are dropped and counted. */
  packetBacklogBytes: 1024 * 1024,
  /** Packets taken from a socket before others have their turn. */
  packetsPerTurn: 512,
  /** Addresses whose owners are asked for at a time, and milliseconds for which an answer counts. */
  askedAddresses: 4_096,
  claimMs: 10_000,
  /** Bytes of one piece that silence cut out of a serial line: two frames of Modbus. */
  serialPieceBytes: 512,
  /** Pieces of one line that wait to be taken; the oldest make room. */
  serialPieces: 64,
  /** Serial devices of one box. */
  serialDevices: 32,
  /** Milliseconds between two looks at a silent line. */
  serialPollMs: 200,
  /** Milliseconds that a transmission waits for silence. */
  serialBusyMs: 1_000,
  /** Milliseconds after which a line that nobody uses is closed. */
  serialUnusedMs: 30_000,
  /** Longest wait of one `serial.receive`, milliseconds. */
  serialWaitMs: 10_000,
  /** Bytes of a certificate of a device with old TLS. */
  certificateBytes: 16_384,
  /** Devices with old TLS that hald.json may list. */
  oldTlsDevices: 256,
  /** Connections to them at once; each is a program. */
  oldTlsStreams: 16,
  /** Milliseconds for TCP and TLS to one of them. */
  oldTlsHandshakeMs: 15_000,
  /** Characters that are read of what OpenSSL says about a handshake. */
  oldTlsSummaryChars: 8_192,
  /** File descriptors that are looked through for an accepted connection. */
  descriptors: 4_096,
} as const;

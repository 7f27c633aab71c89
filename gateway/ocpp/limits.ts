/** Limits of the OCPP conduit. Each has a test at the limit and one past it. */
export const OCPP_LIMITS = {
  /** Bytes of one OCPP-J message on either leg when the configuration names no other figure; one more closes with 1009. */
  messageBytes: 262_144,
  /** Largest figure the configuration may name for it. */
  messageBytesMax: 1_048_576,
  /** Nesting of one message's JSON. The deepest message of OCPP 2.1 stays under ten. What must pass does so unread (decisions/0198). */
  jsonDepth: 64,
  /** Characters of a message id that both OCPP versions allow (LC12); more is a fault that is recorded. */
  messageIdChars: 36,
  /** Characters of a message id that are still tracked; more makes the message malformed, unless it must pass (decisions/0198). */
  messageIdCharsMax: 256,
  /** Characters of an action name; more makes the message malformed. */
  actionChars: 128,
  /** Names of actions of which one copy is kept; all versions together have 130. */
  actionNames: 512,
  /** CALLs of the station that may wait for the CSMS; one more is refused, unless it belongs to a transaction. */
  stationPending: 64,
  /**
   * CALLs of the station, transaction messages included, whose answer is still matched: one that sends all it kept without waiting
   * needs the answer to each. Beyond it the oldest is forgotten.
   */
  stationAsked: 1_024,
  /** CALLs of the CSMS that wait until the station answered the one before (LC10). */
  csmsQueueMessages: 32,
  /** Bytes of these. */
  csmsQueueBytes: 1_048_576,
  /** CALLs of the CSMS whose answer may still come late. */
  csmsPending: 64,
  /** CALLs of the gateway that wait for their turn at one station; one more is "busy" at once. */
  ownQueueMessages: 16,
  /** Bytes of these. */
  ownQueueBytes: 262_144,
  /** Milliseconds the gateway takes at most to answer a CALL it took upon itself; then it is an InternalError. */
  takeTimeoutMs: 30_000,
  /** CALLs of stations that control expects at one time; the oldest is forgotten for one more. */
  expectedCalls: 256,
  /** Milliseconds that a CALL is expected at most. */
  expectedMs: 900_000,
  /** Connectors and transactions of one station whose state is kept. */
  activityEntries: 64,
  /** Message ids remembered per direction to notice repetition and late errors. */
  recentIds: 64,
  /** Messages per second one side may send on average. */
  messagesPerSecond: 50,
  /** Messages one side may send at once. */
  messagesBurst: 500,
  /**
   * Bytes that one side may send at once; more ends the connection with 1008. A whole device model of OCPP 2.0.1 has less than one
   * million; 262,144 that are chosen for it (names of members that never come twice) take 20 to 40 ms to read (decisions/0195).
   */
  floodBytes: 16_777_216,
  /** Bytes per second on average. A station that charges sends a few hundred. */
  floodBytesPerSecond: 131_072,
  /** What a message counts beside its bytes. */
  messageOverheadBytes: 512,
  /** Bytes that may wait in one leg's socket for a peer that does not read; more ends both legs (invariant 7). */
  bufferedBytes: 2_097_152,
  /** Messages kept for the new CSMS connection while it is redialled within graceSeconds. */
  graceMessages: 64,
  /** Bytes of these. */
  graceBytes: 524_288,
  /** Milliseconds that a CSMS leg with a new credential waits for a moment without unanswered calls. */
  renewQuietMs: 5_000,
  /** Milliseconds that a station has for its part of a request that the gateway answers; a taker has 30,000. */
  rehomeCallMs: 25_000,
  /** Milliseconds between two requests for a new certificate of a CSMS leg while nobody signs one. */
  renewalRetryMs: 86_400_000,
  /** Characters of one field of certificate hash data that are looked at; OCPP allows 128. */
  hashChars: 128,
  /** Milliseconds for such a leg to be open again, when graceSeconds is less. */
  renewMs: 30_000,
  /** Characters of a station identity (OCPP 2.0.1 Part 4 section 3.1.1). */
  stationIdChars: 48,
  /** Milliseconds that a CSMS has to answer the gateway's own boot, heartbeat and CALLs before the next is sent. */
  controllerCallMs: 30_000,
  /** Questions of one CSMS to the gateway itself that control has not answered yet. */
  controllerAsks: 8,
  /** URL paths of one listener beside its first. */
  morePaths: 15,
  /** Bytes of a request target. */
  targetBytes: 2_048,
  /** Bytes of all headers of the upgrade request. */
  headerBytes: 16_384,
  /** Bytes of the decoded user and password of HTTP Basic. */
  basicBytes: 512,
  /** Bytes a station may send before it has its answer to the upgrade. */
  earlyBytes: 16_384,
  /** Messages of the CSMS that may arrive before the station's leg is ready. */
  earlyMessages: 16,
  /** Subprotocols looked at in one upgrade request. */
  offeredProtocols: 16,
  /** Open connections of one listener, upgraded or not. */
  connectionsPerListener: 12_000,
  /** Upgrades of one isolate that are being decided at one time; one more is answered 503. */
  upgradesInFlight: 256,
  /** Milliseconds for request headers to arrive. */
  headersTimeoutMs: 10_000,
  /** Milliseconds from upgrade request to answer: control, dialling and CSMS included. */
  upgradeTimeoutMs: 20_000,
  /** Milliseconds for the CSMS to finish TCP, TLS and the WebSocket upgrade. */
  dialTimeoutMs: 10_000,
  /** Milliseconds for a peer to answer our close frame. */
  closeTimeoutMs: 5_000,
  /** Connection attempts per source address: at once, and per second afterwards. */
  sourceAttemptsBurst: 60,
  sourceAttemptsPerSecond: 2,
  /** Refused attempts per station identity: at once, and per second afterwards. */
  identityFailuresBurst: 10,
  identityFailuresPerSecond: 0.2,
  /** Upgrades accepted by one isolate: at once, and per second afterwards (reconnect storms). */
  acceptsBurst: 500,
  acceptsPerSecond: 200,
  /** Security events of one connection that are told to control: at once, and per second afterwards. */
  securityEventsBurst: 20,
  securityEventsPerSecond: 0.1,
  /** Types of security events of one station whose left out ones are counted. */
  securityEventTypes: 32,
  /** Security events of one Worker that wait for control. */
  securityEventsWaiting: 1_000,
  /** Characters of a security event's type and information. */
  securityEventChars: 255,
  /** Statuses of updates of one Worker, and of one station, that wait for control. */
  firmwareStatuses: 2_000,
  firmwareStatusesPerStation: 20,
  /** Characters of such a status. */
  firmwareStatusChars: 40,
  /** Segments of a path that are looked at for a station with the quirk loose-path. */
  looseSegments: 16,
  /** CALLs in a row that a station with the quirk close-when-mute may leave unanswered. */
  muteCalls: 3,
  /** Faults of one message that relaxations may waive; one more and it breaks its schema. */
  relaxedFaults: 32,
  /** Keys remembered by each of these limiters. */
  limiterKeys: 20_000,
  /** Sources whose last success with an identity exempts them from that identity's limit. */
  trustedSources: 20_000,
  /** Bytes of flight-recorder lines kept per station, and in one isolate. */
  flightBytesPerStation: 65_536,
  flightBytes: 67_108_864,
  /** Characters of one recorded message. */
  flightLineChars: 4_096,
  /** Stations with a flight recorder in one isolate. */
  flightStations: 20_000,
  /** Milliseconds without a refusal by the site's rules until the alarm about a CSMS is over. */
  rulesQuietMs: 3_600_000,
  /** Stations whose messages are recorded for `policy diff` in one isolate; those beyond are not, until there is room. */
  recordedStations: 20_000,
  /** Kinds of messages recorded of all of them, until they are handed over. */
  recordedKinds: 50_000,
  /** Milliseconds a station is recorded before that is handed to control. */
  recordPeriodMs: 600_000,
  /** Stations handed over at one time. */
  recordedPerSweep: 25,
  /** Milliseconds between two reports of facts of one station that changed its firmware version: an update waits for it. */
  versionPeriodMs: 5_000,
  /** Milliseconds between two reports of facts of one station. */
  seenPeriodMs: 60_000,
  /** Milliseconds during which equal refusals are counted into one audit record. */
  refusalPeriodMs: 60_000,
  /** Different refusals counted at one time; more share one record. */
  refusalKinds: 1_000,
  /** Milliseconds after which control is told again that an alarm stands, or is over, when it is seen once more. */
  alarmAgainMs: 300_000,
  /** Alarms that one Worker knows to be over; of more the oldest are told to control once more. */
  clearedAlarms: 20_000,
  /** Milliseconds between two looks at the certificates of live sessions. */
  recheckPeriodMs: 60_000,
  /** Milliseconds between two sweeps over all sessions. */
  sweepMs: 1_000,
  /** Seconds of silence after which a station is dropped when it never answers pings (heartbeats may be rare). */
  idleWithoutPongSeconds: 7_200,
  /** Milliseconds after which a certificate of a station that does not count is told again. */
  setAsidePeriodMs: 86_400_000,
  /** Stations and faults for which that is remembered; the oldest is forgotten first. */
  setAsideKinds: 20_000,
  /** Addresses of no known station with an alarm of their own because of TLS; further ones share one alarm. */
  handshakeAlarms: 50,
  /** Milliseconds without a failed handshake after which that alarm of an address is over. */
  handshakeQuietMs: 86_400_000,
  /** Addresses whose last failed handshake is remembered. */
  handshakeFaults: 2_000,
  /** Failed handshakes that `why` is told of at once. */
  handshakesTold: 5,
  /** Upstream TLS contexts kept, one per set of CA and client certificate. */
  upstreamContexts: 1_024,
  /** Milliseconds for which a CSMS's answer to the offer of compression is believed. */
  deflateMemoryMs: 600_000,
  /** Fragments of one WebSocket message; one more closes with 1008. */
  messageFragments: 1_024,
  /** Seconds after which a station in quarantine boots again. */
  quarantineBootSeconds: 60,
} as const;

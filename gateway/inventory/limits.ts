/** Limits of the inventory and of station admission. */
export const INVENTORY_LIMITS = {
  /** Failed attempts from one address before it must wait (invariant 9). */
  failuresPerSource: 10,
  /** Failed attempts for one identity, from addresses that never proved it. */
  failuresPerIdentity: 20,
  /** Seconds until a fully used allowance is whole again. */
  failureWindowSeconds: 300,
  /** Addresses and identities whose failures are remembered; the oldest is forgotten first. */
  trackedAttempts: 10_000,
  /** Proven weak passwords kept, so that a reconnect storm does not wait for argon2id. */
  provenCache: 5_000,
  /** Milliseconds that a permission to lower a profile waits for the station to come. */
  loweringMs: 86_400_000,
  /** Characters of a reason that a person gives. */
  reasonChars: 200,
  /** Milliseconds that the older of two connections of a station has for a sign of life (O-25). */
  probeMs: 2_000,
  /** Connections beside a living one before a station must wait; they drain over the failure window. */
  duplicates: 10,
  /** Unknown stations in the adoption inbox; the one not seen for longest makes room. */
  inboxEntries: 500,
  /** Milliseconds between two stored sightings of the same unknown station. */
  inboxWriteMs: 60_000,
  /** Live sessions of a site. */
  liveSessions: 20_000,
  /** Distinct facts kept per station. */
  factsPerStation: 40,
  /** Milliseconds between two looks at a station that climbs. */
  climbPollMs: 1_000,
  /** Milliseconds after which a station that came back with its old profile has decided to stay there. */
  climbSettleMs: 30_000,
  /** Milliseconds after which a station that took a new profile and did not reconnect is restarted once. */
  climbNudgeMs: 15_000,
  /** Milliseconds a station has to make a key and a signing request. */
  climbRequestMs: 180_000,
  /** Times a CALL of a climb is sent when no answer comes. */
  climbTries: 3,
  /** Milliseconds that a look at a climb waits for its next step. */
  climbWaitMs: 50_000,
  /** Milliseconds until a climb that the gateway itself could not go on with is tried again. */
  climbAgainMs: 60_000,
  /** Milliseconds a station has to answer a CALL of a climb. */
  climbCallMs: 60_000,
  /** Minutes that a station may have to come back with its new profile. */
  climbMinutes: 1_440,
  /** Minutes a station in quarantine has to come back with the password it was given. */
  quarantineMinutes: 60,
  /** Notes kept of one climb. */
  climbNotes: 100,
  /** Passwords that may be the station's because nobody knows whether it took them. */
  climbPending: 4,
  /** Climbs that run at one time. */
  climbs: 20,
  /** Milliseconds that a CALL of the gateway to a station may take at most, waiting for its turn included. */
  callTimeoutMs: 300_000,
  /** Milliseconds beyond it until the Worker itself must have answered. */
  callSlackMs: 5_000,
} as const;

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
  /** Milliseconds that a CALL of the gateway to a station may take at most, waiting for its turn included. */
  callTimeoutMs: 300_000,
  /** Milliseconds beyond it until the Worker itself must have answered. */
  callSlackMs: 5_000,
} as const;

/** Limits of the hasher. */
export const HASHER_LIMITS = {
  /** Password checks that may wait; one more is refused with HASHER_BUSY. */
  waiting: 64,
} as const;

/** Limits of accounts, logins and sessions. */
export const PEOPLE_LIMITS = {
  /** Accounts of people, those of identity providers included. */
  accounts: 1_000,
  /** Characters of a person's name. */
  nameChars: 64,
  /** Characters of any text a person types: passwords, codes, labels, reasons. */
  textChars: 256,
  /** Sessions at once; one more ends the one that nobody has used for longest. */
  sessions: 1_000,
  /** Sessions of one person at once; one more ends that person's oldest. */
  sessionsOfPerson: 10,
  /** Logins of one name that may wait for each other. */
  waitingOfName: 8,
  /** Names and addresses whose wrong tries are remembered; one more forgets the one that failed longest ago. */
  lockouts: 10_000,
  /** Milliseconds between two records of refusals of the same locked name from the same address. */
  lockedRecordMs: 60_000,
  /** Passkeys of one person. */
  passkeys: 10,
  /** WebAuthn ceremonies and OIDC logins that may be under way. */
  ceremonies: 500,
  /** Of these from one address. */
  ceremoniesOfSource: 20,
  /** Recovery codes given out at once. */
  recoveryCodes: 8,
  /** Characters of an own recovery code (PUK). */
  recoveryMinChars: 8,
  recoveryMaxChars: 100,
  /** API tokens of one person. */
  tokensOfPerson: 20,
  /** Days that an API token may live. */
  tokenDays: 366,
  /** Grants. */
  grants: 1_000,
  /** Requests for access that wait for a decision. */
  requestsPending: 200,
  /** Days that decided requests are kept. */
  requestDays: 90,
  /** Opened ways to controllers at once. */
  leases: 500,
  /** Tunnels whose token may be used at once. */
  tunnels: 100,
  /** Connections in one tunnel. */
  connectionsOfTunnel: 8,
  /** Minutes that one way may stay open. */
  leaseMinutes: 480,
  /** Milliseconds between two stored activity times of one session: what a crash may cost it in idle time. */
  activityStoreMs: 30_000,
  /** Milliseconds between two looks for sessions that are over. */
  sweepMs: 1_000,
  /** Minutes that a session of the break-glass account lives. */
  breakGlassMinutes: 60,
} as const;

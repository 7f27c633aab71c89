/** Limits of the vault of device secrets. Each has a test at the limit and one past it. */
export const VAULT_LIMITS = {
  /** Values of one secret that are kept: the one in force and those before it. */
  values: 8,
  /** Persons that are remembered for one secret; who is remembered longest goes first. */
  witnesses: 100,
  /** Escrows that wait to be acknowledged; the oldest is forgotten for one more. */
  openEscrows: 8,
  /** Characters of a reason, of a reset card's custodian and place. */
  textChars: 200,
  /** Reset cards of the site. */
  cards: 1_000,
  /** Groups of units with one secret, and units of one of them. */
  groups: 32,
  groupUnits: 200,
  /** Milliseconds between two looks at what is due. */
  tickMs: 5_000,
  /** Milliseconds after a failed delivery of an escrow until the next. */
  deliverAgainMs: 300_000,
  /** Milliseconds that a delivery may take. */
  deliverMs: 120_000,
  /** Bytes of a secret that a person brings in a file. */
  broughtBytes: 4_096,
} as const;

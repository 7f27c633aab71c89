/**
 * Every key prefix of the store, with what stands below it. No other file spells a prefix.
 * A prefix is never reused for something else; a changed value form needs a migration.
 */
export const KEYS = {
  /** ["schema"] -> number of the last migration that ran. */
  schema: ["schema"],
  /** ["sealer", "derivation"] -> sealed secret that named keys are derived from; survives a change of the root key. */
  sealer: ["sealer"],
} as const satisfies Record<string, readonly [string]>;

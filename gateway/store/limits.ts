/**
 * Limits of the store. The first four are those of Deno KV 2.9.6 (measured), the size of a commit with room for its framing.
 * Each has a test at the limit and one past it.
 */
export const STORE_LIMITS = {
  /** Bytes of one key in Deno KV's encoding. */
  keyBytes: 2_048,
  /** Bytes of one encoded value, our 9 bytes of envelope included. Larger things are files, or several values. */
  valueBytes: 65_536,
  /** Mutations of one commit, merged or not. */
  commitMutations: 1_000,
  /** Bytes of keys and values of one commit, merged or not; Deno KV refuses 819,200. */
  commitBytes: 800_000,
  /** Checks of one commit. */
  commitChecks: 100,
  /** Commits that may wait for the disk; one more is refused with STORE_OVERLOAD. */
  pendingCommits: 20_000,
  /** Entries one list() gives when the caller names no limit. */
  listEntries: 1_000,
  /** Entries read from disk at once while listing. */
  listBatch: 100,
  /** Milliseconds between two turns of the sweeper. */
  sweepEveryMs: 60_000,
  /** Entries one turn of the sweeper looks at; the next turn goes on behind them. */
  sweepEntries: 2_000,
  /** Derived keys held in memory; the oldest gives way. */
  derivedKeys: 256,
  /** How deep a stored value is searched for sealed parts when a backup is restored. */
  sealedDepth: 8,
} as const;

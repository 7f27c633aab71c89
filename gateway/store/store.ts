/** A key: first part is one of the prefixes in keys.ts. */
export type StoreKey = readonly (string | number)[];

/** One stored value. */
export interface StoreEntry<T> {
  readonly key: StoreKey;
  readonly value: T;
  /** Changes with every write of this key; use it in `check`. */
  readonly version: string;
  /** Milliseconds since the epoch; absent when it never expires. */
  readonly expiresAt?: number;
}

/** One change of a commit. `expiresAt` (milliseconds since the epoch) is enforced by us: Deno KV's own expiry is late. */
export type Mutation =
  | { readonly set: StoreKey; readonly value: unknown; readonly expiresAt?: number }
  | { readonly delete: StoreKey };

/** A condition of a commit: the key still has this version, or does not exist (null). */
export interface Check {
  readonly key: StoreKey;
  readonly version: string | null;
}

/**
 * Control's durable memory. Everything resolved here is fsynced: `kill -9` after it loses nothing.
 * All errors are StorageError; STORE_CONFLICT when a check failed, STORE_FULL when the disk policy refuses writes.
 */
export interface Store {
  get<T>(key: StoreKey): Promise<StoreEntry<T> | undefined>;
  /** Entries whose key starts with `prefix`, in key order; bounded by `limit` (default 1,000). */
  list<T>(
    prefix: StoreKey,
    options?: { readonly limit?: number; readonly after?: StoreKey; readonly reverse?: boolean },
  ): AsyncIterable<StoreEntry<T>>;
  /** All mutations or none. Commits without checks that arrive together share one fsync (group commit). */
  commit(mutations: readonly Mutation[], checks?: readonly Check[]): Promise<void>;
  /** A consistent copy of the whole store in a new file, while the store goes on. */
  snapshot(file: string): Promise<void>;
  close(): Promise<void>;
}

/** The store as its opener has it. */
export interface OpenedStore extends Store {
  /**
   * Takes the bytes of what was deleted or written over out of the store's files (scrub.ts). Commits wait meanwhile.
   * @returns false when the store is not a file of this box: its owner has to
   */
  scrub(options?: { readonly busyMs?: number }): Promise<boolean>;
}

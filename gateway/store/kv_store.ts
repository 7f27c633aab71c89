import type { Clock } from "../core/clock.ts";
import type { GatewayError } from "../core/errors.ts";
import { StorageError } from "../core/errors.ts";
import { type Metrics, nullMetrics } from "../core/metrics.ts";
import type { Timers } from "../core/timers.ts";
import { decodeValue, describeKey, encodeValue, sizeOfKey } from "./encoding.ts";
import { type EncodedMutation, GroupCommit } from "./group_commit.ts";
import { STORE_LIMITS } from "./limits.ts";
import { lockStore, prepareFolder, protectFiles } from "./store_files.ts";
import { migrate, type Migration } from "./migrations.ts";
import { scrubDatabase } from "./scrub.ts";
import { copyDatabase } from "./snapshot.ts";
import { toStorageError } from "./storage_errors.ts";
import type { Check, Mutation, OpenedStore, StoreEntry, StoreKey } from "./store.ts";
import { isExpired, Sweeper } from "./sweeper.ts";

/** Where the store is and what it needs; exactly one of `path` and `url`. */
export interface StoreOptions {
  /** The KV file, or ":memory:" in tests. Its folder is made 0700, its files 0600. */
  readonly path?: string;
  /** A KV Connect endpoint (https://...). The caller needs net permission for its host. */
  readonly url?: string;
  /** Bearer token of the endpoint; the caller needs env permission for DENO_KV_ACCESS_TOKEN. */
  readonly accessToken?: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly metrics?: Metrics;
  /** Only tests give their own. */
  readonly migrations?: readonly Migration[];
}

/**
 * Opens the store, brings it to the current form and starts its sweeper.
 * @throws StorageError STORE_LOCKED for a second owner, STORE_NEWER, STORE_CORRUPT, STORE_FULL, STORE_FAILED
 */
export async function openStore(options: StoreOptions): Promise<OpenedStore> {
  if ((options.path === undefined) === (options.url === undefined)) {
    throw new StorageError("STORE_FAILED", "Cannot open the store: exactly one of path and url is wanted");
  }
  const file = options.path === ":memory:" ? undefined : options.path;
  if (file !== undefined) prepareFolder(file);
  const unlock = file === undefined ? () => {} : lockStore(file);
  let store: KvStore | undefined;
  try {
    store = new KvStore(await openKv(options), file, unlock, options);
    if (file !== undefined) protectFiles(file);
    await migrate(store, options.migrations);
    return store;
  } catch (error) {
    await store?.close();
    unlock();
    throw toStorageError(error, "open the store");
  }
}

/** Deno reads the token from the environment only, while opening. */
async function openKv({ path, url, accessToken }: StoreOptions): Promise<Deno.Kv> {
  if (accessToken === undefined) return await Deno.openKv(path ?? url);
  Deno.env.set("DENO_KV_ACCESS_TOKEN", accessToken);
  try {
    return await Deno.openKv(path ?? url);
  } finally {
    Deno.env.delete("DENO_KV_ACCESS_TOKEN");
  }
}

class KvStore implements OpenedStore {
  readonly #kv: Deno.Kv;
  readonly #file: string | undefined;
  readonly #unlock: () => void;
  readonly #clock: Clock;
  readonly #metrics: Metrics;
  readonly #group: GroupCommit;
  readonly #sweeper: Sweeper;
  readonly #stopSweeper: () => void;
  #sweeping: Promise<void> | undefined;
  #closed = false;

  constructor(kv: Deno.Kv, file: string | undefined, unlock: () => void, options: StoreOptions) {
    this.#kv = kv;
    this.#file = file;
    this.#unlock = unlock;
    this.#clock = options.clock;
    this.#metrics = options.metrics ?? nullMetrics;
    this.#group = new GroupCommit((mutations, checks) => this.#write(mutations, checks));
    this.#sweeper = new Sweeper(kv, options.clock);
    this.#stopSweeper = options.timers.every(STORE_LIMITS.sweepEveryMs, () => this.#sweep());
  }

  async get<T>(key: StoreKey): Promise<StoreEntry<T> | undefined> {
    this.#assertOpen(`read ${describeKey(key)}`);
    sizeOfKey(key);
    const entry = await this.#try(`read ${describeKey(key)}`, () => this.#kv.get(key));
    return entry.versionstamp === null ? undefined : this.#live<T>(entry);
  }

  async *list<T>(
    prefix: StoreKey,
    options: { readonly limit?: number; readonly after?: StoreKey; readonly reverse?: boolean } = {},
  ): AsyncIterable<StoreEntry<T>> {
    const limit = options.limit ?? STORE_LIMITS.listEntries;
    const after = options.after === undefined ? undefined : JSON.stringify(options.after);
    const iterator = this.#entries(prefix, options.after, options.reverse ?? false, limit);
    for (let given = 0; given < limit;) {
      this.#assertOpen(`list ${describeKey(prefix)}`);
      const next = await this.#try(`list ${describeKey(prefix)}`, () => iterator.next());
      if (next.done) return;
      if (JSON.stringify(next.value.key) === after) continue;
      const entry = this.#live<T>(next.value);
      if (entry === undefined) continue;
      given += 1;
      yield entry;
    }
  }

  async commit(mutations: readonly Mutation[], checks: readonly Check[] = []): Promise<void> {
    if (mutations.length === 0 && checks.length === 0) return;
    const encoded = mutations.map(encodeMutation);
    const bytes = sizeOfCommit(encoded, checks);
    await this.#group.add({ mutations: encoded, checks, bytes });
  }

  async snapshot(file: string): Promise<void> {
    this.#assertOpen("copy the store");
    if (this.#file === undefined) {
      throw new StorageError("STORE_NO_SNAPSHOT", "Cannot copy the store: only a store on the local disk is copied", {
        hint: "Back up the database behind store.url with its own tools; the rest of the backup goes on without it",
      });
    }
    const source = this.#file;
    await this.#try("copy the store", () => copyDatabase(source, file));
  }

  async scrub({ busyMs }: { readonly busyMs?: number } = {}): Promise<boolean> {
    this.#assertOpen("scrub the store");
    const file = this.#file;
    if (file === undefined) return false;
    await this.#sweeping; // it deletes beside the group
    await this.#try("scrub the store", () => this.#group.alone(() => scrubDatabase(file, busyMs)));
    return true;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#stopSweeper();
    await this.#group.close();
    await this.#sweeping;
    this.#closed = true;
    this.#kv.close();
    this.#unlock();
  }

  #entries(
    prefix: StoreKey,
    after: StoreKey | undefined,
    reverse: boolean,
    limit: number,
  ): Deno.KvListIterator<unknown> {
    const options = { reverse, batchSize: Math.max(1, Math.min(limit + 1, STORE_LIMITS.listBatch)) };
    if (after === undefined) return this.#kv.list({ prefix }, options);
    return this.#kv.list(reverse ? { prefix, end: after } : { prefix, start: after }, options);
  }

  #live<T>(entry: Deno.KvEntry<unknown>): StoreEntry<T> | undefined {
    if (isExpired(entry, this.#clock.now())) return undefined;
    const key = entry.key as StoreKey;
    const { value, expiresAt } = decodeValue(key, entry.value);
    const expiry = expiresAt === undefined ? {} : { expiresAt };
    return { key, value: value as T, version: entry.versionstamp, ...expiry };
  }

  async #write(mutations: readonly EncodedMutation[], checks: readonly Check[]): Promise<void> {
    const started = this.#clock.monotonic();
    if (!await this.#atomic(mutations, checks) && !await this.#retryExpired(mutations, checks)) {
      this.#metrics.count("bulkhead_store_errors_total", { code: "STORE_CONFLICT" });
      throw new StorageError(
        "STORE_CONFLICT",
        `Cannot write: ${checks.length} expected versions, at least one changed`,
      );
    }
    this.#metrics.count("bulkhead_store_commits_total");
    this.#metrics.count("bulkhead_store_mutations_total", {}, mutations.length);
    this.#metrics.observe("bulkhead_store_commit_seconds", (this.#clock.monotonic() - started) / 1000);
  }

  /** @returns false when a check failed */
  async #atomic(mutations: readonly EncodedMutation[], checks: readonly Check[]): Promise<boolean> {
    const atomic = this.#kv.atomic();
    for (const check of checks) atomic.check({ key: check.key, versionstamp: check.version });
    for (const mutation of mutations) {
      if ("delete" in mutation) atomic.delete(mutation.delete);
      else atomic.set(mutation.set, mutation.bytes);
    }
    return (await this.#try("write to the store", () => atomic.commit())).ok;
  }

  /** "Does not exist" also holds for an entry that is expired and not swept yet: check its real version instead. */
  async #retryExpired(mutations: readonly EncodedMutation[], checks: readonly Check[]): Promise<boolean> {
    let replaced = false;
    const real = await Promise.all(checks.map(async (check) => {
      if (check.version !== null) return check;
      const entry = await this.#try("write to the store", () => this.#kv.get(check.key));
      if (entry.versionstamp === null || !isExpired(entry, this.#clock.now())) return check;
      replaced = true;
      return { key: check.key, version: entry.versionstamp };
    }));
    return replaced && await this.#atomic(mutations, real);
  }

  #sweep(): void {
    this.#sweeping ??= this.#sweeper.turn()
      .then((deleted) => this.#metrics.count("bulkhead_store_swept_total", {}, deleted))
      .catch((error) => this.#fail(error, "delete expired entries"))
      .then(() => void (this.#sweeping = undefined));
  }

  async #try<T>(doing: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw this.#fail(error, doing);
    }
  }

  #fail(error: unknown, doing: string): GatewayError {
    const wrapped = toStorageError(error, doing);
    this.#metrics.count("bulkhead_store_errors_total", { code: wrapped.code });
    return wrapped;
  }

  #assertOpen(doing: string): void {
    if (this.#closed) throw new StorageError("STORE_CLOSED", `Cannot ${doing}: the store is closed`);
  }
}

function encodeMutation(mutation: Mutation): EncodedMutation {
  if ("delete" in mutation) return mutation;
  return { set: mutation.set, bytes: encodeValue(mutation.set, mutation.value, mutation.expiresAt) };
}

function sizeOfCommit(mutations: readonly EncodedMutation[], checks: readonly Check[]): number {
  let bytes = 0;
  for (const item of mutations) {
    bytes += "delete" in item ? sizeOfKey(item.delete) : sizeOfKey(item.set) + item.bytes.byteLength;
  }
  for (const check of checks) bytes += sizeOfKey(check.key);
  const over = bytes > STORE_LIMITS.commitBytes || mutations.length > STORE_LIMITS.commitMutations ||
    checks.length > STORE_LIMITS.commitChecks;
  if (!over) return bytes;
  throw new StorageError(
    "STORE_TOO_LARGE",
    `Cannot write ${mutations.length} mutations, ${checks.length} checks, ${bytes} bytes in one commit: at most ` +
      `${STORE_LIMITS.commitMutations}, ${STORE_LIMITS.commitChecks} and ${STORE_LIMITS.commitBytes} are allowed`,
    { hint: "Write it in several commits" },
  );
}

import { StorageError } from "../core/errors.ts";
import { STORE_LIMITS } from "./limits.ts";
import type { Check, StoreKey } from "./store.ts";

/** A mutation with its value as stored bytes. */
export type EncodedMutation =
  | { readonly set: StoreKey; readonly bytes: Uint8Array }
  | { readonly delete: StoreKey };

/** One commit waiting for the disk. */
export interface PendingCommit {
  readonly mutations: readonly EncodedMutation[];
  readonly checks: readonly Check[];
  /** Bytes of keys and values. */
  readonly bytes: number;
}

interface Waiting extends PendingCommit {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Writes one atomic commit; resolves when it is fsynced. */
export type WriteCommit = (
  mutations: readonly EncodedMutation[],
  checks: readonly Check[],
) => Promise<void>;

/**
 * Group commit: while one commit is on its way to the disk, those that arrive are queued; the neighbours among them
 * that carry no checks then share one atomic write and one fsync. Order of arrival is kept, every caller is answered
 * only after the fsync of its own mutations, and a failed write is reported to all who were in it.
 */
export class GroupCommit {
  readonly #write: WriteCommit;
  readonly #queue: Waiting[] = [];
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(write: WriteCommit) {
    this.#write = write;
  }

  /**
   * Queues one commit.
   * @throws StorageError STORE_OVERLOAD when STORE_LIMITS.pendingCommits wait, STORE_CLOSED after close()
   */
  add(commit: PendingCommit): Promise<void> {
    if (this.#closed) return Promise.reject(new StorageError("STORE_CLOSED", "Cannot write: the store is closed"));
    if (this.#queue.length >= STORE_LIMITS.pendingCommits) {
      return Promise.reject(
        new StorageError(
          "STORE_OVERLOAD",
          `Cannot write: ${this.#queue.length} commits wait for the disk, at most ${STORE_LIMITS.pendingCommits} may`,
          { hint: "The disk is too slow or stuck: see `status` and the commit times in the metrics" },
        ),
      );
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...commit, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Runs `work` while no commit is on its way to the disk; those that come meanwhile wait for its end. */
  async alone(work: () => void): Promise<void> {
    while (this.#running) await this.#running;
    work(); // without a turn of the event loop in it: nothing can be added before it has ended
  }

  /** Refuses further commits and resolves when all queued ones were answered. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    // One turn of the event loop: callers of the same turn share the first write already.
    await Promise.resolve();
    while (this.#queue.length > 0) await this.#writeGroup(this.#take());
    this.#running = undefined;
  }

  /** The first commit and, when it has no checks, its neighbours without checks as far as they fit. */
  #take(): Waiting[] {
    const [first] = this.#queue;
    if (first === undefined) return [];
    let count = 1, bytes = first.bytes, mutations = first.mutations.length;
    for (; first.checks.length === 0 && count < this.#queue.length; count++) {
      const next = this.#queue[count]!;
      bytes += next.bytes;
      mutations += next.mutations.length;
      const fits = bytes <= STORE_LIMITS.commitBytes && mutations <= STORE_LIMITS.commitMutations;
      if (next.checks.length > 0 || !fits) break;
    }
    return this.#queue.splice(0, count);
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    try {
      await this.#write(group.flatMap((item) => item.mutations), group[0]!.checks);
    } catch (error) {
      for (const item of group) item.reject(error);
      return;
    }
    for (const item of group) item.resolve();
  }
}

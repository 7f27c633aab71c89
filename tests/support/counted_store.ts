import type { Check, Mutation, Store, StoreEntry, StoreKey } from "../../gateway/store/store.ts";

/** So many turns of the event loop without any work of the store: whoever waited for an answer has had it by then. */
const QUIET_TURNS = 4;

/**
 * A store that knows what it is asked at the moment. Deno KV works on threads of its own, and takes as long as a busy
 * machine makes it: a test that lets manual time pass waits for `idle` first, and never counts turns.
 */
export class CountedStore implements Store {
  #pending = 0;

  constructor(private readonly inner: Store) {}

  get<T>(key: StoreKey): Promise<StoreEntry<T> | undefined> {
    return this.#counted(() => this.inner.get<T>(key));
  }

  async *list<T>(prefix: StoreKey, options?: Parameters<Store["list"]>[1]): AsyncIterable<StoreEntry<T>> {
    const entries = this.inner.list<T>(prefix, options)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.#counted(() => entries.next());
        if (next.done) return;
        yield next.value;
      }
    } finally {
      await entries.return?.();
    }
  }

  commit(mutations: readonly Mutation[], checks?: readonly Check[]): Promise<void> {
    return this.#counted(() => this.inner.commit(mutations, checks));
  }

  snapshot(file: string): Promise<void> {
    return this.#counted(() => this.inner.snapshot(file));
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  /** Resolves when nothing is asked of the store, and whoever had an answer asked nothing more. No manual time passes. */
  async idle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS;) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      quiet = this.#pending === 0 ? quiet + 1 : 0;
    }
  }

  async #counted<T>(work: () => Promise<T>): Promise<T> {
    this.#pending++;
    try {
      return await work();
    } finally {
      this.#pending--;
    }
  }
}

import { Turns } from "../core/turns.ts";
import type { Mutation, Store, StoreKey } from "../store/store.ts";

/**
 * Records of one kind, in memory and in the store. Control is the store's only owner, so memory is never behind; a change
 * counts from when it is stored.
 */
export class RecordBook<T> {
  readonly #records = new Map<string, T>();
  readonly #turns = new Turns();
  readonly #store: Store;
  readonly #prefix: StoreKey;

  private constructor(store: Store, prefix: StoreKey) {
    this.#store = store;
    this.#prefix = prefix;
  }

  /** Reads all records below `prefix`. */
  static async open<T>(store: Store, prefix: StoreKey): Promise<RecordBook<T>> {
    const book = new RecordBook<T>(store, prefix);
    for await (const { key, value } of store.list<T>(prefix, { limit: Infinity })) {
      book.#records.set(String(key.at(-1)), value);
    }
    return book;
  }

  get size(): number {
    return this.#records.size;
  }

  get(id: string): T | undefined {
    return this.#records.get(id);
  }

  /** All records, the one that was written longest ago first. */
  all(): readonly T[] {
    return [...this.#records.values()];
  }

  entries(): readonly (readonly [string, T])[] {
    return [...this.#records.entries()];
  }

  /** Stores a record; `more` is part of the same commit. */
  async put(id: string, record: T, more: readonly Mutation[] = []): Promise<void> {
    await this.#store.commit([{ set: [...this.#prefix, id], value: record }, ...more]);
    this.#records.delete(id);
    this.#records.set(id, record);
  }

  /** Changes a record in memory only: for what a crash may forget. */
  touch(id: string, record: T): void {
    if (this.#records.has(id)) this.#records.set(id, record);
  }

  /**
   * Stores a changed record, unless it is removed before or meanwhile: a removed one never comes back.
   * @returns whether it is there
   */
  async update(id: string, record: T): Promise<boolean> {
    if (!this.#records.has(id)) return false;
    await this.#store.commit([{ set: [...this.#prefix, id], value: record }]);
    if (!this.#records.has(id)) return false; // its deletion was committed after this
    this.#records.set(id, record);
    return true;
  }

  /**
   * Changes a record as it stands when its turn has come, so that of two changes at the same moment none is lost.
   * @returns the changed one; undefined where it is not there (any more), or `how` has nothing to change
   */
  async change(id: string, how: (record: T) => T | undefined): Promise<T | undefined> {
    return await this.#turns.run([id], async () => {
      const record = this.#records.get(id), next = record === undefined ? undefined : how(record);
      return next !== undefined && await this.update(id, next) ? next : undefined;
    });
  }

  /** Moves a record to another id in one commit, under the same promise as `update`. */
  async move(from: string, to: string, record: T): Promise<boolean> {
    if (!this.#records.has(from)) return false;
    await this.#store.commit([{ delete: [...this.#prefix, from] }, { set: [...this.#prefix, to], value: record }]);
    if (this.#records.delete(from)) {
      this.#records.set(to, record);
      return true;
    }
    await this.#store.commit([{ delete: [...this.#prefix, to] }]);
    return false;
  }

  /** Removes records: they count no more from now on, and the deletion is stored when it resolves. */
  async remove(ids: readonly string[], more: readonly Mutation[] = []): Promise<void> {
    const known = ids.flatMap((id) => this.#records.has(id) ? [[id, this.#records.get(id)!] as const] : []);
    for (const [id] of known) this.#records.delete(id);
    try {
      // a commit has a limit of its own; those of one person are few, the sweeper's may be many
      for (let at = 0; at < Math.max(1, known.length); at += BATCH) {
        const part = known.slice(at, at + BATCH).map(([id]) => ({ delete: [...this.#prefix, id] }));
        const changes = [...part, ...at === 0 ? more : []];
        if (changes.length > 0) await this.#store.commit(changes);
      }
    } catch (error) {
      for (const [id, record] of known) this.#records.set(id, record); // what the disk holds is what counts
      throw error;
    }
  }
}

const BATCH = 100;

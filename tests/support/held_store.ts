import type { Check, Mutation, Store, StoreEntry, StoreKey } from "../../gateway/store/store.ts";

/**
 * A store on a disk that a test makes slow or full: while it is held, commits wait in their order until they are let go.
 * Whoever reads a record, waits for the disk and writes the record back is then seen to lose what came in between.
 */
export class HeldStore implements Store {
  /** What every commit is refused with, while it is set. */
  fault: Error | undefined;
  #held: (() => void)[] | undefined;

  constructor(private readonly inner: Store) {}

  /** Commits that wait. */
  get waiting(): number {
    return this.#held?.length ?? 0;
  }

  /** From now on commits wait. */
  hold(): void {
    this.#held ??= [];
  }

  /** Lets go what waits, and everything after it. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const go of held) go();
  }

  async commit(mutations: readonly Mutation[], checks?: readonly Check[]): Promise<void> {
    if (this.#held) await new Promise<void>((go) => this.#held!.push(go));
    if (this.fault) throw this.fault;
    await this.inner.commit(mutations, checks);
  }

  get<T>(key: StoreKey): Promise<StoreEntry<T> | undefined> {
    return this.inner.get<T>(key);
  }

  list<T>(prefix: StoreKey, options?: Parameters<Store["list"]>[1]): AsyncIterable<StoreEntry<T>> {
    return this.inner.list<T>(prefix, options);
  }

  snapshot(file: string): Promise<void> {
    return this.inner.snapshot(file);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

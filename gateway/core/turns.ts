/**
 * Lets work of the same key run one after the other, and work of different keys side by side. A check that reads a
 * count, waits and then changes the count is only a limit when nobody else of that key runs in between.
 */
export class Turns {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Keys with work in progress. */
  get size(): number {
    return this.#tails.size;
  }

  /** Runs `work` when all earlier work of every key is done. All keys are taken at once, so nobody waits in a ring. */
  async run<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const before = keys.map((key) => this.#tails.get(key));
    const done = Promise.withResolvers<void>();
    for (const key of keys) this.#tails.set(key, done.promise);
    try {
      await Promise.all(before);
      return await work();
    } finally {
      done.resolve();
      for (const key of keys) if (this.#tails.get(key) === done.promise) this.#tails.delete(key);
    }
  }
}

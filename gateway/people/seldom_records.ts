/** Says when something that happens over and over is recorded again, and how often it was not in between. Bounded. */
export class SeldomRecords {
  readonly #known = new Map<string, { readonly at: number; readonly skipped: number }>();
  readonly #everyMs: number;
  readonly #keys: number;

  constructor(everyMs: number, keys: number) {
    this.#everyMs = everyMs;
    this.#keys = keys;
  }

  /** How many were not recorded before this one, which is to be recorded; undefined when it is not. */
  count(key: string, now: number): number | undefined {
    const known = this.#known.get(key);
    if (known && now - known.at < this.#everyMs) {
      this.#known.set(key, { ...known, skipped: known.skipped + 1 });
      return undefined;
    }
    this.#known.delete(key);
    this.#known.set(key, { at: now, skipped: 0 });
    if (this.#known.size > this.#keys) this.#known.delete(this.#known.keys().next().value!);
    return known?.skipped ?? 0;
  }
}

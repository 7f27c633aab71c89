import { OCPP_LIMITS } from "./limits.ts";

/** The last message ids of one side: notices repetition without remembering for ever. */
export class RecentIds {
  readonly #ids = new Set<string>();

  seen(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Remembers an id; the oldest is forgotten when there are too many. */
  add(id: string): void {
    if (this.#ids.has(id)) return;
    if (this.#ids.size >= OCPP_LIMITS.recentIds) {
      const oldest = this.#ids.values().next();
      if (!oldest.done) this.#ids.delete(oldest.value);
    }
    this.#ids.add(id);
  }

  clear(): void {
    this.#ids.clear();
  }
}

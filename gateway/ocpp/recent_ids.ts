import { OCPP_LIMITS } from "./limits.ts";

/**
 * The last message ids of one side: notices repetition without remembering for ever. At least `recentIds` of them and at
 * most twice as many: two generations, so that no id has to be taken out one by one.
 */
export class RecentIds {
  #young: Set<string> | undefined;
  #old: Set<string> | undefined;

  seen(id: string): boolean {
    if (this.#young === undefined) return false; // most of these never get one
    return this.#young.has(id) || (this.#old?.has(id) ?? false);
  }

  /** Remembers an id. */
  add(id: string): void {
    this.#young ??= new Set();
    if (this.#young.size >= OCPP_LIMITS.recentIds && !this.#young.has(id)) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    this.#young.add(id);
  }

  clear(): void {
    this.#young = undefined;
    this.#old = undefined;
  }
}

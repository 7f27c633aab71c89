import type { Clock } from "../core/clock.ts";
import { expiryOf } from "./encoding.ts";
import { STORE_LIMITS } from "./limits.ts";

/**
 * Deletes expired entries a bounded number at a time, going round through the whole store. Reads never show an expired
 * entry anyway; this gives its space back. A deletion is conditional on the version seen, so a renewed entry stays.
 */
export class Sweeper {
  readonly #kv: Deno.Kv;
  readonly #clock: Clock;
  #after: Deno.KvKey | undefined;

  constructor(kv: Deno.Kv, clock: Clock) {
    this.#kv = kv;
    this.#clock = clock;
  }

  /** One turn over at most STORE_LIMITS.sweepEntries entries. @returns how many were deleted */
  async turn(): Promise<number> {
    const start = this.#after ?? [];
    const options = { limit: STORE_LIMITS.sweepEntries, batchSize: STORE_LIMITS.listBatch };
    let deleted = 0, seen = 0, last: Deno.KvKey | undefined;
    for await (const entry of this.#kv.list({ start, end: AFTER_ALL }, options)) {
      seen += 1;
      last = entry.key;
      if (isExpired(entry, this.#clock.now()) && (await this.#delete(entry))) deleted += 1;
    }
    this.#after = seen < STORE_LIMITS.sweepEntries ? undefined : last;
    return deleted;
  }

  async #delete(entry: Deno.KvEntry<unknown>): Promise<boolean> {
    return (await this.#kv.atomic().check(entry).delete(entry.key).commit()).ok;
  }
}

/** Booleans sort after texts and numbers in Deno KV's key order, so this is past every key of ours. */
const AFTER_ALL: Deno.KvKey = [true];

/** Whether the stored entry is past its expiry at `now`. */
export function isExpired(entry: Deno.KvEntry<unknown>, now: number): boolean {
  const at = expiryOf(entry.key as (string | number)[], entry.value);
  return at !== undefined && at <= now;
}

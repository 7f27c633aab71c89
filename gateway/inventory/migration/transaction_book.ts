import type { Clock } from "../../core/clock.ts";
import { KEYS } from "../../store/keys.ts";
import type { Store } from "../../store/store.ts";
import { MIGRATION_LIMITS } from "./limits.ts";

/** What is known of the running transactions of one station. */
interface Known {
  readonly open: readonly string[];
  /** Wall milliseconds from which an empty list means that nothing runs. */
  readonly knownFrom: number;
}

/**
 * Running transactions of all stations, as Workers reported them: durable, so that a restart moves nobody in the middle
 * of one. Keys name connectors or the station's own ids, never a badge.
 */
export class TransactionBook {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();
  /** Stations of which only what an earlier run stored is known: a kill may have come before its last word was stored. */
  readonly #unconfirmed = new Set<string>();
  readonly #openedAt: number;
  /** Stations of which the disk does not have what is known. */
  readonly #unstored = new Set<string>();

  private constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#openedAt = clock.monotonic();
  }

  static async open(store: Store, clock: Clock): Promise<TransactionBook> {
    const book = new TransactionBook(store, clock);
    for await (const { key, value } of store.list<Known>(KEYS.transactions, { limit: Infinity })) {
      book.#known.set(String(key[1]), value);
      book.#unconfirmed.add(String(key[1]));
    }
    return book;
  }

  /** Running transactions as far as known. */
  of(station: string): readonly string[] {
    return this.#known.get(station)?.open ?? [];
  }

  /** Why this station cannot move now; undefined when nothing runs. */
  whyBusy(station: string): string | undefined {
    const known = this.#known.get(station);
    if (known && known.open.length > 0) return `a transaction runs (${known.open.join(", ")})`;
    if (!known || this.#clock.now() < known.knownFrom) {
      return "it has not been watched for long enough to know that no transaction runs; a boot of it would tell";
    }
    return undefined;
  }

  /**
   * Why this station cannot go to another CSMS now. More careful than `whyBusy`: what disturbs a transaction that nobody
   * knew of is refused or put off by the station itself, but its messages at another CSMS are lost to the first one.
   */
  whyStays(station: string): string | undefined {
    const busy = this.whyBusy(station);
    if (busy !== undefined) return busy;
    const isSure = !this.#unconfirmed.has(station) ||
      this.#clock.monotonic() - this.#openedAt >= MIGRATION_LIMITS.confirmMs;
    return isSure ? undefined : "the gateway has just started, and a transaction may have begun right before that";
  }

  /** A station connects: from now on it is watched. Stored at its first time only. */
  async watch(station: string): Promise<void> {
    const known = this.#known.get(station);
    if (known) return this.#unstored.has(station) ? await this.#set(station, known) : undefined;
    await this.#set(station, { open: [], knownFrom: this.#clock.now() + MIGRATION_LIMITS.knownMs });
  }

  /** What a Worker says runs. */
  async learn(station: string, open: readonly string[], hasBooted: boolean): Promise<void> {
    const known = this.#known.get(station);
    const now = this.#clock.now();
    // A boot alone confirms nothing: many stations send one with every connection, also while they charge.
    if (!hasBooted) this.#unconfirmed.delete(station);
    const knownFrom = hasBooted
      ? Math.min(now, known?.knownFrom ?? now)
      : known?.knownFrom ?? now + MIGRATION_LIMITS.knownMs;
    const isSame = known?.knownFrom === knownFrom && known.open.join() === open.join();
    if (isSame && !this.#unstored.has(station)) return;
    await this.#set(station, { open, knownFrom });
  }

  async #set(station: string, known: Known): Promise<void> {
    this.#known.set(station, known); // the next question must not find the old state while the disk is busy
    this.#unstored.add(station); // a full disk: tried again with whatever is said of it next
    await this.#store.commit([{ set: [...KEYS.transactions, station], value: known }]);
    if (this.#known.get(station) === known) this.#unstored.delete(station);
  }
}

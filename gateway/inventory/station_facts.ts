import { KEYS } from "../store/keys.ts";
import type { Store } from "../store/store.ts";
import { INVENTORY_LIMITS } from "./limits.ts";
import { Turns } from "../core/turns.ts";

/** Flat facts about a station: vendor, model, firmware, clock offset. Never payloads, never badges. */
export type Facts = Readonly<Record<string, string | number | boolean>>;

/** What relayed messages taught about each station. Written when something changed, not when it was merely seen. */
export class StationFacts {
  readonly #store: Store;
  readonly #known = new Map<string, Facts>();
  readonly #turns = new Turns();
  readonly #listeners = new Set<(stationId: string, changed: readonly string[]) => void>();

  private constructor(store: Store) {
    this.#store = store;
  }

  static async open(store: Store): Promise<StationFacts> {
    const facts = new StationFacts(store);
    for await (const { key, value } of store.list<Facts>(KEYS.stationFacts)) facts.#known.set(String(key[1]), value);
    return facts;
  }

  of(stationId: string): Facts {
    return this.#known.get(stationId) ?? {};
  }

  /** Forgets what was learned of hardware that is gone. */
  forget(stationId: string): Promise<void> {
    return this.#turns.run([stationId], async () => {
      await this.#store.commit([{ delete: [...KEYS.stationFacts, stationId] }]);
      this.#known.delete(stationId);
    });
  }

  /**
   * Merges new facts, given or made of what is known; returns the names of those that changed. Too many distinct facts:
   * the surplus is left out. One at a time for each station: whoever told one at the same moment would lose it.
   */
  learn(stationId: string, learned: Facts | ((known: Facts) => Facts)): Promise<readonly string[]> {
    return this.#turns.run(
      [stationId],
      () => this.#learn(stationId, typeof learned === "function" ? learned(this.of(stationId)) : learned),
    );
  }

  async #learn(stationId: string, learned: Facts): Promise<readonly string[]> {
    const before = this.of(stationId);
    const changed = Object.keys(learned).filter((name) => before[name] !== learned[name]);
    if (changed.length === 0) return [];
    const merged = Object.fromEntries(
      Object.entries({ ...before, ...learned }).slice(0, INVENTORY_LIMITS.factsPerStation),
    );
    await this.#store.commit([{ set: [...KEYS.stationFacts, stationId], value: merged }]);
    this.#known.set(stationId, merged);
    for (const listener of this.#listeners) listener(stationId, changed);
    return changed;
  }

  /** Called with the names of facts that changed, when they are stored. Returns what ends it. */
  onLearned(listener: (stationId: string, changed: readonly string[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

import { KEYS } from "../../store/keys.ts";
import type { Mutation, Store } from "../../store/store.ts";
import type { Plan, Row } from "./plan.ts";

/** What came of comparing the answers of two CSMS for one station. */
export interface Comparison {
  readonly same: number;
  readonly different: number;
  readonly missing: number;
  readonly samples: readonly Sample[];
}

/** One difference. */
export interface Sample {
  readonly action: string;
  readonly field: string;
  readonly primary: string;
  readonly shadow: string;
}

/** The migration of the site, its stations and what its shadow said: durable, and in memory for reading. */
export class MigrationBook {
  readonly #store: Store;
  readonly #rows = new Map<string, Row>();
  readonly #comparisons = new Map<string, Comparison>();
  #plan: Plan | undefined;

  private constructor(store: Store) {
    this.#store = store;
  }

  static async open(store: Store): Promise<MigrationBook> {
    const book = new MigrationBook(store);
    book.#plan = (await store.get<Plan>([...KEYS.migration, "plan"]))?.value;
    for await (const { value } of store.list<Row>([...KEYS.migration, "station"], ALL)) {
      book.#rows.set(value.station, value);
    }
    for await (const { key, value } of store.list<Comparison>([...KEYS.migration, "shadow"], ALL)) {
      book.#comparisons.set(String(key[2]), value);
    }
    return book;
  }

  get plan(): Plan | undefined {
    return this.#plan;
  }

  get rows(): readonly Row[] {
    return [...this.#rows.values()];
  }

  row(station: string): Row | undefined {
    return this.#rows.get(station);
  }

  comparison(station: string): Comparison {
    return this.#comparisons.get(station) ?? { same: 0, different: 0, missing: 0, samples: [] };
  }

  /** A new migration in the place of whatever was there. */
  async begin(plan: Plan, rows: readonly Row[]): Promise<void> {
    await this.clear();
    await this.change(plan, rows);
  }

  /** Stores the plan and these rows, all or none; what is read is what is stored. */
  async change(plan: Plan, rows: readonly Row[] = []): Promise<void> {
    await this.#commit([
      { set: [...KEYS.migration, "plan"], value: plan },
      ...rows.map((row): Mutation => ({ set: [...KEYS.migration, "station", row.station], value: row })),
    ]);
    this.#plan = plan;
    for (const row of rows) this.#rows.set(row.station, row);
  }

  async setRow(row: Row): Promise<void> {
    await this.#commit([{ set: [...KEYS.migration, "station", row.station], value: row }]);
    this.#rows.set(row.station, row);
  }

  /** Forgets these stations; with the last one the migration itself. */
  async release(stations: readonly string[]): Promise<void> {
    if (stations.length === this.#rows.size) return await this.clear();
    await this.#commit(
      stations.flatMap((station): Mutation[] => [
        { delete: [...KEYS.migration, "station", station] },
        { delete: [...KEYS.migration, "shadow", station] },
      ]),
    );
    for (const station of stations) {
      this.#rows.delete(station);
      this.#comparisons.delete(station);
    }
  }

  async setComparison(station: string, comparison: Comparison): Promise<void> {
    await this.#commit([{ set: [...KEYS.migration, "shadow", station], value: comparison }]);
    this.#comparisons.set(station, comparison);
  }

  async clear(): Promise<void> {
    const stations = [...new Set([...this.#rows.keys(), ...this.#comparisons.keys()])];
    await this.#commit([
      { delete: [...KEYS.migration, "plan"] },
      ...stations.flatMap((station): Mutation[] => [
        { delete: [...KEYS.migration, "station", station] },
        { delete: [...KEYS.migration, "shadow", station] },
      ]),
    ]);
    this.#plan = undefined;
    this.#rows.clear();
    this.#comparisons.clear();
  }

  /** A commit has a bounded number of changes; the plan is in the first, so that rows without a plan are never read. */
  async #commit(mutations: readonly Mutation[]): Promise<void> {
    for (let at = 0; at < mutations.length; at += COMMIT_CHANGES) {
      await this.#store.commit(mutations.slice(at, at + COMMIT_CHANGES));
    }
  }
}

/** Changes that one commit of Deno KV surely takes. */
const COMMIT_CHANGES = 500;
const ALL = { limit: Infinity } as const;

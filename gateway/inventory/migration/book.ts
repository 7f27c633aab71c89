import { KEYS } from "../../store/keys.ts";
import type { Mutation, Store } from "../../store/store.ts";
import { Turns } from "../../core/turns.ts";
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

/**
 * The migration of the site, its stations and what its shadow said: durable, and in memory for reading. Changes follow one
 * another, each of what stands when its turn has come: a person's order, a look and a Worker's word come at any moment.
 */
export class MigrationBook {
  readonly #store: Store;
  readonly #rows = new Map<string, Row>();
  readonly #comparisons = new Map<string, Comparison>();
  readonly #turns = new Turns();
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
  begin(plan: Plan, rows: readonly Row[]): Promise<void> {
    return this.#inTurn(async () => {
      await this.#clear();
      await this.#keep(plan, rows);
    });
  }

  /** Stores another plan and rows of it, all or none; `how` may refuse by throwing. Nothing where there is no migration. */
  change(how: (plan: Plan, rows: readonly Row[]) => { readonly plan: Plan; readonly rows?: readonly Row[] }) {
    return this.#inTurn(async () => {
      if (!this.#plan) return;
      const { plan, rows = [] } = how(this.#plan, this.rows);
      await this.#keep(plan, rows);
    });
  }

  /** @returns the row as it is now; undefined where `how` found nothing to change, or the station is in no migration */
  changeRow(station: string, how: (row: Row) => Row | undefined): Promise<Row | undefined> {
    return this.#inTurn(async () => {
      const before = this.#rows.get(station), row = before && how(before);
      if (!row) return undefined;
      await this.#commit([{ set: [...KEYS.migration, "station", station], value: row }]);
      this.#rows.set(station, row);
      return row;
    });
  }

  /** Forgets these stations; with the last one the migration itself. */
  release(stations: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      if (stations.length === this.#rows.size) return await this.#clear();
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
    });
  }

  changeComparison(station: string, how: (before: Comparison) => Comparison): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#rows.has(station)) return;
      const comparison = how(this.comparison(station));
      await this.#commit([{ set: [...KEYS.migration, "shadow", station], value: comparison }]);
      this.#comparisons.set(station, comparison);
    });
  }

  clear(): Promise<void> {
    return this.#inTurn(() => this.#clear());
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.run(["migration"], work);
  }

  async #keep(plan: Plan, rows: readonly Row[]): Promise<void> {
    await this.#commit([
      { set: [...KEYS.migration, "plan"], value: plan },
      ...rows.map((row): Mutation => ({ set: [...KEYS.migration, "station", row.station], value: row })),
    ]);
    this.#plan = plan;
    for (const row of rows) this.#rows.set(row.station, row);
  }

  async #clear(): Promise<void> {
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

import { KEYS } from "../store/keys.ts";
import { listRevocations, revoke, stationMark } from "../store/revocations.ts";
import type { Store } from "../store/store.ts";

const READMITTED = [...KEYS.decommission, "readmitted"];

/**
 * Stations that were decommissioned, by marks of their ids: none is admitted or shown again, whatever site.yaml or a
 * restored backup says, until a person gives the id to another device.
 */
export class ErasedStations {
  readonly #marks = new Set<string>();

  private constructor(private readonly store: Store) {}

  static async open(store: Store): Promise<ErasedStations> {
    const erased = new ErasedStations(store), readmitted = new Map<string, number>();
    for await (const { key, value } of store.list<{ readonly at: number }>(READMITTED, { limit: Infinity })) {
      readmitted.set(String(key.at(-1)), value.at);
    }
    for await (const { id, at } of listRevocations(store, "station")) {
      if ((readmitted.get(id) ?? -1) < at) erased.#marks.add(id);
    }
    return erased;
  }

  has(id: string): boolean {
    return this.#marks.size > 0 && this.#marks.has(stationMark(id));
  }

  /** The refusal by its right name: a decommissioned station is an unknown one, except that nobody is to adopt it. */
  named<T extends { readonly rule: string }>(decision: T, id: string): T {
    if (decision.rule !== "admission.unknown-station" || !this.has(id)) return decision;
    return { ...decision, rule: "admission.decommissioned", reason: "this station was decommissioned" };
  }

  /** Stored when it resolves; a restore never takes it back. `at` in wall milliseconds. */
  async add(id: string, at: number): Promise<void> {
    const mark = stationMark(id);
    await this.store.commit([revoke({ kind: "station", id: mark, at }), { delete: [...READMITTED, mark] }]);
    this.#marks.add(mark);
  }

  /** Another device may have this id from now on. */
  async readmit(id: string, at: number): Promise<void> {
    const mark = stationMark(id);
    await this.store.commit([{ set: [...READMITTED, mark], value: { at } }]);
    this.#marks.delete(mark);
  }
}

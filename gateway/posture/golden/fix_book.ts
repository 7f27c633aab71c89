import { FIX_OVER, type FixItem, type FixState } from "../../../policies/golden_fix.ts";
import { GatewayError } from "../../core/errors.ts";
import { RecordBook } from "../../people/record_book.ts";
import { KEYS } from "../../store/keys.ts";
import type { Store } from "../../store/store.ts";
import { GOLDEN_LIMITS } from "./limits.ts";

/** A change of settings that a person asked for. */
export interface FixRecord {
  readonly id: string;
  readonly station: string;
  readonly profile: string;
  readonly items: readonly FixItem[];
  readonly madeBy: string;
  readonly madeAt: number;
  readonly reason?: string;
  readonly approvedBy?: string;
  readonly state: FixState;
  /** When the state was reached, wall milliseconds. */
  readonly at: number;
  readonly why?: string;
  /** The rollout that it is a part of: people agreed to that. */
  readonly rollout?: string;
  /** The fix that this one takes back. */
  readonly undoes?: string;
  /** How often it was begun and came to no end. */
  readonly tries?: number;
}

/** Fixes, over restarts. A change counts from when it is stored. */
export class FixBook {
  #next: number;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(private readonly records: RecordBook<FixRecord>) {
    this.#next = Math.max(0, ...records.all().map(({ id }) => Number(id.slice(1)))) + 1;
  }

  static async open(store: Store): Promise<FixBook> {
    return new FixBook(await RecordBook.open<FixRecord>(store, [...KEYS.posture, "fix"]));
  }

  get(id: string): FixRecord | undefined {
    return this.records.get(id);
  }

  /** All, in the order in which they were asked for. */
  all(): readonly FixRecord[] {
    return this.records.all().toSorted((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)));
  }

  /** The one of a station that is not over. */
  openOf(station: string): FixRecord | undefined {
    return this.all().find((fix) => fix.station === station && !FIX_OVER.includes(fix.state));
  }

  /** Takes a new one. @throws GatewayError POSTURE_REFUSED when there are too many that are not over */
  async add(fix: Omit<FixRecord, "id">): Promise<FixRecord> {
    if (this.records.size >= GOLDEN_LIMITS.fixes) {
      const oldest = this.all().find(({ state }) => FIX_OVER.includes(state));
      if (!oldest) {
        throw new GatewayError("POSTURE_REFUSED", `${GOLDEN_LIMITS.fixes} fixes are open already`, {
          hint: "Approve or cancel some: `posture golden fixes`",
        });
      }
      await this.records.remove([oldest.id]);
    }
    const record = { ...fix, id: `F${this.#next++}` };
    await this.records.put(record.id, record);
    return record;
  }

  /** Stores what came of one; of a station that has left meanwhile nothing comes back. */
  async put(fix: FixRecord): Promise<FixRecord> {
    await this.records.update(fix.id, fix);
    return fix;
  }

  /** Forgets one that was approved and of which nothing was begun: its station has its turn another time. */
  async takeBack(id: string): Promise<void> {
    await this.#alone(async () => {
      if (this.get(id)?.state === "approved") await this.records.remove([id]);
    });
  }

  /**
   * Changes one that is in one of these states, one change after the other: what persons decide and what the runner begins
   * do not overwrite each other. @returns undefined when it is in another state
   */
  async change(
    id: string,
    from: readonly FixState[],
    to: (fix: FixRecord) => FixRecord | Promise<FixRecord>,
  ): Promise<FixRecord | undefined> {
    return await this.#alone(async () => {
      const fix = this.get(id);
      return fix && from.includes(fix.state) ? await this.put(await to(fix)) : undefined;
    });
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return await done;
  }

  /** Forgets the fixes of stations that are no more. */
  async keepOnly(stations: ReadonlySet<string>): Promise<void> {
    const gone = this.records.entries().flatMap(([id, { station }]) => stations.has(station) ? [] : [id]);
    if (gone.length > 0) await this.records.remove(gone);
  }
}

import { type Rollout, ROLLOUT_OVER } from "../../../policies/golden_rollout.ts";
import { GatewayError } from "../../core/errors.ts";
import { Turns } from "../../core/turns.ts";
import { RecordBook } from "../../people/record_book.ts";
import { KEYS } from "../../store/keys.ts";
import type { Store } from "../../store/store.ts";
import { GOLDEN_LIMITS } from "./limits.ts";

/** Rollouts, over restarts. A change counts from when it is stored; changes of one wait for each other. */
export class RolloutBook {
  readonly #turns = new Turns();
  #next: number;

  private constructor(private readonly records: RecordBook<Rollout>) {
    this.#next = Math.max(0, ...records.all().map(({ id }) => Number(id.slice(1)))) + 1;
  }

  static async open(store: Store): Promise<RolloutBook> {
    return new RolloutBook(await RecordBook.open<Rollout>(store, [...KEYS.posture, "rollout"]));
  }

  get(id: string): Rollout | undefined {
    return this.records.get(id);
  }

  /** All, in the order in which they were asked for. */
  all(): readonly Rollout[] {
    return this.records.all().toSorted((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)));
  }

  /** Takes a new one. @throws GatewayError POSTURE_REFUSED when another one of its profile is not over, or it is too large */
  add(rollout: Omit<Rollout, "id">): Promise<Rollout> {
    return this.#turns.run([NEW], async () => {
      const open = this.all().find(({ profile, state }) =>
        profile === rollout.profile && !ROLLOUT_OVER.includes(state)
      );
      if (open) throw refused(`${open.id} is open for ${rollout.profile}`, "Wait for its end, or cancel it");
      const record = { ...rollout, id: `R${this.#next}` };
      const bytes = JSON.stringify(record).length + record.stations.length * GOLDEN_LIMITS.resultBytes;
      if (bytes > GOLDEN_LIMITS.rolloutBytes) {
        throw refused("It is too large to be kept as one rollout", "Name fewer settings, or fewer stations");
      }
      if (this.records.size >= GOLDEN_LIMITS.rollouts) {
        const oldest = this.all().find(({ state }) => ROLLOUT_OVER.includes(state));
        if (!oldest) throw refused(`${GOLDEN_LIMITS.rollouts} rollouts are open already`, "Cancel some");
        await this.records.remove([oldest.id]);
      }
      this.#next++;
      await this.records.put(record.id, record);
      return record;
    });
  }

  /** Changes one as it stands then; undefined leaves it. @returns what it is now, undefined: it was left, or there is none */
  change(
    id: string,
    to: (rollout: Rollout) => Rollout | undefined | Promise<Rollout | undefined>,
  ): Promise<Rollout | undefined> {
    return this.#turns.run([id], async () => {
      const rollout = this.get(id), changed = rollout && await to(rollout);
      return changed && await this.records.update(id, changed) ? changed : undefined;
    });
  }

  /** Forgets stations that are no more; a rollout of which nothing is left goes with them. */
  async keepOnly(stations: ReadonlySet<string>): Promise<void> {
    for (const { id, stations: own } of this.all()) {
      if (own.every((station) => stations.has(station))) continue;
      const rest = await this.change(id, (rollout) => withoutStations(rollout, (station) => !stations.has(station)));
      if (rest?.stations.length === 0) await this.records.remove([id]);
    }
  }
}

/** A rollout without some of its stations. */
export function withoutStations(rollout: Rollout, isGone: (station: string) => boolean): Rollout {
  return {
    ...rollout,
    stations: rollout.stations.filter((station) => !isGone(station)),
    results: Object.fromEntries(Object.entries(rollout.results).filter(([station]) => !isGone(station))),
  };
}

const NEW = " new";
const refused = (what: string, hint: string): GatewayError => new GatewayError("POSTURE_REFUSED", what, { hint });

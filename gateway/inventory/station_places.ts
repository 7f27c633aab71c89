import type { StationAttempt } from "../core/control_api.ts";
import { INVENTORY_LIMITS } from "./limits.ts";
import type { StationFacts } from "./station_facts.ts";
import type { Stations } from "./stations.ts";

type Place = Pick<StationAttempt, "stationId" | "source">;

/**
 * Addresses at which stations have an allowance of failed attempts of their own: where they have proven themselves, before
 * the last start, too, and where the site says that they stand. Otherwise whoever guesses at a station from many addresses
 * could keep it out.
 */
export class StationPlaces {
  readonly #stations: Pick<Stations, "get">;
  readonly #facts: Pick<StationFacts, "of">;
  /** "station address" pairs that proved themselves since the start. */
  readonly #proven = new Set<string>();

  constructor(stations: Pick<Stations, "get">, facts: Pick<StationFacts, "of">) {
    this.#stations = stations;
    this.#facts = facts;
  }

  /** Under which key the failures of an attempt are counted: the station's, or that of the station at its own address. */
  keyOf({ stationId, source }: Place): string {
    const pair = `${stationId} ${source}`;
    if (this.#proven.has(pair)) return pair;
    const station = this.#stations.get(stationId);
    const isItsOwn = station !== undefined &&
      (station.address === source || this.#facts.of(stationId)["address"] === source);
    return isItsOwn ? pair : stationId;
  }

  /** The station proved itself from there. */
  remember({ stationId, source }: Place): void {
    this.#proven.add(`${stationId} ${source}`);
    if (this.#proven.size > INVENTORY_LIMITS.trackedAttempts) {
      this.#proven.delete(this.#proven.values().next().value!);
    }
  }
}

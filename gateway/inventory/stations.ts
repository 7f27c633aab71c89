import type { Site } from "../config/schema.ts";
import { KEYS } from "../store/keys.ts";
import type { Store } from "../store/store.ts";
import type { Station } from "./config.ts";
import type { RaisedProfiles } from "./raised_profiles.ts";

/**
 * The stations of the site: those of site.yaml, and those adopted by command. site.yaml wins over an adopted id; a
 * security profile that a station has climbed to stands above the written one.
 */
export class Stations {
  readonly #store: Store;
  readonly #raised: RaisedProfiles | undefined;
  #configured: ReadonlyMap<string, Station>;
  readonly #adopted = new Map<string, Station>();

  private constructor(store: Store, site: Site, raised?: RaisedProfiles) {
    this.#store = store;
    this.#raised = raised;
    this.#configured = byId(site);
  }

  static async open(store: Store, site: Site, raised?: RaisedProfiles): Promise<Stations> {
    const stations = new Stations(store, site, raised);
    for await (const { value } of store.list<Station>(KEYS.station)) stations.#adopted.set(value.id, value);
    return stations;
  }

  /** Exactly this id: no prefix, case or encoding tolerance (invariant 11). */
  get(id: string): Station | undefined {
    const station = this.asWritten(id);
    return station && (this.#raised?.apply(station) ?? station);
  }

  /** As a person wrote or adopted it, without what it climbed to. */
  asWritten(id: string): Station | undefined {
    return this.#configured.get(id) ?? this.#adopted.get(id);
  }

  all(): readonly Station[] {
    const adopted = [...this.#adopted.values()].filter(({ id }) => !this.#configured.has(id));
    return [...this.#configured.values(), ...adopted].map((station) => this.#raised?.apply(station) ?? station);
  }

  isAdopted(id: string): boolean {
    return this.#adopted.has(id) && !this.#configured.has(id);
  }

  async adopt(station: Station): Promise<void> {
    await this.#store.commit([{ set: [...KEYS.station, station.id], value: station }]);
    this.#adopted.set(station.id, station);
  }

  reconfigure(site: Site): void {
    this.#configured = byId(site);
  }
}

function byId(site: Site): ReadonlyMap<string, Station> {
  return new Map(site.stations.map((station) => [station.id, station]));
}

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
  /** The CSMS of a station that a migration has moved away from the one in its entry. */
  movedTo: (id: string) => string | undefined = () => undefined;

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
    return station && this.#inForce(station);
  }

  /** As a person wrote or adopted it, without what it climbed to and without where a migration has moved it. */
  asWritten(id: string): Station | undefined {
    return this.#configured.get(id) ?? this.#adopted.get(id);
  }

  all(): readonly Station[] {
    const adopted = [...this.#adopted.values()].filter(({ id }) => !this.#configured.has(id));
    return [...this.#configured.values(), ...adopted].map((station) => this.#inForce(station));
  }

  isAdopted(id: string): boolean {
    return this.#adopted.has(id) && !this.#configured.has(id);
  }

  async adopt(station: Station): Promise<void> {
    await this.#store.commit([{ set: [...KEYS.station, station.id], value: station }]);
    this.#adopted.set(station.id, station);
  }

  #inForce(station: Station): Station {
    return this.#moved(this.#raised?.apply(station) ?? station);
  }

  /** At another CSMS it shows what its entry has for that one, not what it shows at home. */
  #moved(station: Station): Station {
    const csms = this.movedTo(station.id);
    if (csms === undefined || !station.ocpp || station.ocpp.csms === csms) return station;
    const { upstreamPasswordFile: _, upstreamCertificate: __, ...ocpp } = station.ocpp;
    const there = ocpp.upstreams?.find((entry) => entry.csms === csms);
    return {
      ...station,
      ocpp: {
        ...ocpp,
        csms,
        ...there?.passwordFile === undefined ? {} : { upstreamPasswordFile: there.passwordFile },
        ...there?.certificate === undefined ? {} : { upstreamCertificate: there.certificate },
      },
    };
  }

  reconfigure(site: Site): void {
    this.#configured = byId(site);
  }
}

function byId(site: Site): ReadonlyMap<string, Station> {
  return new Map(site.stations.map((station) => [station.id, station]));
}

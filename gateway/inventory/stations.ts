import type { Site } from "../config/schema.ts";
import { KEYS } from "../store/keys.ts";
import type { Store } from "../store/store.ts";
import type { Station } from "./config.ts";
import { ErasedStations } from "./erased_stations.ts";
import type { RaisedProfiles } from "./raised_profiles.ts";

/** What binds an identity to one piece of hardware. */
export const BINDINGS = ["mac", "address", "serial"] as const;
/** Their values. */
export type Bindings = Pick<Station, typeof BINDINGS[number]>;

/** Bindings of new hardware, and those of the configuration that they stand for. */
interface Replacement {
  readonly instead: Bindings;
  readonly bindings: Bindings;
}

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
  readonly #replacements = new Map<string, Replacement>();
  /** Those that were decommissioned: not shown and not admitted, even while site.yaml still names them. */
  readonly erased: ErasedStations;

  private constructor(store: Store, site: Site, erased: ErasedStations, raised?: RaisedProfiles) {
    this.#store = store;
    this.erased = erased;
    this.#raised = raised;
    this.#configured = byId(site);
  }

  static async open(store: Store, site: Site, raised?: RaisedProfiles): Promise<Stations> {
    const stations = new Stations(store, site, await ErasedStations.open(store), raised);
    for await (const { value } of store.list<Station>(KEYS.station)) stations.#adopted.set(value.id, value);
    for await (const { key, value } of store.list<Replacement>(KEYS.stationReplacement)) {
      stations.#replacements.set(String(key[1]), value);
    }
    return stations;
  }

  /** Exactly this id: no prefix, case or encoding tolerance (invariant 11). */
  get(id: string): Station | undefined {
    const station = this.asWritten(id);
    return station && this.#inForce(station);
  }

  /** As a person wrote or adopted it, without what it climbed to and without where a migration has moved it. */
  asWritten(id: string): Station | undefined {
    if (this.erased.has(id)) return undefined;
    return this.#configured.get(id) ?? this.#adopted.get(id);
  }

  all(): readonly Station[] {
    const adopted = [...this.#adopted.values()].filter(({ id }) => !this.#configured.has(id));
    return [...this.#configured.values(), ...adopted].filter(({ id }) => !this.erased.has(id))
      .map((station) => this.#inForce(station));
  }

  isAdopted(id: string): boolean {
    return this.#adopted.has(id) && !this.#configured.has(id);
  }

  async adopt(station: Station): Promise<void> {
    await this.#store.commit([{ set: [...KEYS.station, station.id], value: station }]);
    this.#adopted.set(station.id, station);
  }

  /** With the bindings of replaced hardware, the security profile it climbed to, and the CSMS it was moved to. */
  #inForce(station: Station): Station {
    const bound = this.#rebound(station);
    return this.#moved(this.#raised?.apply(bound) ?? bound);
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

  /** New hardware of the same identity: its bindings hold from now on, until the configuration has others. */
  async replace(station: Station, bindings: Bindings): Promise<void> {
    const before = this.#configured.get(station.id) ?? this.#adopted.get(station.id) ?? station;
    const value: Replacement = { instead: bindingsOf(before), bindings };
    await this.#store.commit([{ set: [...KEYS.stationReplacement, station.id], value }]);
    this.#replacements.set(station.id, value);
  }

  #rebound(station: Station): Station {
    const replacement = this.#replacements.get(station.id);
    if (!replacement) return station;
    const { instead, bindings } = replacement;
    const changed = BINDINGS.filter((name) => bindings[name] !== undefined && station[name] === instead[name]);
    return { ...station, ...Object.fromEntries(changed.map((name) => [name, bindings[name]])) };
  }

  reconfigure(site: Site): void {
    this.#configured = byId(site);
  }
}

function byId(site: Site): ReadonlyMap<string, Station> {
  return new Map(site.stations.map((station) => [station.id, station]));
}

function bindingsOf({ mac, address, serial }: Station): Bindings {
  return {
    ...mac === undefined ? {} : { mac },
    ...address === undefined ? {} : { address },
    ...serial === undefined ? {} : { serial },
  };
}

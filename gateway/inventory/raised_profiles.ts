import { KEYS } from "../store/keys.ts";
import type { Store } from "../store/store.ts";
import type { Station } from "./config.ts";
import type { SecurityProfile } from "./profile_floor.ts";

/**
 * Profiles that stations have climbed to. They stand above the configured ones: site.yaml belongs to people, and must
 * not lock a station out that has left its old profile behind. `station lower-profile` takes them back.
 */
export class RaisedProfiles {
  readonly #store: Store;
  readonly #raised = new Map<string, SecurityProfile>();

  private constructor(store: Store) {
    this.#store = store;
  }

  static async open(store: Store): Promise<RaisedProfiles> {
    const profiles = new RaisedProfiles(store);
    for await (const { key } of store.list(KEYS.stationRaised, { limit: Infinity })) {
      profiles.#learn(String(key[1]), Number(key[2]) as SecurityProfile);
    }
    return profiles;
  }

  /** The profile a station has climbed to; undefined when it never did. */
  of(stationId: string): SecurityProfile | undefined {
    return this.#raised.get(stationId);
  }

  /** The station with the profile in force. */
  apply(station: Station): Station {
    const raised = this.#raised.get(station.id);
    if (!station.ocpp || raised === undefined || raised <= station.ocpp.securityProfile) return station;
    return { ...station, ocpp: { ...station.ocpp, securityProfile: raised } };
  }

  /** Stored one by one, so that the union of two stores keeps the higher one. */
  async raise(stationId: string, profile: SecurityProfile, at: number): Promise<void> {
    await this.#store.commit([{ set: [...KEYS.stationRaised, stationId, profile], value: { at } }]);
    this.#learn(stationId, profile);
  }

  /** The configured profile counts again. */
  async forget(stationId: string): Promise<void> {
    if (!this.#raised.has(stationId)) return;
    await this.#store.commit([1, 2, 3].map((profile) => ({ delete: [...KEYS.stationRaised, stationId, profile] })));
    this.#raised.delete(stationId);
  }

  #learn(stationId: string, profile: SecurityProfile): void {
    if (profile > (this.#raised.get(stationId) ?? 0)) this.#raised.set(stationId, profile);
  }
}

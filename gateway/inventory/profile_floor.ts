import { KEYS } from "../store/keys.ts";
import type { Mutation, Store } from "../store/store.ts";
import { INVENTORY_LIMITS } from "./limits.ts";

/** OCPP security profiles, lowest first. */
export type SecurityProfile = 0 | 1 | 2 | 3;

/** An admin's permission to accept a lower profile; `at` in milliseconds since the epoch. */
interface Lowering {
  readonly to: SecurityProfile;
  readonly at: number;
}

/**
 * The highest security profile that each station has ever proven: below it nothing is accepted any more (O-02,
 * A00.FR.005, A05.FR.09). Proofs are stored one by one, so that the union of two stores keeps the higher one.
 */
export class ProfileFloor {
  readonly #store: Store;
  readonly #highest = new Map<string, SecurityProfile>();
  readonly #lowered = new Map<string, Lowering>();

  private constructor(store: Store) {
    this.#store = store;
  }

  static async open(store: Store): Promise<ProfileFloor> {
    const floor = new ProfileFloor(store);
    for await (const { key } of store.list(KEYS.stationProfile, { limit: Infinity })) {
      floor.#learn(String(key[1]), Number(key[2]) as SecurityProfile);
    }
    for await (const { key, value } of store.list<Lowering>(KEYS.stationLowering, { limit: Infinity })) {
      floor.#lowered.set(String(key[1]), value);
    }
    return floor;
  }

  /** The highest profile this station has proven; 0 for one that never came. */
  highest(stationId: string): SecurityProfile {
    return this.#highest.get(stationId) ?? 0;
  }

  /** The lowest profile to accept at the wall time `now`: the highest proven, or less where an admin permits it. */
  of(stationId: string, now: number): SecurityProfile {
    const highest = this.highest(stationId);
    const lowered = this.#lowered.get(stationId);
    if (!lowered || lowered.to >= highest || now - lowered.at >= INVENTORY_LIMITS.loweringMs) return highest;
    return lowered.to;
  }

  /**
   * A station was admitted with `profile`: a higher one than ever becomes the floor; a lower one uses the permission
   * up and becomes the floor. @returns whether the floor rose
   */
  async prove(stationId: string, profile: SecurityProfile, at: number): Promise<boolean> {
    const highest = this.#highest.get(stationId);
    if (profile === (highest ?? 0)) return false;
    const mutations: Mutation[] = profile === 0
      ? []
      : [{ set: [...KEYS.stationProfile, stationId, profile], value: { at } }];
    const rises = profile > (highest ?? 0);
    this.#highest.set(stationId, profile);
    if (!rises) {
      this.#lowered.delete(stationId);
      mutations.push({ delete: [...KEYS.stationLowering, stationId] });
      for (let above = profile + 1; above <= highest!; above++) {
        mutations.push({ delete: [...KEYS.stationProfile, stationId, above] });
      }
    }
    await this.#store.commit(mutations);
    return rises;
  }

  /** Permits profiles down to `to` for a while; the first connection below the floor makes it the new floor. */
  async permit(stationId: string, to: SecurityProfile, at: number): Promise<void> {
    const value: Lowering = { to, at };
    await this.#store.commit([{ set: [...KEYS.stationLowering, stationId], value }]);
    this.#lowered.set(stationId, value);
  }

  #learn(stationId: string, profile: SecurityProfile): void {
    if (profile > this.highest(stationId)) this.#highest.set(stationId, profile);
  }
}

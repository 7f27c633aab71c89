import { placeOf, type SwitchPlace } from "../../../policies/switch_port.ts";
import type { Clock } from "../../core/clock.ts";
import type { SwitchView } from "../../core/switches_api.ts";
import { KEYS } from "../../store/keys.ts";
import type { Store } from "../../store/store.ts";
import { SWITCH_LIMITS } from "../limits.ts";

/** What the last readings of one switch gave. */
export interface ReadSwitch {
  readonly id: string;
  /** The last view, however old. */
  readonly view?: SwitchView;
  /** When that was, wall milliseconds. */
  readonly readAt?: number;
  /** Why the last reading gave none. */
  readonly fault?: string;
}

/** Where a station was first seen at its present port. */
export interface StationPort {
  readonly switch: string;
  readonly port: string;
  readonly vlan?: number;
  /** Wall milliseconds. */
  readonly since: number;
  /** Set when it came from another port: where from. */
  readonly from?: string;
}

const keyOf = (station: string) => [...KEYS.segmentation, "port", station];

/** The views of all switches, in memory, and the port of each station, on the disk: a move is seen over restarts too. */
export class SwitchBook {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #read = new Map<string, ReadSwitch>();
  readonly #ports = new Map<string, StationPort>();

  private constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  static async open(store: Store, clock: Clock): Promise<SwitchBook> {
    const book = new SwitchBook(store, clock);
    const at = [...KEYS.segmentation, "port"];
    for await (const { key, value } of store.list<StationPort>(at, { limit: SWITCH_LIMITS.devices })) {
      book.#ports.set(String(key.at(-1)), value);
    }
    return book;
  }

  /** A reading ended. */
  take(id: string, outcome: { readonly view: SwitchView } | { readonly fault: string }): void {
    const before = this.#read.get(id);
    if ("view" in outcome) this.#read.set(id, { id, view: outcome.view, readAt: this.#clock.now() });
    else this.#read.set(id, { ...before, id, fault: outcome.fault });
  }

  /** In the order of site.yaml; one that was not read yet has neither view nor fault. */
  all(ids: readonly string[]): readonly ReadSwitch[] {
    return ids.map((id) => this.#read.get(id) ?? { id });
  }

  /** Where a MAC address is now, by views that are not too old. */
  placeOf(mac: string, ids: readonly string[]): SwitchPlace | undefined {
    const fresh = this.#clock.now() - SWITCH_LIMITS.staleMs;
    const seen = this.all(ids).flatMap(({ id, view, readAt = 0 }) => view && readAt > fresh ? [{ ...view, id }] : []);
    return placeOf(mac, seen);
  }

  /** Where a station was seen last. */
  portOf(station: string): StationPort | undefined {
    return this.#ports.get(station);
  }

  /** Whether a port has a link, by the last view of its switch. */
  isUp({ switch: id, port }: StationPort): boolean | undefined {
    return this.#read.get(id)?.view?.ports.find(({ name }) => name === port)?.isUp;
  }

  /**
   * Stores where a station is now. @returns where it was, if it moved. A port towards another switch, or one with several
   * devices, is where frames pass and not where it stands.
   */
  async note(station: string, place: SwitchPlace): Promise<StationPort | undefined> {
    if (place.isTrunk || place.others > 1) return undefined;
    const before = this.#ports.get(station);
    const isSame = before?.switch === place.switch && before.port === place.port && before.vlan === place.vlan;
    if (isSame) return undefined;
    const { switch: id, port, vlan } = place;
    const record: StationPort = {
      switch: id,
      port,
      ...vlan === undefined ? {} : { vlan },
      since: this.#clock.now(),
      ...before ? { from: `port ${before.port} of ${before.switch}` } : {},
    };
    await this.#store.commit([{ set: keyOf(station), value: record }]);
    this.#ports.set(station, record);
    return before;
  }

  /** Forgets switches that the site has no more. */
  keep(ids: readonly string[]): void {
    for (const id of this.#read.keys()) if (!ids.includes(id)) this.#read.delete(id);
  }
}

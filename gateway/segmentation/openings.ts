import type { Opening } from "../../policies/segmentation_model.ts";
import type { Clock } from "../core/clock.ts";
import { GatewayError } from "../core/errors.ts";
import { KEYS } from "../store/keys.ts";
import type { Store } from "../store/store.ts";
import { SEGMENTATION_LIMITS } from "./limits.ts";

/** A maintenance port that a person has opened for a while. */
export interface RecordedOpening extends Opening {
  readonly stationId: string;
  readonly by: string;
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly until: number;
}

/** Puts an opening into the firewall; 0 seconds takes it out. */
export type PushOpening = (opening: Opening & { readonly seconds: number }) => Promise<void>;

/** The open maintenance ports: stored before they open, pushed again whenever the firewall has forgotten them. */
export class Openings {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #push: PushOpening;
  readonly #open = new Map<string, RecordedOpening>();

  private constructor(store: Store, clock: Clock, push: PushOpening) {
    this.#store = store;
    this.#clock = clock;
    this.#push = push;
  }

  static async open(store: Store, clock: Clock, push: PushOpening): Promise<Openings> {
    const openings = new Openings(store, clock, push);
    for await (const { value } of store.list<RecordedOpening>([...KEYS.segmentation, "opening"])) {
      openings.#open.set(keyOf(value), value);
    }
    return openings;
  }

  /** Those whose time is not over, the first to end first. */
  all(): readonly RecordedOpening[] {
    const now = this.#clock.now();
    return [...this.#open.values()].filter(({ until }) => until > now).toSorted((a, b) => a.until - b.until);
  }

  /** @throws GatewayError SEGMENTATION_LIMIT, or what the firewall says: then nothing is open */
  async add(opening: RecordedOpening): Promise<void> {
    await this.forgetEnded();
    const key = keyOf(opening);
    if (!this.#open.has(key) && this.#open.size >= SEGMENTATION_LIMITS.openings) {
      throw new GatewayError("SEGMENTATION_LIMIT", `${SEGMENTATION_LIMITS.openings} maintenance ports are open`, {
        hint: "Close one: `segmentation show` lists them, `segmentation close STATION` closes those of a station",
      });
    }
    await this.#store.commit([{ set: storeKey(key), value: opening }]);
    this.#open.set(key, opening);
    try {
      await this.#push({ ...placeOf(opening), seconds: this.#secondsLeft(opening) });
    } catch (error) {
      await this.#forget(key);
      throw error;
    }
  }

  /** Closes all openings of a station, or one port of it; returns what was closed. */
  async close(stationId: string, port?: number): Promise<readonly RecordedOpening[]> {
    const closing = this.all().filter((one) => one.stationId === stationId && (port ?? one.port) === one.port);
    for (const opening of closing) {
      await this.#push({ ...placeOf(opening), seconds: 0 }); // first the door, then the record: a fault leaves both
      await this.#forget(keyOf(opening));
    }
    return closing;
  }

  /** Closes exactly this one, if it is open. */
  async end(place: Opening): Promise<void> {
    const key = keyOf(place);
    if (!this.#open.has(key)) return;
    await this.#push({ ...placeOf(place), seconds: 0 });
    await this.#forget(key);
  }

  /** Pushes all again, after the firewall was loaded anew. */
  async pushAll(): Promise<void> {
    for (const opening of this.all()) {
      await this.#push({ ...placeOf(opening), seconds: this.#secondsLeft(opening) });
    }
  }

  /** Forgets those whose time is over, and says which. The kernel has closed them by itself. */
  async forgetEnded(): Promise<readonly RecordedOpening[]> {
    const now = this.#clock.now();
    const ended = [...this.#open.values()].filter(({ until }) => until <= now);
    for (const opening of ended) await this.#forget(keyOf(opening));
    return ended;
  }

  async #forget(key: string): Promise<void> {
    await this.#store.commit([{ delete: storeKey(key) }]);
    this.#open.delete(key);
  }

  #secondsLeft({ until }: RecordedOpening): number {
    return Math.max(1, Math.ceil((until - this.#clock.now()) / 1_000));
  }
}

const keyOf = ({ source, station, port }: Opening) => `${source} ${station} ${port}`;
const placeOf = ({ source, station, port }: Opening): Opening => ({ source, station, port });
const storeKey = (key: string) => [...KEYS.segmentation, "opening", key];

import type { Clock } from "../../core/clock.ts";
import { GatewayError } from "../../core/errors.ts";
import { PhotoStore, type PictureRecord } from "../../photos/photo_store.ts";
import { RecordBook } from "../../people/record_book.ts";
import { KEYS } from "../../store/keys.ts";
import type { Store } from "../../store/store.ts";
import { Turns } from "../../core/turns.ts";
import { PLAN_LIMITS } from "./limits.ts";
import type { Picture } from "./picture.ts";

/** One floor of the garage with its plan. */
export interface Floor {
  readonly id: string;
  readonly name: string;
  readonly picture: PictureRecord;
  readonly by: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Where a station stands: percent of the picture's width from the left and of its height from above. */
export interface Place {
  readonly floor: string;
  readonly x: number;
  readonly y: number;
}

/** Floors, their pictures and who stands where. A picture counts once all of it is stored. */
export class PlanBook {
  readonly #turns = new Turns();
  readonly #pictures: PhotoStore;

  private constructor(
    store: Store,
    private readonly clock: Clock,
    private readonly floorBook: RecordBook<Floor>,
    private readonly placeBook: RecordBook<Place>,
  ) {
    const isShown = (sha256: string) => this.floors().some(({ picture }) => picture.sha256 === sha256);
    this.#pictures = new PhotoStore(store, [...KEYS.plan, "part"], isShown);
  }

  /** Reads floors and places; parts of pictures that no floor names, left by a crash, are removed. */
  static async open(store: Store, clock: Clock): Promise<PlanBook> {
    const floors = await RecordBook.open<Floor>(store, [...KEYS.plan, "floor"]);
    const book = new PlanBook(store, clock, floors, await RecordBook.open<Place>(store, [...KEYS.plan, "place"]));
    await book.#pictures.sweep();
    return book;
  }

  /** In the order in which they were made. */
  floors(): readonly Floor[] {
    return this.floorBook.all().toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  }

  /** @throws GatewayError PLAN_UNKNOWN */
  floor(id: string): Floor {
    const floor = this.floorBook.get(id);
    if (floor) return floor;
    const known = this.floors().map((each) => each.id).join(", ");
    throw new GatewayError("PLAN_UNKNOWN", `There is no floor "${id}"`, {
      hint: known === "" ? "Make one with `plan set`" : `The floors are ${known}`,
    });
  }

  places(): readonly (readonly [string, Place])[] {
    return this.placeBook.entries();
  }

  /** Makes a floor, or changes what is given of one. @throws GatewayError PLAN_INVALID, PLAN_UNKNOWN */
  async set(id: string, by: string, given: { name?: string; picture?: Picture }): Promise<Floor> {
    return await this.#turns.run(FLOORS, () => this.#set(id, by, given)); // floors may share a picture's parts
  }

  async #set(id: string, by: string, { name, picture }: { name?: string; picture?: Picture }): Promise<Floor> {
    const before = this.floorBook.get(id);
    if (!before && !picture) {
      throw new GatewayError("PLAN_INVALID", `The new floor "${id}" has no picture`, {
        hint: "Give it one with --file",
      });
    }
    if (!before && this.floorBook.size >= PLAN_LIMITS.floors) {
      throw new GatewayError("PLAN_INVALID", `A site has at most ${PLAN_LIMITS.floors} floors`, {
        hint: "Remove one with `plan remove`",
      });
    }
    const floor: Floor = {
      id,
      name: name ?? before?.name ?? id,
      picture: picture ? await this.#pictures.keep(picture) : before!.picture,
      by,
      at: before?.at ?? this.clock.now(),
    };
    await this.floorBook.put(id, floor);
    if (before) await this.#pictures.forget(before.picture.sha256);
    return floor;
  }

  /** Removes a floor with its picture and places. @throws GatewayError PLAN_UNKNOWN */
  async remove(id: string): Promise<void> {
    await this.#turns.run(FLOORS, async () => {
      const { picture } = this.floor(id);
      await this.placeBook.remove(this.places().filter(([, { floor }]) => floor === id).map(([station]) => station));
      await this.floorBook.remove([id]);
      await this.#pictures.forget(picture.sha256);
    });
  }

  /** Says where a station stands. @throws GatewayError PLAN_UNKNOWN */
  async place(station: string, { floor, x, y }: Place): Promise<Place> {
    return await this.#turns.run(FLOORS, async () => {
      const place = { floor: this.floor(floor).id, x: round(x), y: round(y) };
      await this.placeBook.put(station, place);
      return place;
    });
  }

  /** Takes stations off their plans. @returns which stood on one */
  async unplace(stations: readonly string[]): Promise<readonly string[]> {
    const placed = stations.filter((station) => this.placeBook.get(station));
    if (placed.length > 0) await this.placeBook.remove(placed);
    return placed;
  }

  /** The bytes of a floor's picture, as they were stored. @throws IntegrityError PLAN_PICTURE_INVALID */
  async picture(id: string): Promise<Uint8Array<ArrayBuffer>> {
    return await this.#pictures.read(this.floor(id).picture, `the floor "${id}"`);
  }
}

/** All changes of floors, one after the other. */
const FLOORS = ["floors"];

const round = (percent: number): number => Math.round(percent * 10) / 10;

import type { LearnedSetting } from "../../core/device_link_api.ts";
import { RecordBook } from "../../people/record_book.ts";
import { KEYS } from "../../store/keys.ts";
import type { Store } from "../../store/store.ts";
import { DEVICE_LINK_LIMITS } from "./limits.ts";

/** A part of what one device said that it has; a store's value holds no more. */
interface CataloguePart {
  readonly station: string;
  /** Version that the station reported last when this was read. */
  readonly firmware: string;
  readonly at: number;
  readonly settings: readonly LearnedSetting[];
}

/** What a device said that it has. */
export interface Catalogue {
  readonly firmware: string;
  readonly at: number;
  readonly settings: readonly LearnedSetting[];
}

/** The settings that devices list themselves, exact for their firmware: read once for each version. */
export class DeviceCatalogues {
  readonly #book: RecordBook<CataloguePart>;

  private constructor(book: RecordBook<CataloguePart>) {
    this.#book = book;
  }

  static async open(store: Store): Promise<DeviceCatalogues> {
    return new DeviceCatalogues(await RecordBook.open(store, KEYS.deviceCatalogue));
  }

  /** Whether a device of this version has not been asked yet. */
  isMissing(station: string, firmware: string): boolean {
    return this.of(station)?.firmware !== firmware;
  }

  of(station: string): Catalogue | undefined {
    const parts = this.#parts(station);
    const first = parts[0]?.[1];
    return first && {
      firmware: first.firmware,
      at: first.at,
      settings: parts.flatMap(([, { settings }]) => settings),
    };
  }

  /** Takes the place of what was known before. What is too much is left out. */
  async keep(station: string, { firmware, at, settings }: Catalogue): Promise<void> {
    await this.#book.remove(this.#parts(station).map(([id]) => id));
    const all = settings.slice(0, DEVICE_LINK_LIMITS.catalogueSettings);
    const size = DEVICE_LINK_LIMITS.cataloguePart;
    for (let at0 = 0; at0 === 0 || at0 < all.length; at0 += size) {
      const part = String(at0 / size).padStart(3, "0");
      await this.#book.put(`${station}\n${part}`, { station, firmware, at, settings: all.slice(at0, at0 + size) });
    }
  }

  #parts(station: string): readonly (readonly [string, CataloguePart])[] {
    return this.#book.entries().filter(([, part]) => part.station === station).sort(([a], [b]) => a < b ? -1 : 1);
  }
}

import type { DeviceRole } from "../../../../policies/access_types.ts";
import { KEYS } from "../../../store/keys.ts";
import type { Store } from "../../../store/store.ts";
import { RecordBook } from "../../../people/record_book.ts";

/** What is stored of the try of a documented password. */
export interface DefaultTry {
  readonly station: string;
  readonly role: DeviceRole;
  readonly name: string;
  /** When it was begun, wall milliseconds: stored before it is made, so that a crash costs the try and repeats none. */
  readonly at: number;
  /** Absent: it was begun, and nobody knows what came of it. */
  readonly verdict?: "changed" | "default";
}

/** Documented passwords that were tried, for ever: each at most once for each account (EV-01). */
export class DefaultBook {
  readonly #book: RecordBook<DefaultTry>;

  private constructor(book: RecordBook<DefaultTry>) {
    this.#book = book;
  }

  static async open(store: Store): Promise<DefaultBook> {
    return new DefaultBook(await RecordBook.open(store, KEYS.deviceDefault));
  }

  of(station: string, role: DeviceRole): DefaultTry | undefined {
    return this.#book.get(idOf(station, role));
  }

  async put(tried: DefaultTry): Promise<void> {
    await this.#book.put(idOf(tried.station, tried.role), tried);
  }

  /** Whose passwords were tried. */
  stations(): ReadonlySet<string> {
    return new Set(this.#book.all().map(({ station }) => station));
  }

  /** Other hardware, or a person's word: it may be tried once more. */
  async forget(station: string, role?: DeviceRole): Promise<void> {
    const ids = this.#book.entries().filter(([, one]) => one.station === station && (role ?? one.role) === one.role);
    await this.#book.remove(ids.map(([id]) => id));
  }
}

/** Station ids hold no line break. */
const idOf = (station: string, role: DeviceRole): string => `${station}\n${role}`;

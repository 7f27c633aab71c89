import type { LeaseAnswer } from "../../core/device_link_api.ts";
import { RecordBook } from "../../people/record_book.ts";
import { KEYS } from "../../store/keys.ts";
import type { Store } from "../../store/store.ts";

/** A session that uses a device. */
export interface LeaseSession {
  readonly id: string;
  readonly person: string;
  readonly station: string;
}

/** What leases need. */
export interface LeaseParts {
  readonly isAlive: (session: string) => boolean;
  /** Ends the other's login and connections at the device; resolves when they are gone, or it cannot be waited longer. */
  readonly dislodge: (session: LeaseSession, by: LeaseSession) => Promise<void>;
}

/** A lease as it is stored; since when in wall milliseconds. */
type Held = LeaseSession & { readonly since: number };

/**
 * Who has a device that knows one login at a time. Stored, since sessions outlive a restart of control and their logins
 * at devices do too: a lease that was forgotten would let a second person in beside the first. A lease is nothing
 * without its session, so one that a crash left behind holds nobody up.
 */
export class DeviceLeases {
  readonly #parts: LeaseParts;
  /** By station. */
  readonly #book: RecordBook<Held>;
  readonly #turns = new Map<string, Promise<unknown>>();

  private constructor(book: RecordBook<Held>, parts: LeaseParts) {
    this.#book = book;
    this.#parts = parts;
  }

  static async open(store: Store, parts: LeaseParts): Promise<DeviceLeases> {
    return new DeviceLeases(await RecordBook.open(store, KEYS.deviceLease), parts);
  }

  /** Takes the device for this session; stored when it resolves. `takenFrom` is set when somebody else lost it. */
  take(
    session: LeaseSession,
    takeOver: boolean,
    now: number,
  ): Promise<LeaseAnswer & { readonly takenFrom?: string }> {
    const before = this.#turns.get(session.station) ?? Promise.resolve();
    const turn = before.then(() => this.#take(session, takeOver, now));
    const settled = turn.catch(() => undefined).finally(() => {
      if (this.#turns.get(session.station) === settled) this.#turns.delete(session.station);
    });
    this.#turns.set(session.station, settled);
    return turn;
  }

  /** The session is over, or gives the device back. */
  async leave(session: string): Promise<void> {
    await this.#book.remove(this.#book.entries().flatMap(([station, { id }]) => id === session ? [station] : []));
  }

  /** Who has a device now. */
  holder(station: string): Held | undefined {
    const holder = this.#book.get(station);
    return holder && this.#parts.isAlive(holder.id) ? holder : undefined;
  }

  async #take(session: LeaseSession, takeOver: boolean, now: number) {
    const other = this.holder(session.station);
    if (other?.id === session.id) return { held: true } as const;
    if (other && !takeOver) return { held: false, person: other.person, since: other.since } as const;
    if (other) await this.#parts.dislodge(other, session);
    const { id, person, station } = session;
    await this.#book.put(station, { id, person, station, since: now });
    return { held: true, ...other ? { takenFrom: other.person } : {} } as const;
  }
}

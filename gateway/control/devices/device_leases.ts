import type { LeaseAnswer } from "../../core/device_link_api.ts";

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

/**
 * Who has a device that knows one login at a time. In memory only: sessions end with their Worker and their way, and a
 * lease is nothing without its session.
 */
export class DeviceLeases {
  readonly #parts: LeaseParts;
  readonly #held = new Map<string, LeaseSession & { readonly since: number }>();
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(parts: LeaseParts) {
    this.#parts = parts;
  }

  /** Takes the device for this session. `takenFrom` is set when somebody else lost it. */
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
  leave(session: string): void {
    for (const [station, { id }] of this.#held) if (id === session) this.#held.delete(station);
  }

  /** Who has a device now. */
  holder(station: string): (LeaseSession & { readonly since: number }) | undefined {
    const holder = this.#held.get(station);
    return holder && this.#parts.isAlive(holder.id) ? holder : undefined;
  }

  async #take(session: LeaseSession, takeOver: boolean, now: number) {
    const other = this.holder(session.station);
    if (other?.id === session.id) return { held: true } as const;
    if (other && !takeOver) return { held: false, person: other.person, since: other.since } as const;
    if (other) await this.#parts.dislodge(other, session);
    this.#held.set(session.station, { ...session, since: now });
    return { held: true, ...other ? { takenFrom: other.person } : {} } as const;
  }
}

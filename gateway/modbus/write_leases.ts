import { MODBUS_LIMITS } from "./limits.ts";

/** The right of one client to command one point of a unit. Times are monotonic milliseconds. */
export interface WriteLease {
  readonly unit: number;
  readonly point: string;
  readonly owner: string;
  readonly priority: number;
  /** Over when no write has come until then. */
  readonly endsAt: number;
  readonly ttlMs: number;
}

/** What is kept beyond the end of the process: who commands what, not since when. */
export type StoredLease = Omit<WriteLease, "endsAt">;

/** A point got another commander. */
export interface LeaseChange {
  readonly lease: WriteLease;
  /** Who commanded it until now; undefined: nobody. */
  readonly from: string | undefined;
}

/**
 * Who commands which point. Two energy managers that set one limit in turn are the worst of both; so the first one keeps a point
 * until its writes stop, or until one of higher priority comes. A device that takes no more commands is its own failsafe's
 * business: when an owner vanishes nothing is written in its place.
 */
export class WriteLeases {
  readonly #leases = new Map<string, WriteLease>();

  /** The lease of another client, as long as it holds. */
  ofOther(unit: number, point: string, owner: string, now: number): WriteLease | undefined {
    const lease = this.#leases.get(keyOf(unit, point));
    return lease && lease.endsAt > now && lease.owner !== owner ? lease : undefined;
  }

  /** Takes or renews a lease; says so when the point got another commander. Whether it may is policy's to know. */
  take(wanted: StoredLease, now: number): LeaseChange | undefined {
    const key = keyOf(wanted.unit, wanted.point);
    const before = this.#leases.get(key);
    const holder = before && before.endsAt > now ? before.owner : undefined;
    const lease: WriteLease = { ...wanted, endsAt: now + wanted.ttlMs };
    this.#leases.delete(key); // those renewed last stand last
    this.#leases.set(key, lease);
    if (this.#leases.size > MODBUS_LIMITS.writeLeases) this.#leases.delete(this.#leases.keys().next().value!);
    // One that is over was never given to another: its owner goes on.
    return before?.owner === wanted.owner ? undefined : { lease, from: holder };
  }

  /** Ends what a client took with a write that the device refused, unless it was written since. */
  giveBack({ lease }: LeaseChange): void {
    const key = keyOf(lease.unit, lease.point);
    if (this.#leases.get(key) === lease) this.#leases.delete(key);
  }

  /** Those that hold, in the order in which they were renewed. */
  held(now: number): readonly WriteLease[] {
    return [...this.#leases.values()].filter(({ endsAt }) => endsAt > now);
  }

  /**
   * Takes back what was stored before a restart. Nobody knows how long ago the last write was, so each holds for its whole
   * time once more: its owner goes on undisturbed, and whoever waits for its end waits once more at most.
   */
  restore(stored: readonly StoredLease[], now: number): void {
    for (const lease of stored.slice(0, MODBUS_LIMITS.writeLeases)) {
      const key = keyOf(lease.unit, lease.point);
      if (!this.#leases.has(key)) this.#leases.set(key, { ...lease, endsAt: now + lease.ttlMs });
    }
  }

  /** Forgets the points of units that are gone. */
  keepUnits(isThere: (unit: number) => boolean): void {
    for (const [key, { unit }] of this.#leases) {
      if (!isThere(unit)) this.#leases.delete(key);
    }
  }
}

const keyOf = (unit: number, point: string) => `${unit} ${point}`;

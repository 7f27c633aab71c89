import type { Ipv4 } from "./codec.ts";
import type { LeaseTable, Range } from "./lease.ts";

/** Milliseconds between two looks over a whole pool for addresses that have become free. */
const SCAN_MS = 1_000;

/**
 * Finds free addresses of a range: first those that nobody ever had, then those that are free for longest. A pool that is
 * being drained is looked over once a second, however many ask.
 */
export class AddressPool {
  readonly #range: Range;
  readonly #leases: LeaseTable;
  /** Addresses that are never given from here: of this box, of reservations. */
  readonly #isReserved: (address: Ipv4) => boolean;
  #fresh: Ipv4;
  #free: Ipv4[] = [];
  #scannedAt = -Infinity;

  constructor(range: Range, leases: LeaseTable, isReserved: (address: Ipv4) => boolean) {
    this.#range = range;
    this.#leases = leases;
    this.#isReserved = isReserved;
    this.#fresh = range.from;
  }

  /** An address that is free at `now` (wall) and not taken; undefined when there is none. */
  next(now: number, mono: number, isTaken: (address: Ipv4) => boolean): Ipv4 | undefined {
    for (; this.#fresh <= this.#range.to; this.#fresh++) {
      if (this.#leases.get(this.#fresh) || this.#isReserved(this.#fresh) || isTaken(this.#fresh)) continue;
      return this.#fresh++;
    }
    if (this.#free.length === 0 && mono - this.#scannedAt >= SCAN_MS) this.#scan(now, mono, isTaken);
    for (let address = this.#free.pop(); address !== undefined; address = this.#free.pop()) {
      if (!isTaken(address) && this.#isFree(address, now)) return address;
    }
    return undefined;
  }

  #scan(now: number, mono: number, isTaken: (address: Ipv4) => boolean): void {
    this.#scannedAt = mono;
    for (let address = this.#range.from; address <= this.#range.to; address++) {
      if (!isTaken(address) && this.#isFree(address, now)) this.#free.push(address);
    }
    const freeSince = (address: Ipv4) => this.#leases.get(address)?.expiresAt ?? 0;
    this.#free.sort((a, b) => freeSince(b) - freeSince(a) || b - a); // The longest free one is popped first.
  }

  #isFree(address: Ipv4, now: number): boolean {
    if (this.#isReserved(address)) return false;
    const lease = this.#leases.get(address);
    return !lease || lease.expiresAt <= now || lease.state === "released";
  }
}

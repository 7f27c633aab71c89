import type { Ipv4 } from "./codec.ts";
import type { Lease } from "../core/dhcp_api.ts";

export type { KnownDevice, Lease, LeaseKind } from "../core/dhcp_api.ts";

/** First and last address. */
export interface Range {
  readonly from: Ipv4;
  readonly to: Ipv4;
}

/** Whether an address lies in a range. */
export function isIn(address: Ipv4, range: Range | undefined): boolean {
  return range !== undefined && address >= range.from && address <= range.to;
}

/** Two kinds of time: wall for what is stored, monotonic for what is waited for; both in milliseconds. */
export interface Instant {
  readonly wall: number;
  readonly mono: number;
}

/** All leases of one zone, by address and by device. */
export class LeaseTable {
  readonly #byAddress = new Map<Ipv4, Lease>();
  readonly #byMac = new Map<string, Lease>();

  constructor(leases: Iterable<Lease> = []) {
    for (const lease of leases) this.put(lease);
  }

  get size(): number {
    return this.#byAddress.size;
  }

  get(address: Ipv4): Lease | undefined {
    return this.#byAddress.get(address);
  }

  /** The newest lease of a device, whatever its state. */
  of(mac: string): Lease | undefined {
    return this.#byMac.get(mac);
  }

  all(): Iterable<Lease> {
    return this.#byAddress.values();
  }

  put(lease: Lease): void {
    const before = this.#byAddress.get(lease.address);
    if (before && this.#byMac.get(before.mac) === before) this.#byMac.delete(before.mac);
    this.#byAddress.set(lease.address, lease);
    const other = this.#byMac.get(lease.mac);
    if (lease.state !== "declined" && (!other || other.renewedAt <= lease.renewedAt)) this.#byMac.set(lease.mac, lease);
  }

  remove(address: Ipv4): void {
    const lease = this.#byAddress.get(address);
    if (!lease) return;
    this.#byAddress.delete(address);
    if (this.#byMac.get(lease.mac) === lease) this.#byMac.delete(lease.mac);
  }

  /** Nobody else holds the address now; who had it before does not count. */
  isFreeFor(mac: string, address: Ipv4, now: number): boolean {
    const lease = this.#byAddress.get(address);
    if (!lease || lease.expiresAt <= now) return true;
    return lease.state === "released" || lease.state === "bound" && lease.mac === mac;
  }
}

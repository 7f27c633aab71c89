import type { Ipv4 } from "./codec.ts";
import type { LeaseKind } from "./lease.ts";
import { DHCP_LIMITS } from "./limits.ts";

/** An address held for a device: asked for by ARP first, then offered. Never stored: a starving client costs no disk. */
export interface Offer {
  readonly mac: string;
  readonly address: Ipv4;
  readonly kind: LeaseKind;
  readonly state: "probing" | "offered";
  /** Monotonic milliseconds: end of the probe, or of the offer. */
  readonly until: number;
  /** The session's own picture of who asked. */
  readonly asker: unknown;
}

/** All offers of a zone, one per device and per address. */
export class Offers {
  readonly #byMac = new Map<string, Offer>();
  readonly #byAddress = new Map<Ipv4, Offer>();

  of(mac: string): Offer | undefined {
    return this.#byMac.get(mac);
  }

  at(address: Ipv4): Offer | undefined {
    return this.#byAddress.get(address);
  }

  /** Takes the place of an older offer to the same device; false when there are too many, or the address is held. */
  add(offer: Offer): boolean {
    const holder = this.#byAddress.get(offer.address);
    if (holder && holder.mac !== offer.mac) return false;
    this.remove(offer.mac);
    if (this.#byMac.size >= DHCP_LIMITS.offers) return false;
    this.#byMac.set(offer.mac, offer);
    this.#byAddress.set(offer.address, offer);
    return true;
  }

  remove(mac: string): void {
    const offer = this.#byMac.get(mac);
    if (!offer) return;
    this.#byMac.delete(mac);
    this.#byAddress.delete(offer.address);
  }

  /** Probes that are over; old offers are forgotten on the way. */
  due(mono: number): readonly Offer[] {
    const over = [...this.#byMac.values()].filter(({ until }) => until <= mono);
    for (const { mac, state } of over) if (state === "offered") this.remove(mac);
    return over.filter(({ state }) => state === "probing");
  }
}

import type { Clock } from "../../core/clock.ts";
import type { DhcpFact } from "../../core/dhcp_api.ts";
import { KEYS } from "../../store/keys.ts";
import type { Mutation, Store } from "../../store/store.ts";
import { DHCP_BOOK_LIMITS } from "./limits.ts";

/** A device that asked for an address and is not known. Nothing in it is proven. */
export interface InboxDevice {
  readonly mac: string;
  readonly zone: string;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly count: number;
  readonly hostname?: string;
  readonly vendorClass?: string;
  readonly fingerprint?: string;
}

type Refused = Extract<DhcpFact, { readonly kind: "refused" }>;

/** Devices to be adopted. Bounded; written in groups, so that a flood of invented MACs does not wear the flash. */
export class DeviceInbox {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #devices = new Map<string, InboxDevice>();
  readonly #changed = new Set<string>();

  private constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Opens the inbox with what an earlier run left in the store. */
  static async open(store: Store, clock: Clock): Promise<DeviceInbox> {
    const inbox = new DeviceInbox(store, clock);
    const found: InboxDevice[] = [];
    for await (const { value } of store.list<InboxDevice>(KEYS.dhcpInbox)) found.push(value);
    for (const device of found.sort((a, b) => a.lastSeen - b.lastSeen)) inbox.#devices.set(device.mac, device);
    return inbox;
  }

  /** A device asked; `flush` writes it. */
  note({ mac, zone, hostname, vendorClass, fingerprint }: Omit<Refused, "kind" | "rule" | "reason">): void {
    const before = this.#devices.get(mac);
    const now = this.#clock.now();
    this.#devices.delete(mac); // Put back below: the map stays in the order of last sight.
    this.#devices.set(mac, {
      mac,
      zone,
      firstSeen: before?.firstSeen ?? now,
      lastSeen: now,
      count: (before?.count ?? 0) + 1,
      ...text("hostname", hostname),
      ...text("vendorClass", vendorClass),
      ...text("fingerprint", fingerprint),
    });
    this.#changed.add(mac);
    const oldest = this.#devices.size > DHCP_BOOK_LIMITS.inboxDevices ? this.#devices.keys().next().value : undefined;
    if (oldest === undefined) return;
    this.#devices.delete(oldest);
    this.#changed.add(oldest);
  }

  get(mac: string): InboxDevice | undefined {
    return this.#devices.get(mac);
  }

  /** All devices, the latest seen first. */
  all(): readonly InboxDevice[] {
    return [...this.#devices.values()].reverse();
  }

  async remove(mac: string): Promise<void> {
    this.#devices.delete(mac);
    this.#changed.delete(mac);
    await this.#store.commit([{ delete: [...KEYS.dhcpInbox, mac] }]);
  }

  /** Writes what has changed; after a failure it is tried again at the next turn. */
  async flush(): Promise<void> {
    const macs = [...this.#changed].slice(0, DHCP_BOOK_LIMITS.inboxDevices);
    if (macs.length === 0) return;
    for (const mac of macs) this.#changed.delete(mac);
    try {
      await this.#store.commit(macs.map((mac): Mutation => {
        const device = this.#devices.get(mac);
        const key = [...KEYS.dhcpInbox, mac];
        return device ? { set: key, value: device } : { delete: key };
      }));
    } catch (error) {
      for (const mac of macs) this.#changed.add(mac);
      throw error;
    }
  }
}

function text<K extends string>(key: K, value: string | undefined): { [key in K]?: string } {
  if (value === undefined) return {};
  return { [key]: value.slice(0, DHCP_BOOK_LIMITS.textChars) } as { [key in K]: string };
}

import { KEYS } from "../../store/keys.ts";
import type { Store } from "../../store/store.ts";
import type { AdoptedDevice } from "./known_devices.ts";

/** Devices that a person adopted; they count until site.yaml names their MAC or address. */
export class AdoptedDevices {
  readonly #store: Store;
  readonly #devices = new Map<string, AdoptedDevice>();

  private constructor(store: Store) {
    this.#store = store;
  }

  static async open(store: Store): Promise<AdoptedDevices> {
    const adopted = new AdoptedDevices(store);
    for await (const { value } of store.list<AdoptedDevice>(KEYS.dhcpDevice, { limit: 10_000 })) {
      adopted.#devices.set(nameOf(value), value);
    }
    return adopted;
  }

  all(): readonly AdoptedDevice[] {
    return [...this.#devices.values()];
  }

  of(mac: string): readonly AdoptedDevice[] {
    return this.all().filter((device) => device.mac === mac);
  }

  async add(device: AdoptedDevice): Promise<void> {
    await this.#store.commit([{ set: [...KEYS.dhcpDevice, device.zone, device.mac], value: device }]);
    this.#devices.set(nameOf(device), device);
  }

  async remove(device: AdoptedDevice): Promise<void> {
    await this.#store.commit([{ delete: [...KEYS.dhcpDevice, device.zone, device.mac] }]);
    this.#devices.delete(nameOf(device));
  }
}

const nameOf = ({ zone, mac }: Pick<AdoptedDevice, "zone" | "mac">) => `${zone} ${mac}`;

import type { Ipv4 } from "./codec.ts";
import type { KnownDevice } from "./lease.ts";

/** The known devices of a zone, by everything that proves one. */
export class KnownDevices {
  readonly #byMac = new Map<string, KnownDevice>();
  readonly #byClientId = new Map<string, KnownDevice>();
  readonly #byCircuit = new Map<string, KnownDevice>();
  readonly #byAddress = new Map<Ipv4, KnownDevice>();
  readonly #byName = new Map<string, KnownDevice>();

  constructor(devices: readonly KnownDevice[]) {
    for (const device of devices) {
      if (device.mac !== undefined) this.#byMac.set(device.mac.toLowerCase(), device);
      if (device.clientId !== undefined) this.#byClientId.set(device.clientId.toLowerCase(), device);
      if (device.circuitId !== undefined) this.#byCircuit.set(device.circuitId.toLowerCase(), device);
      if (device.address !== undefined) this.#byAddress.set(device.address, device);
      this.#byName.set(device.name, device);
    }
  }

  /** The device that a message is from. The port comes first: it cannot be invented by what is plugged in there. */
  find(
    mac: string,
    clientId: string | undefined,
    circuitId: string | undefined,
  ): KnownDevice | undefined {
    return (circuitId === undefined ? undefined : this.#byCircuit.get(circuitId)) ??
      this.#byMac.get(mac) ??
      (clientId === undefined ? undefined : this.#byClientId.get(clientId));
  }

  /** The device that an address is reserved for. */
  at(address: Ipv4): KnownDevice | undefined {
    return this.#byAddress.get(address);
  }

  /** MACs of all of them. */
  macs(): readonly string[] {
    return [...this.#byMac.keys()];
  }
}

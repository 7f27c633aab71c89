import { Ipv4 } from "./firewall.ts";
import { HAL_LIMITS } from "./limits.ts";
import { type Checked, list, object, oneOf, optional, text } from "./schema.ts";

const Mac = text({ min: 17, max: 17, form: /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/ });

/** A device that was heard on a port of the switch where only the box should be. */
export const HeardDevice = object({
  mac: Mac,
  leaks: list(oneOf(["arp", "ipv6", "multicast"]), 3),
  /** Its address, when it told it by ARP. */
  address: optional(Ipv4),
});
/** A device that was heard. */
export type HeardDevice = Checked<typeof HeardDevice>;

/** Addresses that a probe asks for. */
export const ProbeTargets = list(Ipv4, HAL_LIMITS.probeTargets);
/** Devices that a probe tells. */
export const HeardDevices = list(HeardDevice, HAL_LIMITS.probeDevices);

/** Tries from a spare interface what a station on its port of the switch could. */
export interface IsolationProbe {
  /** @throws HardwareError HAL_PACKET, HAL_NOT_CONFIGURED */
  probe(name: string, targets: readonly string[]): Promise<readonly HeardDevice[]>;
}

import { dhcpClassOf, QUARANTINED } from "../../profiles/dhcp_classes.ts";
import { addressBytes, type Ipv4 } from "./codec.ts";
import type { KnownDevice, LeaseKind } from "./lease.ts";
import { OPTION } from "./options.ts";
import type { ZoneConfig } from "./worker_config.ts";

/**
 * What a device may be told: the zone's values and the configured options, cut down to the allow-list of its class. The
 * class follows from the inventory, never from what the device says of itself.
 */
export function deviceOptions(
  config: ZoneConfig,
): (device: KnownDevice | undefined, kind: LeaseKind) => ReadonlyMap<number, Uint8Array> {
  const zone = zoneOptions(config);
  const further = config.options.map(({ vendor, code, hex }) => ({
    vendor: vendor?.toLowerCase(),
    code,
    value: bytes(hex),
  }));
  const byVendor = new Map<string, ReadonlyMap<number, Uint8Array>>();
  const make = (vendor: string | undefined, isQuarantined: boolean): ReadonlyMap<number, Uint8Array> => {
    const { options } = isQuarantined ? QUARANTINED : dhcpClassOf(vendor);
    const mine = further.filter((option) => option.vendor === undefined || option.vendor === vendor?.toLowerCase());
    const all = new Map([...zone, ...mine.map(({ code, value }) => [code, value] as const)]);
    return new Map([...all].filter(([code]) => options.includes(code)));
  };
  return (device, kind) => {
    const isQuarantined = kind === "quarantine";
    const key = isQuarantined ? "?" : device?.vendor ?? "";
    let options = byVendor.get(key);
    if (!options) byVendor.set(key, options = make(device?.vendor, isQuarantined));
    return device?.hostname === undefined || isQuarantined
      ? options
      : new Map([...options, [OPTION.hostname, new TextEncoder().encode(device.hostname)]]);
  };
}

function zoneOptions({ subnet, router, dns, ntp, domain }: ZoneConfig): Map<number, Uint8Array> {
  const mask: Ipv4 = subnet.bits === 0 ? 0 : 0xffffffff << 32 - subnet.bits >>> 0;
  const options = new Map<number, Uint8Array>([
    [OPTION.subnetMask, addressBytes(mask)],
    [OPTION.broadcast, addressBytes(subnet.to)],
  ]);
  if (router.length > 0) options.set(OPTION.router, addressBytes(...router));
  if (dns.length > 0) options.set(OPTION.dns, addressBytes(...dns));
  if (ntp.length > 0) options.set(OPTION.ntp, addressBytes(...ntp));
  if (domain !== undefined) options.set(OPTION.domain, new TextEncoder().encode(domain));
  return options;
}

function bytes(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) => parseInt(hex.slice(at * 2, at * 2 + 2), 16));
}

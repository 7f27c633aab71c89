import type { Site } from "../config/schema.ts";
import { isInRanges, networkOf } from "../../policies/ipv4.ts";
import type { SegmentedZone } from "../../policies/segmentation_model.ts";
import type { SegmentationConfig } from "./config.ts";

/** DHCP as far as the firewall is concerned: which zones, and where devices go that nobody knows. */
export interface DhcpZone {
  readonly zone: string;
  readonly mode: "server" | "relay" | "monitor";
  readonly quarantinePool?: string | undefined;
}

/** The zones with DHCP: the section itself and those under `more`. */
export function dhcpZones(site: Site): readonly DhcpZone[] {
  return site.dhcp ? [site.dhcp, ...site.dhcp.more] : [];
}

/** Zones as the firewall sees them. OT zones are IPv4 and have networks; an uplink may be anything. */
export function segmentedZones(site: Site, config: SegmentationConfig): SegmentedZone[] {
  return site.network.zones.map((zone) => {
    const kept = config.zones.find((one) => one.zone === zone.id);
    const addresses = [zone.address, ...kept?.addresses ?? []].filter((one) => one !== undefined);
    const v4 = addresses.filter((one) => networkOf(one) !== undefined);
    const isOt = zone.role === "ot";
    const pool = dhcpZones(site).find((one) => one.zone === zone.id)?.quarantinePool?.split("-");
    return {
      id: zone.id,
      role: zone.role,
      interface: zone.interface,
      box: v4.map((one) => one.split("/")[0]!),
      networks: zone.role === "uplink" ? [] : v4.map((one) => networkOf(one)!),
      ipv6: isOt ? kept?.ipv6 ?? "off" : "on",
      isolation: isOt ? kept?.isolation ?? "shared" : "shared",
      ...pool?.length === 2 ? { quarantine: [pool[0]!, pool[1]!] as const } : {},
    };
  });
}

/** The zone whose networks hold an address. */
export function zoneHolding(zones: readonly SegmentedZone[], address: string): SegmentedZone | undefined {
  return zones.find(({ networks }) => isInRanges(address, networks));
}

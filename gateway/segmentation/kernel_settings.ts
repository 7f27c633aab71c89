import type { KernelSetting } from "../../hal/firewall.ts";
import type { Segmentation, SegmentedZone } from "../../policies/segmentation_model.ts";

/**
 * What the kernel must do beside filtering: route between zones only where a flow or a group needs it, answer ARP for
 * isolated stations of one network, and keep IPv6 out where it is off. Pure; in the order of the zones.
 */
export function kernelSettings(segmentation: Segmentation): readonly KernelSetting[] {
  const routing = routingZones(segmentation);
  return segmentation.zones.flatMap((zone) => {
    const set = (key: KernelSetting["key"], value: 0 | 1) => ({ interface: zone.interface, key, value });
    const isRouting = routing.has(zone.id);
    return [
      set("ipv4.forwarding", isRouting ? 1 : 0),
      set("ipv4.send_redirects", 0),
      ...zone.role === "ot" ? [set("ipv4.proxy_arp_pvlan", isRouting && isDivided(zone) ? 1 : 0)] : [],
      ...zone.ipv6 === "off" ? [set("ipv6.disable_ipv6", 1)] : [],
      ...zone.ipv6 === "ra-guard" ? [set("ipv6.accept_ra", 0)] : [],
    ];
  });
}

/** Zones that packets pass between, or within by way of the box. */
export function routingZones({ flows, groups, zones, maintenanceFrom }: Segmentation): ReadonlySet<string> {
  const crossing = flows.flatMap(({ from, to }) => "box" in from || "box" in to ? [] : [from.zone, to.zone]);
  const grouped = groups.flatMap(({ members }) => members.map(({ zone }) => zone));
  const divided = new Set(zones.filter(isDivided).map(({ id }) => id));
  const spread = (zone: string) => divided.has(zone) || new Set(grouped).size > 1;
  const maintained = maintenanceFrom.length === 0 ? [] : zones.filter(({ role }) => role === "ot").map(({ id }) => id);
  return new Set([...crossing, ...grouped.filter(spread), ...maintenanceFrom, ...maintained]);
}

/** The switch keeps stations of one network apart: between them only the box can carry. */
function isDivided({ isolation }: SegmentedZone): boolean {
  return isolation === "private-vlan" || isolation === "protected-ports";
}

import type { Station } from "../inventory/config.ts";
import type { PeerGroup, PortRange, SegmentedZone } from "../../policies/segmentation_model.ts";
import { LOAD_MANAGEMENT_PORTS } from "../../profiles/vendor_ports.ts";
import type { SegmentationConfig } from "./config.ts";
import { zoneHolding } from "./derive_zones.ts";

/** A port as site.yaml has it. */
export function portRange(port: number | string): PortRange {
  const [first = 0, last = first] = String(port).split("-").map(Number);
  return [first, last];
}

/** Who talks with whom: parts of one unit by the inventory, load management as declared. */
export function peerGroups(
  config: SegmentationConfig,
  zones: readonly SegmentedZone[],
  stations: readonly Station[],
): PeerGroup[] {
  return [...unitGroups(zones, stations), ...loadManagement(config, zones, stations)];
}

/** Primary and secondary controller, cabinet and dispenser are one machine (EV-20): nothing between them is judged. */
function unitGroups(zones: readonly SegmentedZone[], stations: readonly Station[]): PeerGroup[] {
  const units = Map.groupBy(stations.filter(({ unit }) => unit !== undefined), ({ unit }) => unit!);
  return [...units].flatMap(([unit, parts]) => {
    const members = membersOf(zones, parts);
    if (members.length < 2) return [];
    const because = `parts of the unit ${unit}: ${parts.map(({ id, part }) => `${id} (${part})`).join(", ")}`;
    return [{ id: `unit.${unit}`, because, kind: "unit", members, ports: [[1, 65_535]], hasDiscovery: false }];
  });
}

function loadManagement(
  config: SegmentationConfig,
  zones: readonly SegmentedZone[],
  stations: readonly Station[],
): PeerGroup[] {
  return config.loadManagement.flatMap(({ id, stations: names, ports, discovery }) => {
    const members = membersOf(zones, stations.filter((station) => names.includes(station.id)));
    if (members.length < 2) return [];
    return [{
      id: `load-management.${id}`,
      because: `load management among ${names.join(", ")}`,
      kind: "load-management",
      members,
      ports: ports?.map(portRange) ?? [LOAD_MANAGEMENT_PORTS],
      hasDiscovery: discovery,
    }];
  });
}

/** Stations with an address in an OT zone; one without is reached by nobody anyway. */
function membersOf(zones: readonly SegmentedZone[], stations: readonly Station[]): PeerGroup["members"] {
  const ot = zones.filter(({ role }) => role === "ot");
  const found = stations.flatMap(({ address }) => {
    const zone = address === undefined ? undefined : zoneHolding(ot, address);
    return zone ? [{ zone: zone.id, address: address! }] : [];
  });
  return [...new Map(found.map((member) => [member.address, member])).values()];
}

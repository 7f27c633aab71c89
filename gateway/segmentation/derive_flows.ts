import { type NamedEnd, parseEnd } from "../config/flow_end.ts";
import type { Station } from "../inventory/config.ts";
import type { Flow, FlowEnd, FlowProtocol, SegmentedZone } from "../../policies/segmentation_model.ts";
import type { SegmentationConfig } from "./config.ts";
import { portRange } from "./derive_groups.ts";
import { zoneHolding } from "./derive_zones.ts";

/** The flows that the site declares, one per protocol and pair of zones. An end that nobody stands at gives none. */
export function siteFlows(
  config: SegmentationConfig,
  zones: readonly SegmentedZone[],
  stations: readonly Station[],
): Flow[] {
  return config.flows.flatMap(({ id, because, from, to, tcp, udp, ping }) => {
    const protocols: [FlowProtocol, Flow["ports"]][] = [
      ...tcp ? [["tcp", tcp.map(portRange)] as [FlowProtocol, Flow["ports"]]] : [],
      ...udp ? [["udp", udp.map(portRange)] as [FlowProtocol, Flow["ports"]]] : [],
      ...ping ? [["ping", undefined] as [FlowProtocol, undefined]] : [],
    ];
    const pairs = endsOf(parseEnd(from)!, zones, stations).flatMap((source) =>
      endsOf(parseEnd(to)!, zones, stations).map((target) => [source, target] as const)
    );
    return pairs.flatMap(([source, target]) =>
      protocols.map(([protocol, ports]) => ({
        id: pairs.length * protocols.length > 1
          ? `flow.${id}.${shown(source)}-${shown(target)}.${protocol}`
          : `flow.${id}`,
        because,
        from: source,
        to: target,
        protocol,
        ...ports ? { ports } : {},
      }))
    );
  });
}

/** Where the hosts of a named end stand, by zone. */
function endsOf(end: NamedEnd, zones: readonly SegmentedZone[], stations: readonly Station[]): FlowEnd[] {
  switch (end.kind) {
    case "box":
      return [{ box: true }];
    case "zone":
      return [{ zone: end.name }];
    case "hosts":
      return [{ zone: end.zone, hosts: [end.hosts] }];
    case "station":
    case "unit":
    case "vendor":
      return stationEnds(
        stations.filter((one) => (end.kind === "station" ? one.id : one[end.kind]) === end.name),
        zones,
      );
  }
}

function stationEnds(stations: readonly Station[], zones: readonly SegmentedZone[]): FlowEnd[] {
  const ot = zones.filter(({ role }) => role === "ot");
  const placed = stations.flatMap(({ address }) => {
    const zone = address === undefined ? undefined : zoneHolding(ot, address);
    return zone ? [{ zone: zone.id, address: address! }] : [];
  });
  const byZone = Map.groupBy(placed, ({ zone }) => zone);
  return [...byZone].map(([zone, hosts]) => ({ zone, hosts: [...new Set(hosts.map(({ address }) => address))] }));
}

const shown = (end: FlowEnd) => "box" in end ? "box" : end.zone;

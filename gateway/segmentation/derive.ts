import type { Site } from "../config/schema.ts";
import type { Station } from "../inventory/config.ts";
import { VENDOR_PORTS } from "../../profiles/vendor_ports.ts";
import type { PortRange, Redirect, Segmentation } from "../../policies/segmentation_model.ts";
import { siteFlows } from "./derive_flows.ts";
import { peerGroups } from "./derive_groups.ts";
import { impliedFlows } from "./derive_services.ts";
import { segmentedZones } from "./derive_zones.ts";
import type { SegmentationConfig } from "./config.ts";

/** Bytes of IPv4 and TCP headers: what a segment leaves free of the largest packet. */
const HEADER_BYTES = 40;

/**
 * Makes the segmentation of a site from its configuration and inventory. Pure. What a listener, a CSMS, a line or a
 * receiver needs is implied by its own key; only what nothing implies is declared under `segmentation`.
 */
export function deriveSegmentation(site: Site, stations: readonly Station[]): Segmentation {
  const config = segmentationOf(site);
  const zones = segmentedZones(site, config);
  const { uplink } = site.network;
  const uplinkZone = zones.find(({ id }) => id === uplink?.zone);
  return {
    zones,
    flows: [...impliedFlows(site, zones), ...siteFlows(config, zones, stations)],
    groups: peerGroups(config, zones, stations),
    redirects: [...redirects(config), ...pingTargets(config, zones)],
    maintenancePorts: maintenancePorts(),
    maintenanceFrom: config.maintenanceFrom,
    segmentSizes: uplink?.mtu !== undefined && uplinkZone
      ? [{ interface: uplinkZone.interface, bytes: uplink.mtu - HEADER_BYTES }]
      : [],
  };
}

/** The site's segmentation section. @throws TypeError when there is none */
export function segmentationOf(site: Site): SegmentationConfig {
  if (!site.segmentation) throw new TypeError("site.yaml has no segmentation");
  return site.segmentation;
}

function redirects(config: SegmentationConfig): Redirect[] {
  return config.redirect.map(({ id, zone, tcp, udp, addresses, to }) => {
    const [address = "", port = "0"] = to.split(":");
    return {
      id: `redirect.${id}`,
      because: `hard-coded by stations, answered at ${to}`,
      zone,
      protocol: tcp === undefined ? "udp" : "tcp",
      addresses,
      port: tcp ?? udp ?? 0,
      to: { address, port: Number(port) },
    };
  });
}

/** Stations that ping somewhere to see whether they are online get their answer here. */
function pingTargets(config: SegmentationConfig, zones: Segmentation["zones"]): Redirect[] {
  return zones.filter(({ role }) => role === "ot").flatMap((zone) =>
    config.pingTargets.map((target) => ({
      id: `ping.${zone.id}.${target}`,
      because: "stations ping it to see whether they are online",
      zone: zone.id,
      protocol: "ping" as const,
      addresses: [target],
      to: { address: zone.box[0]! },
    }))
  );
}

/** TCP ports of shells and file transfer on the stations of any vendor, neighbouring ones joined. */
function maintenancePorts(): PortRange[] {
  const ports = VENDOR_PORTS.flatMap((vendor) => vendor.ports).filter(({ use, udp }) => use === "maintenance" && !udp);
  const sorted = [...new Set(ports.map(({ port }) => port))].toSorted((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const port of sorted) {
    const last = ranges.at(-1);
    if (last?.[1] === port - 1) last[1] = port;
    else ranges.push([port, port]);
  }
  return ranges;
}

import { isInside } from "../config/ip.ts";
import { dhcpScopes } from "../config/dhcp_scopes.ts";
import type { Site } from "../config/schema.ts";
import type { Lease } from "../core/dhcp_api.ts";
import type { AskedName } from "../core/dns_api.ts";
import { describeError, HardwareError } from "../core/errors.ts";
import type { DnsFeature } from "../dns/control/feature.ts";
import { hintOf } from "../dns/control/commands.ts";
import { addressText } from "../inventory/dhcp/address_text.ts";
import type { DhcpFeature } from "../inventory/dhcp/feature.ts";
import { isInForce } from "../inventory/dhcp/station_leases.ts";
import type { ConnectionTimes } from "../inventory/station_commands.ts";
import type { Stations } from "../inventory/stations.ts";
import type { WhyStep } from "../inventory/why.ts";
import { networkSteps } from "../inventory/why_network.ts";
import type { PlacedStation } from "../switches/control/station_ports.ts";
import type { SwitchFeature } from "../switches/control/feature.ts";
import type { ControlContext } from "./contract.ts";
import type { Foundation } from "./foundation.ts";

type Station = Site["stations"][number];

/** What is asked of the other features. */
export interface NetworkSources {
  readonly context: ControlContext;
  readonly hald: Foundation["hald"];
  readonly stations: Pick<Stations, "all">;
  readonly dhcp: Pick<DhcpFeature, "leases" | "sights">;
}

/** Stations with what DHCP knows of them, for those that know stations by address or by MAC. */
export interface StationNetwork {
  /** With the address of their lease where site.yaml gives them none. */
  addressed(): Promise<readonly Station[]>;
  /** With their MAC: the configured one, else that of their lease, else whoever answers for their address. */
  placed(): Promise<readonly PlacedStation[]>;
  /** The steps of `why` from the cable to names. */
  steps(
    of: { readonly switches: Pick<SwitchFeature, "portOf">; readonly dns: Pick<DnsFeature, "refused"> },
    station: Station,
    times: ConnectionTimes,
  ): Promise<readonly WhyStep[]>;
}

/** Joins inventory, DHCP, DNS and switches: none of them knows the others. */
export function stationNetwork(sources: NetworkSources): StationNetwork {
  const { context, dhcp, stations } = sources;
  return {
    addressed: async () => {
      const leases = await dhcp.leases();
      return stations.all().map((station) => withAddress(station, leases.get(station.id), context.clock.now()));
    },
    placed: async () => {
      const leases = await dhcp.leases();
      const own = stations.all().filter(({ access }) => access !== "usb-only");
      return await Promise.all(own.map((station) => place(sources, station, leases.get(station.id))));
    },
    steps: async ({ switches, dns }, station, times) => {
      const lease = (await dhcp.leases()).get(station.id);
      const placed = await place(sources, station, lease);
      const [refused] = dns.refused(station.id);
      const asked = await askedOf(context, placed.address);
      const conflict = conflictOf(sources, placed.address);
      return networkSteps({
        ...{ stationId: station.id, now: context.clock.now(), ...times, port: switches.portOf(placed) },
        hasDhcp: hasDhcp(context.site, placed.address),
        hasDns: context.site.dns !== undefined,
        ...lease ? { lease } : {},
        ...asked ? { asked } : {},
        ...conflict === undefined ? {} : { conflict },
        ...refused ? { refused: { ...refused, howToAllow: hintOf(refused) } } : {},
      });
    },
  };
}

function withAddress(station: Station, lease: Lease | undefined, now: number): Station {
  if (station.address !== undefined || !lease || !isInForce(lease, now)) return station;
  return { ...station, address: addressText(lease.address) };
}

async function place({ context, hald }: NetworkSources, station: Station, lease?: Lease): Promise<PlacedStation> {
  const { id, address = lease && addressText(lease.address) } = station;
  const mac = station.mac?.toLowerCase() ?? lease?.mac ?? await neighbourOf(hald, context, address);
  return { id, ...mac === undefined ? {} : { mac }, ...address === undefined ? {} : { address } };
}

/** Whoever answers for an address; not known while hald is away. */
async function neighbourOf(
  hald: NetworkSources["hald"],
  { log }: ControlContext,
  address: string | undefined,
): Promise<string | undefined> {
  if (!hald?.state.connected || address === undefined) return undefined;
  try {
    return (await hald.call("net.neighbour", { address })).mac;
  } catch (error) {
    if (!(error instanceof HardwareError)) throw error;
    log.debug("stations.neighbour.unknown", { msg: describeError(error) });
    return undefined;
  }
}

/** A station without an address may be in any zone with DHCP. */
function hasDhcp({ dhcp, network: { zones } }: Site, address: string | undefined): boolean {
  return dhcpScopes(dhcp).some(({ scope }) => {
    const zone = zones.find(({ id }) => id === scope.zone);
    return address === undefined || zone?.address === undefined || isInside(address, zone.address);
  });
}

async function askedOf({ site, workers, log }: ControlContext, source?: string): Promise<AskedName | undefined> {
  if (!site.dns || source === undefined) return undefined;
  try {
    return (await workers.get("dns").call("dns.asked", { source })).asked;
  } catch (error) {
    log.warn("stations.why.incomplete", { worker: "dns", msg: describeError(error) }); // it may just be restarting
    return undefined;
  }
}

/** The subject of a conflict is "ZONE ADDRESS". */
function conflictOf({ dhcp }: NetworkSources, address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  return dhcp.sights().find(({ kind, subject }) => kind === "conflict" && subject.endsWith(` ${address}`))?.detail;
}

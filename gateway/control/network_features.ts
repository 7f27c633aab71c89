import { createDnsFeature } from "../dns/control/feature.ts";
import { createDhcpFeature } from "../inventory/dhcp/feature.ts";
import type { StationParts } from "../inventory/station_commands.ts";
import { createSwitchFeature } from "../switches/control/feature.ts";
import type { ControlFeature } from "./contract.ts";
import type { Foundation } from "./foundation.ts";
import { stationNetwork } from "./station_network.ts";

/** DHCP, DNS and switches: what is below a station's connection, and what `why` says of it. */
export async function createNetworkFeatures(
  { context, hald }: Pick<Foundation, "context" | "hald">,
  { stations, network: slot }: Pick<StationParts, "network" | "stations">,
): Promise<readonly ControlFeature[]> {
  const dhcp = await createDhcpFeature(context, stations);
  const network = stationNetwork({ context, hald, stations, dhcp });
  const dns = await createDnsFeature(context, network.addressed);
  const switches = await createSwitchFeature({ context, hald, stations: network.placed });
  slot.steps = (station, times) => network.steps({ switches, dns }, station, times);
  return [dhcp, dns, switches];
}

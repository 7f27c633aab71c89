import { dhcpScopes, ipv4Number, subnetNumbers } from "../../config/dhcp_scopes.ts";
import type { Site } from "../../config/schema.ts";
import type { KnownDevice } from "../../core/dhcp_api.ts";
import type { Station } from "../config.ts";

/** A device that was adopted by command. */
export interface AdoptedDevice {
  readonly zone: string;
  readonly mac: string;
  readonly name: string;
  /** Unsigned 32-bit number; absent: from the pool. */
  readonly address?: number;
  readonly at: number;
  readonly by: string;
}

/**
 * Who may have an address in each zone with DHCP: stations with their address or, without one, with their MAC in any zone;
 * reservations; devices adopted by command. site.yaml wins over what was adopted.
 */
export function knownDevices(
  site: Site,
  stations: readonly Station[],
  adopted: readonly AdoptedDevice[],
): Readonly<Record<string, readonly KnownDevice[]>> {
  return Object.fromEntries(
    dhcpScopes(site.dhcp).map(({ scope }) => {
      const net = subnetNumbers(site.network.zones.find(({ id }) => id === scope.zone)?.address);
      const own = stations.flatMap((station) => stationDevice(station, net));
      const reserved = scope.reservations.map((entry): KnownDevice => {
        const station = stations.find(({ id }) => id === entry.station);
        return {
          name: entry.station ?? entry.hostname ?? entry.address,
          isStation: station !== undefined,
          address: ipv4Number(entry.address)!,
          ...pick("mac", entry.mac?.toLowerCase()),
          ...pick("clientId", entry.clientId?.toLowerCase()),
          ...pick("circuitId", entry.circuitId?.toLowerCase()),
          ...pick("hostname", entry.hostname),
          ...pick("vendor", station?.vendor),
        };
      });
      const configured = [...own, ...reserved];
      const taken = (device: AdoptedDevice) =>
        configured.some(({ mac, address }) =>
          mac === device.mac || address !== undefined && address === device.address
        );
      const further = adopted.filter((device) => device.zone === scope.zone && !taken(device)).map((
        device,
      ): KnownDevice => ({
        name: device.name,
        isStation: stations.some(({ id }) => id === device.name),
        mac: device.mac,
        ...pick("address", device.address),
      }));
      return [scope.zone, [...configured, ...further]];
    }),
  );
}

function stationDevice(station: Station, net: ReturnType<typeof subnetNumbers>): KnownDevice[] {
  if (station.mac === undefined || station.access === "usb-only") return [];
  const address = station.address === undefined ? undefined : ipv4Number(station.address);
  const isHere = address !== undefined && net !== undefined && address >= net.from && address <= net.to;
  if (station.address !== undefined && !isHere) return [];
  return [{
    name: station.id,
    isStation: true,
    mac: station.mac.toLowerCase(),
    ...pick("address", address),
    ...pick("vendor", station.vendor),
  }];
}

function pick<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : { [key]: value } as { [key in K]: V };
}

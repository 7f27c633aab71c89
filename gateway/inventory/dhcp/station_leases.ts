import type { Site } from "../../config/schema.ts";
import { dhcpScopes } from "../../config/dhcp_scopes.ts";
import type { KnownDevice, Lease } from "../../core/dhcp_api.ts";
import type { LeaseBook } from "./lease_book.ts";

/** The newest lease of each station, by its id: bound or over, as the book has it. */
export async function stationLeases(
  site: Pick<Site, "dhcp">,
  book: LeaseBook,
  known: Readonly<Record<string, readonly KnownDevice[]>>,
): Promise<ReadonlyMap<string, Lease>> {
  const found = new Map<string, Lease>();
  for (const { scope: { zone } } of dhcpScopes(site.dhcp)) {
    const stations = (known[zone] ?? []).filter(({ isStation }) => isStation);
    const byMac = new Map(stations.flatMap(({ mac, name }) => mac === undefined ? [] : [[mac, name] as const]));
    const byAddress = new Map(
      stations.flatMap(({ address, name }) => address === undefined ? [] : [[address, name] as const]),
    );
    for (const lease of await book.ofZone(zone)) {
      const reserved = lease.kind === "reservation" ? byAddress.get(lease.address) : undefined;
      const station = byMac.get(lease.mac) ?? reserved;
      if (station === undefined || lease.state === "declined") continue;
      if (lease.renewedAt > (found.get(station)?.renewedAt ?? -1)) found.set(station, lease);
    }
  }
  return found;
}

/** Whether a lease gives its device the address now. */
export function isInForce({ state, expiresAt }: Lease, now: number): boolean {
  return state === "bound" && expiresAt > now;
}

import { addressText } from "./address_text.ts";
import { entryEraser, type LeavingStation, type StationEraser } from "../../store/station_eraser.ts";

const hasMac = (value: unknown, { macs }: LeavingStation): boolean =>
  macs.includes((value as { readonly mac: string }).mac.toLowerCase());

/** Leases and devices: known by the MAC of the station, leases by its address too. */
export const DHCP_ERASERS: readonly StationEraser[] = [
  entryEraser({
    name: "dhcp.leases",
    holds: "its leases, with what it calls itself",
    prefix: "dhcpLease",
    isOf: ({ value }, station) =>
      hasMac(value, station) ||
      station.addresses.includes(addressText((value as { readonly address: number }).address)),
  }),
  entryEraser({
    name: "dhcp.devices",
    holds: "its reservation, when a command made it",
    prefix: "dhcpDevice",
    isOf: ({ value }, station) => hasMac(value, station) || (value as { readonly name: string }).name === station.id,
  }),
  entryEraser({
    name: "dhcp.inbox",
    holds: "its attempts to get an address before it was known",
    prefix: "dhcpInbox",
    isOf: ({ value }, station) => hasMac(value, station),
  }),
];

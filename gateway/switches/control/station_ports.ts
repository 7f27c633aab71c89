import { judgeStationPort, type StationPortVerdict } from "../../../policies/switch_port.ts";
import { isInside } from "../../config/ip.ts";
import type { Site } from "../../config/schema.ts";
import type { SwitchBook } from "./switch_book.ts";

/** A station as far as its place is concerned. */
export interface PlacedStation {
  readonly id: string;
  /** Configured, or by the lease of its address; absent: not known. */
  readonly mac?: string;
  readonly address?: string;
}

/** Judges where a station stands, for `why` and the pages. */
export function stationPort(site: Site, book: SwitchBook, station: PlacedStation): StationPortVerdict {
  const ids = (site.switches ?? []).map(({ id }) => id);
  const { mac } = station;
  const place = mac === undefined ? undefined : book.placeOf(mac, ids);
  const last = book.portOf(station.id);
  const isUp = last && book.isUp(last);
  const zoneVlan = vlanOf(site, station.address);
  return judgeStationPort({
    isRead: ids.length > 0,
    ...mac === undefined ? {} : { mac },
    ...place ? { place } : {},
    ...last
      ? {
        last: {
          switch: last.switch,
          port: last.port,
          at: new Date(last.since).toISOString(),
          ...isUp === undefined ? {} : { isUp },
        },
      }
      : {},
    ...zoneVlan === undefined ? {} : { zoneVlan },
    away: book.all(ids).filter(({ fault }) => fault !== undefined).map(({ id }) => id),
  });
}

/** A zone on "eth0.20" is VLAN 20; one on a plain interface is whatever the switch makes of it. */
function vlanOf({ network: { zones } }: Site, address: string | undefined): number | undefined {
  const zone = zones.find((one) =>
    one.address !== undefined && address !== undefined && isInside(address, one.address)
  );
  const [, vlan] = /\.([1-9]\d{0,3})$/.exec(zone?.interface ?? "") ?? [];
  return vlan === undefined ? undefined : Number(vlan);
}

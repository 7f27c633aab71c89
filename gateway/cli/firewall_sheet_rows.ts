import { isHostName, isLoopback, isWildcard, parseIp } from "../config/ip.ts";
import type { Site } from "../config/schema.ts";
import { isInRanges, networkOf } from "../../policies/ipv4.ts";
import { proxyFor } from "../uplink/settings.ts";
import { dialAddresses, listenAddresses, type SiteAddress } from "../segmentation/site_addresses.ts";

/** One line of the change request for the site's own firewall. */
export interface SheetRow {
  readonly direction: "in" | "out";
  readonly source: string;
  readonly destination: string;
  readonly port: number;
  /** Absent: the one port. */
  readonly lastPort?: number;
  readonly protocol: "tcp" | "udp";
  readonly purpose: string;
  /** How `firewall-sheet` can try it from this box; none: a range of ports, or a host that only a secret's file names. */
  readonly probe: {
    readonly kind: "connect" | "names" | "none" | "switch" | "time";
    readonly host: string;
    readonly port: number;
  };
}

/** The most names of purposes that one row lists. */
const PURPOSES = 4;

/**
 * What the site's own firewall must let through for this box: everything that leaves by an uplink or management zone, and
 * what people and energy managers reach. Stations are in no row: they have no way out (T6).
 */
export function firewallSheet(site: Site): readonly SheetRow[] {
  return merged([...outRows(site), ...nameRows(site), ...timeRows(site), ...switchRows(site), ...inRows(site)]);
}

function outRows(site: Site): SheetRow[] {
  const { uplink } = site.network;
  return dialAddresses(site).filter(({ host }) => !isInside(site, host)).flatMap((at) => {
    const isProxy = at.key === "network.uplink.proxy.url";
    const proxy = uplink?.proxy && { host: "", port: 0, tls: false };
    const viaProxy = at.isProxied && !at.key.startsWith("dns.") &&
      proxyFor({ ...proxy ? { proxy } : {}, bypass: uplink?.proxy?.bypass ?? [] }, at.host) !== undefined;
    if (viaProxy && !isProxy) return [];
    const isTriable = at.lastPort === undefined && at.host !== "";
    const purpose = isProxy ? "proxy of the uplink" : purposeOf(at);
    const row = out(site, at.host, at.port, "tcp", purpose, isTriable ? "connect" : "none");
    const range = at.lastPort === undefined ? {} : { lastPort: at.lastPort };
    return [{ ...row, ...range, destination: at.host === "" ? "the mail server" : at.host }];
  });
}

function out(
  site: Site,
  host: string,
  port: number,
  protocol: "tcp" | "udp",
  purpose: string,
  kind: SheetRow["probe"]["kind"],
): SheetRow {
  return {
    direction: "out",
    source: boxText(site, host),
    destination: host,
    port,
    protocol,
    purpose,
    probe: { kind, host, port },
  };
}

/** Names are looked up by the box's own resolver, unless nothing is named by a name. */
function nameRows(site: Site): SheetRow[] {
  const named = dialAddresses(site).find(({ host }) =>
    parseIp(host) === undefined && isHostName(host) && host !== "localhost"
  );
  if (!named) return [];
  const row = (protocol: "tcp" | "udp") => ({
    ...out(site, "the site's resolver", 53, protocol, "names of the hosts in this list", "names"),
    probe: { kind: "names" as const, host: named.host, port: 53 },
  });
  return [row("udp"), row("tcp")];
}

function timeRows(site: Site): SheetRow[] {
  return (site.time?.upstream ?? []).flatMap(({ nts, ntp, port }) => {
    const host = nts ?? ntp;
    if (host === undefined) return [];
    const keys = nts === undefined ? [] : [out(site, host, port ?? 4_460, "tcp", "time: keys of NTS", "connect")];
    return [...keys, out(site, host, 123, "udp", "time: NTP", "time")];
  });
}

/** Switches whose management is beyond the site's firewall. */
function switchRows(site: Site): SheetRow[] {
  return (site.switches ?? []).filter(({ address }) => !isInside(site, address)).map(({ id, address, port }) =>
    out(site, address, port, "udp", `switch ${id}, read only (SNMP)`, "switch")
  );
}

/** Listeners outside of the OT zones; stations reach theirs without passing the site's firewall. */
function inRows(site: Site): SheetRow[] {
  return listenAddresses(site).flatMap((at) => {
    if (isLoopback(at.host)) return [];
    const zone = site.network.zones.find(({ address }) => address?.split("/")[0] === at.host);
    if (zone?.role === "ot" || (!zone && !isWildcard(at.host))) return [];
    const listener = site.modbus?.listeners.find(({ id }) => at.key === `modbus.listeners.${id}.listen`);
    const people = zone?.address === undefined ? "any" : networkOf(zone.address) ?? "any";
    return at.protocols.map((protocol): SheetRow => ({
      direction: "in",
      source: listener?.sources?.join(", ") ?? people,
      destination: isWildcard(at.host) ? "this box" : at.host,
      port: at.port,
      ...at.lastPort === undefined ? {} : { lastPort: at.lastPort },
      protocol,
      purpose: purposeOf(at),
      probe: {
        kind: at.lastPort === undefined ? "connect" : "none",
        host: isWildcard(at.host) ? "127.0.0.1" : at.host,
        port: at.port,
      },
    }));
  });
}

/** In an OT zone, or the box itself: no firewall of the site is in between. */
function isInside({ network, segmentation }: Site, host: string): boolean {
  const networks = network.zones.filter(({ role }) => role === "ot").flatMap(({ id, address }) => [
    ...address === undefined ? [] : [address],
    ...segmentation?.zones.find(({ zone }) => zone === id)?.addresses ?? [],
  ]);
  return host === "localhost" || isLoopback(host) || isInRanges(host, networks);
}

/** The box's address on the side where the destination is. */
function boxText({ network: { zones, uplink } }: Site, host: string): string {
  const own =
    zones.find(({ role, address }) => role !== "ot" && address !== undefined && isInRanges(host, [address])) ??
      zones.find(({ id }) => id === uplink?.zone) ?? zones.find(({ role }) => role === "uplink");
  return own?.address?.split("/")[0] ?? "this box";
}

const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^ocpp\.csms\.(.+)\.url$/, "OCPP to the CSMS $1"],
  [/^console\./, "console and device pages for people"],
  [/^modbus\.listeners\.(.+)\.listen$/, "Modbus for $1"],
  [/^modbus\.lines\.(.+)\.tcp$/, "Modbus line $1"],
  [/^audit\.syslog\./, "audit records to the SIEM (syslog over TLS)"],
  [/^notify\.smtpFile/, "alarms by mail"],
  [/^notify\./, "alarms"],
  [/^telemetry\.otlp\./, "metrics (OTLP)"],
  [/^telemetry\.metricsListen/, "metrics for Prometheus"],
  [/^backup\./, "sealed backups"],
  [/^pki\.acme\./, "certificate of the console (ACME)"],
  [/^people\./, "login of people (identity provider)"],
  [/^dns\./, "names for stations, encrypted"],
  [/^dhcp\./, "central DHCP in TLS"],
  [/^firmware\..*-data$/, "firmware and logs by FTP, data connections"],
  [/^firmware\.uploadHosts\./, "logs of stations to the CSMS"],
  [/^firmware\./, "firmware"],
  [/^store\./, "shared store"],
];

/** What an address is for, in the words of whoever has to approve it. */
function purposeOf({ key }: SiteAddress): string {
  for (const [form, words] of WORDS) {
    const found = form.exec(key);
    if (found) return words.replace("$1", found[1] ?? "");
  }
  return key;
}

/** One row for one hole: purposes that share it stand together. */
function merged(rows: readonly SheetRow[]): SheetRow[] {
  const byHole = Map.groupBy(
    rows,
    (row) => [row.direction, row.source, row.destination, row.protocol, row.port, row.lastPort].join(" "),
  );
  return [...byHole.values()].map((same) => {
    const purposes = [...new Set(same.map(({ purpose }) => purpose))];
    const more = purposes.length > PURPOSES ? ` and ${purposes.length - PURPOSES} more` : "";
    return { ...same[0]!, purpose: purposes.slice(0, PURPOSES).join("; ") + more };
  });
}

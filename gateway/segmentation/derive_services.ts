import { isLoopback, isWildcard, parseIp } from "../config/ip.ts";
import type { Site } from "../config/schema.ts";
import type { Flow, FlowEnd, FlowProtocol, SegmentedZone } from "../../policies/segmentation_model.ts";
import { probedPorts } from "../../profiles/vendor_ports.ts";
import { dhcpZones, zoneHolding } from "./derive_zones.ts";
import { dialAddresses, listenAddresses, type SiteAddress } from "./site_addresses.ts";

/** Flows that other keys of site.yaml imply: what the box serves, what it connects to, what it needs to stand there. */
export function impliedFlows(site: Site, zones: readonly SegmentedZone[]): Flow[] {
  return [
    ...served(site, zones),
    ...dialled(site, zones),
    ...dhcp(site, zones),
    ...time(site, zones),
    ...switches(site, zones),
    ...probes(site, zones),
    ...system(zones),
  ];
}

function flow(
  id: string,
  because: string,
  ends: readonly [FlowEnd, FlowEnd],
  protocol: FlowProtocol,
  first: number,
  last = first,
): Flow {
  return { id, because, from: ends[0], to: ends[1], protocol, ports: [[first, last]] };
}

/** "ocpp.csms.main.url csms.example:443": what a flow is for, by the key that implies it. */
function because({ key, host, port, lastPort }: SiteAddress): string {
  const ports = lastPort === undefined ? String(port) : `${port}-${lastPort}`;
  return `${key} ${host === "" ? "any host" : host}:${ports}`;
}

/** Listeners: reachable from the zone of their address; on every address, from every zone. */
function served(site: Site, zones: readonly SegmentedZone[]): Flow[] {
  return listenAddresses(site).flatMap((at) =>
    zonesOf(at, zones).flatMap((zone) =>
      at.protocols.map((protocol) => {
        const box: FlowEnd = isWildcard(at.host) ? { box: true } : { box: true, at: at.host };
        const sources = sourcesOf(site, at);
        const from: FlowEnd = sources ? { zone: zone.id, hosts: sources } : { zone: zone.id };
        return flow(
          `${at.key}.${zone.id}.${protocol}`,
          because(at),
          [from, box],
          protocol,
          at.port,
          at.lastPort,
        );
      })
    )
  );
}

/** Where a listener can be reached. An IPv6 address stands on no OT zone. */
function zonesOf({ host }: SiteAddress, zones: readonly SegmentedZone[]): readonly SegmentedZone[] {
  if (isLoopback(host)) return [];
  if (isWildcard(host)) return zones;
  const own = zones.find(({ box }) => box.includes(host));
  return own ? [own] : [];
}

/** Listeners of Modbus say who may connect; the firewall says it first. */
function sourcesOf(site: Site, { key }: SiteAddress): readonly string[] | undefined {
  const listener = site.modbus?.listeners.find(({ id }) => key === `modbus.listeners.${id}.listen`);
  return listener?.sources?.filter((source) => parseIp(source.split("/")[0]!)?.length === 4);
}

/** CSMS, receivers, lines, stores: an address stands in its zone, a name may stand behind any zone but the stations'. */
function dialled(site: Site, zones: readonly SegmentedZone[]): Flow[] {
  return dialAddresses(site).flatMap((at) => {
    if (isLoopback(at.host) || at.host === "localhost") return [];
    const isAddress = parseIp(at.host)?.length === 4;
    const own = isAddress ? zoneHolding(zones, at.host) : undefined;
    const targets = own ? [own] : zones.filter(({ role }) => role !== "ot");
    const hosts = isAddress ? { hosts: [at.host] } : {};
    return targets.map((zone) =>
      flow(
        `${at.key}.${zone.id}`,
        because(at),
        [{ box: true }, { zone: zone.id, ...hosts }],
        "tcp",
        at.port,
        at.lastPort,
      )
    );
  });
}

/** RFC 2131 section 4.1: questions to port 67, also without an address; answers to port 68, also to everybody. */
function dhcp(site: Site, zones: readonly SegmentedZone[]): Flow[] {
  return dhcpZones(site).flatMap(({ zone, mode }) => {
    const own = zones.find(({ id }) => id === zone);
    if (!own || mode === "monitor") return [];
    const why = `dhcp: mode ${mode}`;
    const clients: FlowEnd = { zone, hosts: ["0.0.0.0/32", ...own.networks] };
    const answers: FlowEnd = { zone };
    return [
      flow(`dhcp.${zone}`, why, [clients, { box: true }], "udp", 67),
      flow(`dhcp.${zone}.answer`, why, [{ box: true }, answers], "udp", 68),
      flow(`dhcp.${zone}.agent`, why, [{ box: true }, answers], "udp", 67),
    ];
  });
}

function time(site: Site, zones: readonly SegmentedZone[]): Flow[] {
  const served = (site.time?.serve ?? []).filter((zone) => zones.some(({ id }) => id === zone));
  // The usual port is among what every box may do (system.time-keys); another one is the server's own.
  const keys = (site.time?.upstream ?? []).flatMap(({ nts, port }, at) =>
    nts === undefined || port === undefined
      ? []
      : zones.filter(({ role }) => role !== "ot").map((zone) =>
        flow(`time.upstream.${at}.${zone.id}`, `time: ${nts}`, [{ box: true }, { zone: zone.id }], "tcp", port)
      )
  );
  const answers = served.map((zone) => flow(`time.${zone}`, "time.serve", [{ zone }, { box: true }], "udp", 123));
  return [...answers, ...keys];
}

/** Switches are read where they stand: in an OT zone, or beyond the management zone. */
function switches(site: Site, zones: readonly SegmentedZone[]): Flow[] {
  return (site.switches ?? []).flatMap(({ id, address, port: number }) => {
    if (isLoopback(address)) return [];
    const own = zoneHolding(zones, address);
    const targets = own ? [own] : zones.filter(({ role }) => role !== "ot");
    return targets.map((zone) =>
      flow(
        `switches.${id}.${zone.id}`,
        `switches: ${id} is read by SNMP`,
        [{ box: true }, { zone: zone.id, hosts: [address] }],
        "udp",
        number,
      )
    );
  });
}

/** Looks at stations from outside; the gate of maintenance ports stands before these flows (EV-21). */
function probes({ posture, stations }: Site, zones: readonly SegmentedZone[]): Flow[] {
  if (posture.probe === undefined) return [];
  return zones.filter(({ role }) => role === "ot").flatMap((zone) => {
    const hosts = stations.flatMap(({ address }) =>
      address !== undefined && zoneHolding(zones, address)?.id === zone.id ? [address] : []
    );
    const why = "posture.probe: stations are looked at from outside";
    if (hosts.length === 0) return [];
    const asked = stations.flatMap(({ vendor }) => probedPorts(vendor));
    const ports = [...new Set(asked)].sort((a, b) => a - b).map((port) => [port, port] as const);
    return [{ ...flow(`posture.probe.${zone.id}`, why, [{ box: true }, { zone: zone.id, hosts }], "tcp", 1), ports }];
  });
}

/** What the box itself needs where there are no stations: names, time, an address of its own. */
function system(zones: readonly SegmentedZone[]): Flow[] {
  return zones.filter(({ role }) => role !== "ot").flatMap((zone) => {
    const out = (id: string, why: string, protocol: FlowProtocol, number: number) =>
      flow(`system.${id}.${zone.id}`, why, [{ box: true }, { zone: zone.id }], protocol, number);
    const leased = zone.box.length > 0 ? [] : [
      out("dhcp", "the box gets its own address by DHCP", "udp", 67),
      flow(
        `system.dhcp.${zone.id}.answer`,
        "the box gets its own address by DHCP",
        [{ zone: zone.id }, { box: true }],
        "udp",
        68,
      ),
    ];
    return [
      out("names", "the box looks up names", "udp", 53),
      out("names-tcp", "the box looks up names", "tcp", 53),
      out("time", "the box's own clock (NTP)", "udp", 123),
      out("time-keys", "the box's own clock (NTS)", "tcp", 4_460),
      ...leased,
    ];
  });
}

import type { Site } from "../config/schema.ts";
import { isInside, isLoopback, parseCidr, parseSocketAddress } from "../config/ip.ts";
import type { Conduit, SiteFiles } from "../core/conduit.ts";
import type { DnsStation } from "../core/dns_api.ts";
import { TIME_NAMES } from "../../profiles/dns.ts";
import { netOf, targetOf, uplinkOf } from "../uplink/settings.ts";
import type { DnsConfig, DnsUpstream } from "./config.ts";
import type { DnsNames, DnsUpstreamConfig, DnsWorkerConfig } from "./worker_config.ts";

/** The DNS conduit: one Worker for all OT zones, which keeps no state that a restart could lose. */
export const dns: Conduit<Site> = {
  name: "dns",
  workers(site, _box, files) {
    if (!site.dns) return [];
    const config = workerConfig(site, site.dns, files);
    const listening = config.listen.map(({ host, port }) => `${host}:${port}`);
    const dialled = netOf(config.uplink, config.upstreams);
    return [{
      name: "dns",
      module: new URL("./worker.ts", import.meta.url),
      // An answer by UDP needs the right to send to whoever asked: the networks of the OT zones.
      permissions: { net: [...new Set([...listening, ...config.clients, ...dialled])] },
      config,
      after: [],
    }];
  },
};

function workerConfig(site: Site, dns: DnsConfig, files: SiteFiles): DnsWorkerConfig {
  const listen = [dns.listen, ...dns.moreListen ?? []].map((text) => parseSocketAddress(text)!); // the schema has checked it
  return {
    listen,
    clients: [...new Set(listen.flatMap(({ host }) => clientsOf(site, host)))],
    upstreams: dns.upstream.map((upstream) => upstreamOf(upstream, files)),
    uplink: uplinkOf(site, files),
    names: namesOf(site, dns),
    stations: site.stations.flatMap(stationOf),
    queriesPerSecond: dns.queriesPerSecond,
    lookupsPerMinute: dns.lookupsPerMinute,
    staleSeconds: dns.staleHours * 3_600,
  };
}

/** What rules know of a station, if its address is known. */
export function stationOf({ id, address, vendor, model, unit }: Site["stations"][number]): DnsStation[] {
  if (address === undefined) return [];
  return [{
    address,
    station: id,
    ...vendor === undefined ? {} : { vendor },
    ...model === undefined ? {} : { model },
    ...unit === undefined ? {} : { unit },
  }];
}

/** Names in rules are compared in lower case, as they are asked for. */
export function namesOf(site: Pick<Site, "time">, dns: DnsConfig): DnsNames {
  const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase());
  const isTimeServed = (dns.vendorTimeNames ?? (site.time?.serve.length ? "this-box" : "off")) === "this-box";
  return {
    allow: lower(dns.allow),
    rules: dns.nameRules.map((rule) => ({ ...rule, names: lower(rule.names) } as DnsNames["rules"][number])),
    types: dns.types,
    answers: Object.fromEntries(
      Object.entries(dns.answers).map(([name, address]) => [name.toLowerCase(), [address].flat()]),
    ),
    timeNames: isTimeServed ? [...new Set(TIME_NAMES.flatMap(({ names }) => names))] : [],
    privateNames: lower(dns.privateNames),
    refusal: dns.refusal,
    mode: dns.mode,
  };
}

/** Who may ask on this address: the OT zones it is in, or this box itself. Nobody else: no open resolver. */
function clientsOf({ network: { zones } }: Site, host: string): string[] {
  if (isLoopback(host)) return ["127.0.0.0/8"];
  return zones.flatMap(({ role, address }) =>
    role === "ot" && address !== undefined && isInside(host, address) ? [networkOf(address)] : []
  );
}

/** "10.20.0.1/24" -> "10.20.0.0/24". */
function networkOf(address: string): string {
  const { ip, bits } = parseCidr(address)!; // the schema has checked it
  const network = ip.map((byte, index) => byte & 0xff00 >> Math.min(8, Math.max(0, bits - index * 8)) & 0xff);
  return `${network.join(".")}/${bits}`;
}

function upstreamOf({ tls, name, https, address, caFile }: DnsUpstream, files: SiteFiles): DnsUpstreamConfig {
  const ca = caFile === undefined ? {} : { ca: files.text(caFile) };
  if (tls !== undefined) {
    return { id: tls, kind: "tls", ...parseSocketAddress(tls)!, ...name === undefined ? {} : { name }, ...ca };
  }
  const url = new URL(https!); // a rule has checked that one of the two is there
  const { host, port } = targetOf(url);
  const named = address === undefined ? { host } : { host: address, name: host };
  return { id: url.host, kind: "https", ...named, port, path: url.pathname + url.search, ...ca };
}

import { planPages } from "../config/device_pages.ts";
import type { Site } from "../config/schema.ts";
import { parseHostPort, parseSocketAddress } from "../config/ip.ts";
import { fileHosts, mailServers, passivePorts } from "./unspelled_addresses.ts";

/** An address that the box listens on, or one that it connects to, found in site.yaml. */
export interface SiteAddress {
  /** Key path with ids in the place of positions: "ocpp.csms.main.url". */
  readonly key: string;
  /** "": known only to a file that site.yaml names. */
  readonly host: string;
  readonly port: number;
  /** Absent: the one port. */
  readonly lastPort?: number;
  readonly protocols: readonly ("tcp" | "udp")[];
  /** An http(s), ws(s) URL: it goes through the uplink's proxy when there is one. */
  readonly isProxied: boolean;
}

const PORTS: Readonly<Record<string, number>> = {
  "http:": 80,
  "https:": 443,
  "ldap:": 389,
  "ldaps:": 636,
  "sftp:": 22,
  "smtp:": 587,
  "smtps:": 465,
  "ws:": 80,
  "wss:": 443,
};

/** Keys whose value is where the box listens; a conduit that comes later is found by the same names. */
const LISTEN_KEYS = new Set(["listen", "moreListen", "metricsListen"]);
/** Keys whose value is a host and port that the box connects to. */
const DIAL_KEYS = new Set(["tcp", "tls", "concentrator", "host"]);
/** Where the pages of controllers are. */
const PAGES = /^stations\..*\.ui\./;
/** What is not about the box's own connections. */
const NOT_OURS = new Set(["segmentation", "answers", "allow", "hostname", "network.zones"]);

/** Every address that the box listens on. */
export function listenAddresses(site: Site): readonly SiteAddress[] {
  const named = [...stringsOf(site)].flatMap(({ key, name, text }) => {
    const at = LISTEN_KEYS.has(name) ? parseSocketAddress(text) : undefined;
    if (!at || at.port === 0) return [];
    const isDns = key.startsWith("dns.");
    return [{ key, ...at, protocols: isDns ? ["udp" as const, "tcp" as const] : ["tcp" as const], isProxied: false }];
  });
  return [...named, ...pagePorts(site), ...passivePorts(site)];
}

/** Ports of device pages for people who have no DNS. */
function pagePorts(site: Site): readonly SiteAddress[] {
  const host = parseSocketAddress(site.console?.devicePages?.listen ?? "")?.host;
  if (host === undefined) return [];
  return planPages(site).flatMap(({ ownPort: port, station }) =>
    port === undefined
      ? []
      : [{ key: `console.devicePages.ports.${station}`, host, port, isProxied: false, protocols: ["tcp" as const] }]
  );
}

/** Every address that the box connects to by TCP. */
export function dialAddresses(site: Site): readonly SiteAddress[] {
  const named = [...stringsOf(site)].flatMap(({ key, name, text }) => {
    if (LISTEN_KEYS.has(name)) return [];
    const at = dialled(name, text);
    if (!at) return [];
    // a controller is on the OT side: no proxy of the uplink leads there
    return [{ key, ...at, isProxied: at.isProxied && !PAGES.test(key), protocols: ["tcp" as const] }];
  });
  return [...named, ...tunnelTargets(site), ...fileHosts(site), ...mailServers(site)];
}

/** Ports that an engineering tunnel may open; without a console nobody can come in. */
function tunnelTargets({ console, stations }: Site): readonly SiteAddress[] {
  return stations.flatMap(({ id, address: host, tunnelPorts = [] }) =>
    console === undefined || host === undefined ? [] : tunnelPorts.map((port) => ({
      key: `stations.${id}.tunnelPorts.${port}`,
      ...{ host, port, isProxied: false, protocols: ["tcp" as const] },
    }))
  );
}

function dialled(name: string, text: string): { host: string; port: number; isProxied: boolean } | undefined {
  const url = /^[a-z]+:\/\//.test(text) ? URL.parse(text) : null;
  const standard = url ? PORTS[url.protocol] : undefined;
  if (url && standard !== undefined) {
    const port = url.port === "" ? standard : Number(url.port);
    const isProxied = /^(http|ws)s?:$/.test(url.protocol);
    return { host: url.hostname.replace(/^\[|\]$/g, ""), port, isProxied };
  }
  if (name === "sftp") {
    const [, host = "", port = "22"] = /^(?:[^@]+@)?([^:/]+)(?::(\d+))?:\//.exec(text) ?? [];
    return host === "" ? undefined : { host, port: Number(port), isProxied: false };
  }
  const at = DIAL_KEYS.has(name) ? parseHostPort(text) : undefined;
  return at && at.port > 0 ? { ...at, isProxied: false } : undefined;
}

/** Every text of site.yaml with its path; list entries go by their id, else by their position. */
function* stringsOf(
  value: unknown,
  key = "",
  name = "",
): Generator<{ readonly key: string; readonly name: string; readonly text: string }> {
  if (NOT_OURS.has(key) || NOT_OURS.has(name)) return;
  if (typeof value === "string") yield { key, name, text: value };
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) yield* stringsOf(item, `${key}.${nameOf(item) ?? at}`, name);
  } else if (typeof value === "object" && value !== null) {
    for (const [own, item] of Object.entries(value)) yield* stringsOf(item, key === "" ? own : `${key}.${own}`, own);
  }
}

function nameOf(item: unknown): string | undefined {
  const id = (item as { readonly id?: unknown } | null)?.id;
  return typeof id === "string" ? id : undefined;
}

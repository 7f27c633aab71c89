import { Buffer } from "node:buffer";
import { isInside, isLoopback, parseCidr, parseIp } from "../config/ip.ts";
import { secretBytes } from "../config/materials.ts";
import type { Site } from "../config/schema.ts";
import type { SiteFiles } from "../core/conduit.ts";
import { UPLINK_LIMITS } from "./limits.ts";

/** An HTTP proxy that opens tunnels with CONNECT (RFC 9110 section 9.3.6). JSON; the secret is held in memory only. */
export interface HttpProxy {
  readonly host: string;
  readonly port: number;
  /** TLS to the proxy itself. */
  readonly tls: boolean;
  /** CAs of the proxy's certificate in PEM; absent: the public CAs of the box. */
  readonly ca?: string;
  /** Value of Proxy-Authorization. */
  readonly authorization?: string;
}

/** How connections leave the site. JSON. */
export interface Uplink {
  readonly proxy?: HttpProxy;
  /** Hosts, ".suffixes" and networks that are reached without the proxy. */
  readonly bypass: readonly string[];
  /** Source address of connections to a CSMS, so that they leave by the uplink's interface. */
  readonly localAddress?: string;
  /** Seconds of silence before TCP keep-alive probes a connection to a CSMS. */
  readonly keepAliveSeconds: number;
  /** Bytes from which a message to a CSMS is compressed; absent: the usual figure. */
  readonly deflateBytes?: number;
  /** Every byte costs. */
  readonly metered: boolean;
}

/** A host and port to reach. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** No proxy, any address: how a site without `network.uplink` leaves. */
export const DIRECT: Uplink = Object.freeze({
  bypass: [],
  keepAliveSeconds: UPLINK_LIMITS.keepAliveSeconds,
  metered: false,
});

/** The uplink of a site, with the proxy's secret and CAs by value. @throws ConfigError CFG_UNREADABLE */
export function uplinkOf({ network }: Pick<Site, "network">, files: SiteFiles): Uplink {
  const { uplink, zones } = network;
  if (!uplink) return DIRECT;
  const { proxy, metered } = uplink;
  const zone = zones.find(({ id }) => id === uplink.zone);
  const localAddress = zone?.address?.split("/")[0];
  return {
    bypass: proxy?.bypass ?? [],
    metered,
    keepAliveSeconds: metered ? UPLINK_LIMITS.meteredKeepAliveSeconds : UPLINK_LIMITS.keepAliveSeconds,
    ...(metered ? { deflateBytes: UPLINK_LIMITS.meteredDeflateBytes } : {}),
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(proxy ? { proxy: proxyOf(proxy, files) } : {}),
  };
}

/** Seconds of silence before a CSMS is pinged: the uplink's figure, else the relay's, stretched when every byte costs. */
export function csmsPingSeconds({ network: { uplink } }: Pick<Site, "network">, ocppSeconds: number): number {
  if (uplink?.pingSeconds !== undefined) return uplink.pingSeconds;
  if (!uplink?.metered || ocppSeconds === 0) return ocppSeconds;
  return Math.max(ocppSeconds, UPLINK_LIMITS.meteredPingSeconds);
}

/** The proxy for this host, or undefined when it is reached directly. Loopback never leaves the box. */
export function proxyFor({ proxy, bypass }: Pick<Uplink, "proxy" | "bypass">, host: string): HttpProxy | undefined {
  if (!proxy || host === "localhost" || isLoopback(host)) return undefined;
  return bypass.some((entry) => isBypassed(host.toLowerCase(), entry.toLowerCase())) ? undefined : proxy;
}

/** Permissions for these targets: the proxy instead of what is reached through it, and the right to the source address. */
export function netOf(uplink: Uplink, targets: readonly Target[]): string[] {
  const dialled = targets.map((target) => proxyFor(uplink, target.host) ?? target).map(({ host, port }) =>
    `${host.includes(":") ? `[${host}]` : host}:${port}`
  );
  const { localAddress: own } = uplink;
  return [...new Set(own === undefined ? dialled : [...dialled, own.includes(":") ? `[${own}]:0` : `${own}:0`])];
}

/** Host and port of a URL, brackets of IPv6 removed. */
export function targetOf(url: URL): Target {
  const port = url.port || (url.protocol === "https:" || url.protocol === "wss:" ? 443 : 80);
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(port) };
}

function isBypassed(host: string, entry: string): boolean {
  if (entry.startsWith(".")) return host.endsWith(entry);
  if (parseCidr(entry)) return parseIp(host) !== undefined && isInside(host, entry);
  return host === entry;
}

function proxyOf(
  { url, caFile, credentialsFile }: {
    readonly url: string;
    caFile?: string | undefined;
    credentialsFile?: string | undefined;
  },
  files: SiteFiles,
): HttpProxy {
  const parsed = new URL(url);
  const secret = credentialsFile === undefined ? undefined : secretBytes(files.bytes(credentialsFile));
  return {
    ...targetOf(parsed),
    tls: parsed.protocol === "https:",
    ...(caFile === undefined ? {} : { ca: files.text(caFile) }),
    ...(secret === undefined ? {} : { authorization: `Basic ${Buffer.from(secret).toString("base64")}` }),
  };
}

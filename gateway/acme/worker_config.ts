import { secretBytes } from "../config/materials.ts";
import type { Site } from "../config/schema.ts";
import type { SiteFiles } from "../core/conduit.ts";
import { netOf, targetOf, type Uplink, uplinkOf } from "../uplink/settings.ts";
import type { DnsEndpoint } from "./dns_endpoint.ts";

/** All that the ACME Worker needs; PEM and token by value. JSON. It holds no key of the site. */
export interface AcmeWorkerConfig {
  readonly directoryUrl: string;
  /** CAs of the ACME server in PEM; absent: the public CAs of the box. */
  readonly ca?: string;
  readonly dns: DnsEndpoint;
  /** Milliseconds between setting a record and asking for validation. */
  readonly waitMs: number;
  /** How the Worker leaves the site. */
  readonly uplink: Uplink;
}

/** What the Worker needs of a site; undefined when the site asks for no ACME. @throws ConfigError CFG_UNREADABLE */
export function acmeConfig(site: Site, files: SiteFiles): AcmeWorkerConfig | undefined {
  const { pki: { acme }, console } = site;
  if (!acme || !console || console.certificate) return undefined;
  const { directoryUrl, caFile, dns01: { url, waitSeconds, ...dns } } = acme;
  const token = dns.tokenFile === undefined ? undefined : secretBytes(files.bytes(dns.tokenFile));
  return {
    directoryUrl,
    ...(caFile === undefined ? {} : { ca: files.text(caFile) }),
    dns: {
      url,
      ...(dns.caFile === undefined ? {} : { ca: files.text(dns.caFile) }),
      ...(token === undefined ? {} : { token: new TextDecoder().decode(token) }),
    },
    waitMs: waitSeconds * 1_000,
    uplink: acmeUplink(uplinkOf(site, files)),
  };
}

/** Only CSMS connections are bound to the uplink's address. */
function acmeUplink({ localAddress: _, ...uplink }: Uplink): Uplink {
  return uplink;
}

/** The two hosts that the Worker may reach, or the proxy that leads to them. Nothing else. */
export function acmeNet({ directoryUrl, dns, uplink }: AcmeWorkerConfig): readonly string[] {
  return netOf(uplink, [directoryUrl, dns.url].map((url) => targetOf(new URL(url)))).sort();
}

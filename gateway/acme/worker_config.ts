import { secretBytes } from "../config/materials.ts";
import type { Site } from "../config/schema.ts";
import type { SiteFiles } from "../core/conduit.ts";
import type { DnsEndpoint } from "./dns_endpoint.ts";

/** All that the ACME Worker needs; PEM and token by value. JSON. It holds no key of the site. */
export interface AcmeWorkerConfig {
  readonly directoryUrl: string;
  /** CAs of the ACME server in PEM; absent: the public CAs of the box. */
  readonly ca?: string;
  readonly dns: DnsEndpoint;
  /** Milliseconds between setting a record and asking for validation. */
  readonly waitMs: number;
}

/** What the Worker needs of a site; undefined when the site asks for no ACME. @throws ConfigError CFG_UNREADABLE */
export function acmeConfig({ pki: { acme }, console }: Site, files: SiteFiles): AcmeWorkerConfig | undefined {
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
  };
}

/** The two hosts that the Worker may reach. Nothing else. */
export function acmeNet({ directoryUrl, dns }: AcmeWorkerConfig): readonly string[] {
  const net = [directoryUrl, dns.url].map((text) => {
    const { hostname, port } = new URL(text);
    return `${hostname}:${port || 443}`;
  });
  return [...new Set(net)].sort();
}

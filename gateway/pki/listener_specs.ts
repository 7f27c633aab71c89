import type { Site } from "../config/schema.ts";
import { parseSocketAddress } from "../config/ip.ts";

/** Files of a certificate and its key. */
export interface FilePair {
  readonly certFile: string;
  readonly keyFile: string;
}

/** What one TLS listener of the site needs; computed from site.yaml alone. */
export interface ListenerSpec {
  /** "console", "ui_proxy", "ocpp:<listen>", "firmware:<listen>" or "modbus:<listen>". */
  readonly id: string;
  /** Other names by which Workers may ask for it. */
  readonly aliases: readonly string[];
  /** Names and addresses of the certificate from the site CA; the first is for clients without SNI. */
  readonly names: readonly string[];
  /** The customer's own certificates; empty: from the site CA. */
  readonly own: readonly FilePair[];
  /** Asks clients for certificates of these CAs: a file, or the site CA. */
  readonly clients: { readonly caFile?: string; readonly organizations: readonly string[] } | undefined;
}

/** All TLS listeners of a site. */
export function listenerSpecs(site: Site): readonly ListenerSpec[] {
  const specs: ListenerSpec[] = [];
  const csmsHosts = new Set(site.ocpp?.csms.map(({ url }) => new URL(url).hostname.toLowerCase()) ?? []);
  if (site.console) {
    const { listen, hostname, certificate } = site.console;
    const names = namesFor(site, listen, [hostname, `*.${hostname}`], csmsHosts);
    specs.push({ id: "console", aliases: [], names, own: certificate ? [certificate] : [], clients: undefined });
  }
  const pages = site.console?.devicePages;
  if (site.console && pages) {
    const { hostname } = site.console, { listen, certificate } = pages;
    const names = namesFor(site, listen, [hostname, `*.${hostname}`], csmsHosts);
    specs.push({ id: "ui_proxy", aliases: [], names, own: certificate ? [certificate] : [], clients: undefined });
  }
  for (const listener of site.ocpp?.listeners ?? []) {
    const { listen, tls, id: name = listen } = listener;
    if (!tls) continue;
    const organizations = tls.organizations ?? site.pki.stationOrganizations;
    specs.push({
      id: `ocpp:${listen}`,
      aliases: [listen, name, `ocpp:${name}`],
      names: namesFor(site, listen, tls.names ?? [], csmsHosts),
      own: tls.identities ?? [],
      clients: { ...(tls.clientCaFile === undefined ? {} : { caFile: tls.clientCaFile }), organizations },
    });
  }
  if (site.firmware?.listen !== undefined) {
    const { listen, tls } = site.firmware;
    specs.push({
      id: `firmware:${listen}`,
      aliases: ["firmware"],
      names: namesFor(site, listen, tls.names ?? [], csmsHosts),
      own: tls.identities ?? [],
      clients: {
        ...(tls.clientCaFile === undefined ? {} : { caFile: tls.clientCaFile }),
        organizations: site.pki.stationOrganizations,
      },
    });
  }
  for (const { id, listen, tls } of site.modbus?.listeners ?? []) {
    if (!tls) continue;
    const { clientCaFile: caFile, organizations = [] } = tls;
    const name = `modbus:${id}`;
    specs.push({
      id: `modbus:${listen}`,
      aliases: [name, name], // not the bare id: a listener of another conduit may have the same
      names: namesFor(site, listen, tls.names ?? [], csmsHosts),
      own: tls.identities ?? [],
      clients: { ...(caFile === undefined ? {} : { caFile }), organizations },
    });
  }
  return specs;
}

/**
 * Wanted names, then the address listened on. The names of a CSMS are left out: the gateway must be told apart from it
 * (LC7), so a stolen box key cannot play the CSMS. Who redirects stations that insist on the CSMS's name needs
 * certificates of his own for that (`identities`).
 */
function namesFor(site: Site, listen: string, wanted: readonly string[], csmsHosts: ReadonlySet<string>): string[] {
  const host = parseSocketAddress(listen)?.host ?? listen;
  const isAny = host === "0.0.0.0" || host === "::";
  const addresses = isAny ? site.network.zones.flatMap(({ address }) => address?.split("/")[0] ?? []) : [host];
  const local = addresses.some((address) => address.startsWith("127.") || address === "::1") ? ["localhost"] : [];
  const names = [...wanted.map((name) => name.toLowerCase()), ...local, ...addresses];
  const allowed = [...new Set(names)].filter((name) => !csmsHosts.has(name));
  return allowed.length > 0 ? allowed : [`${site.site.id.toLowerCase()}.local`];
}

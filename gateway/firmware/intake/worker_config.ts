import type { Site } from "../../config/schema.ts";
import { dataFolders } from "../../core/data_folders.ts";
import type { Box, SiteFiles } from "../../core/conduit.ts";
import { netOf, type Target, type Uplink, uplinkOf } from "../../uplink/settings.ts";
import type { FetchHost } from "../config.ts";
import { firmwareFolders } from "../serving/mod.ts";
import { type VendorTrust, vendorTrust } from "../vendor_trust.ts";
import type { HostRule } from "./fetch_rules.ts";
import type { RootPreset } from "./tuf_client.ts";

const MEGABYTE = 1_000_000;

/** All that the Worker "firmware-intake" needs; PEM and keys by value. JSON. */
export interface IntakeConfig {
  /** Where images, uploads and what was seen of the repository are. */
  readonly folder: string;
  readonly quotaBytes: number;
  readonly vendors: readonly VendorTrust[];
  readonly hosts: readonly HostRule[];
  /** Hosts that files of stations may be brought to, and the folder of the sealed ones. */
  readonly uploadHosts: readonly HostRule[];
  readonly sealed: string;
  /** Folder of ZIPs that people fetch. */
  readonly handOuts: string;
  readonly sources: readonly IntakeSource[];
  readonly preset: RootPreset;
  /** Text of the pinned root.json. */
  readonly root?: string;
  readonly uplink: Pick<Uplink, "proxy" | "bypass">;
}

/** A TUF repository. */
export interface IntakeSource {
  readonly id: string;
  readonly url: string;
  readonly ca?: string;
  readonly address: "public" | "on-site";
}

/** Folder of everything about firmware on the data disk. */
export const firmwareDir = (box: Pick<Box, "dataDir">): string => `${box.dataDir}/firmware`;

/** Where the sealed files of stations are. */
export const sealedDir = (box: Pick<Box, "dataDir">): string => firmwareFolders(box).uploads;

/** Everything the intake needs from a site; undefined when it takes no firmware. @throws ConfigError CFG_UNREADABLE */
export function intakeConfig(site: Site, box: Pick<Box, "dataDir">, files: SiteFiles): IntakeConfig | undefined {
  const { firmware } = site;
  if (!firmware) return undefined;
  const { proxy, bypass } = uplinkOf(site, files);
  const ca = (file: string | undefined) => file === undefined ? {} : { ca: files.text(file) };
  const hostRule = ({ host, address, schemes, caFile, hostKey }: FetchHost): HostRule => ({
    host: host.toLowerCase(),
    address,
    schemes,
    ...ca(caFile),
    ...(hostKey === undefined ? {} : { hostKey }),
  });
  return {
    folder: firmwareDir(box),
    quotaBytes: firmware.quotaMegabytes * MEGABYTE,
    vendors: firmware.vendors.map((vendor) => vendorTrust(vendor, files)),
    hosts: firmware.fetchHosts.map(hostRule),
    uploadHosts: firmware.uploadHosts.map(hostRule),
    sealed: sealedDir(box),
    handOuts: dataFolders(box).handOuts,
    sources: firmware.sources.map(({ id, url, caFile, address }) => ({ id, url, address, ...ca(caFile) })),
    preset: firmware.preset,
    ...(firmware.rootFile === undefined ? {} : { root: files.text(firmware.rootFile) }),
    uplink: { bypass, ...(proxy ? { proxy } : {}) },
  };
}

/** The hosts that the intake may reach: by FTP on any port, since the server names the one for the data; nothing else. */
export function intakeNet({ hosts: from, uploadHosts, sources, uplink }: IntakeConfig): readonly string[] {
  const hosts = [...from, ...uploadHosts];
  const way = { ...uplink, keepAliveSeconds: 0, metered: false };
  const named = hosts.map(({ host }) => host.includes(":") ? `[${host}]` : host);
  const repositories = sources.map(({ url }): Target => {
    const { hostname, port } = new URL(url);
    return { host: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? 443 : Number(port) };
  });
  const proxied = uplink.proxy && hosts.length > 0 ? netOf(way, hosts.map(({ host }) => ({ host, port: 443 }))) : [];
  return [...new Set([...named, ...proxied, ...netOf(way, repositories)])].sort();
}

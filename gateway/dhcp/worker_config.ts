import { resolve } from "node:path";
import { type DhcpScope, dhcpScopes, ipv4Number, rangeNumbers, subnetNumbers } from "../config/dhcp_scopes.ts";
import type { Site } from "../config/schema.ts";
import { parseHostPort } from "../config/ip.ts";
import type { Box, SiteFiles } from "../core/conduit.ts";
import { addressBytes, hex, type Ipv4 } from "./codec.ts";
import type { LeaseKind, Range } from "./lease.ts";

/** How the Worker reaches a concentrator. PEM by value. */
export interface TunnelConfig {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly circuitId: string;
  readonly fallback: "none" | "known-bindings";
  readonly fallbackSeconds: number;
}

/** DHCP of one zone for the Worker. JSON. */
export interface ZoneConfig {
  readonly zone: string;
  readonly interface: string;
  readonly mode: DhcpScope["mode"];
  readonly self: Ipv4;
  readonly subnet: Range & { readonly bits: number };
  readonly pool?: Range;
  readonly quarantinePool?: Range;
  readonly unknown: DhcpScope["unknown"];
  readonly seconds: Readonly<Record<LeaseKind, number>>;
  readonly router: readonly Ipv4[];
  readonly dns: readonly Ipv4[];
  readonly ntp: readonly Ipv4[];
  readonly domain?: string;
  readonly options: readonly { readonly vendor?: string; readonly code: number; readonly hex: string }[];
  readonly conflictProbeMs: number;
  readonly declineSeconds: number;
  readonly relayAgents: readonly Ipv4[];
  readonly trustsSwitches: boolean;
  readonly trustedServers: readonly Ipv4[];
  readonly rogueProbeSeconds: number;
  readonly perMac: number;
  readonly strangers: number;
  readonly tunnel?: TunnelConfig;
}

/** All that the DHCP Worker needs. JSON. */
export interface DhcpWorkerConfig {
  /** Absolute path of hald's socket. */
  readonly hald: string;
  readonly zones: readonly ZoneConfig[];
}

/** What the Worker needs of a site; undefined when the site has no DHCP. @throws ConfigError CFG_UNREADABLE */
export function dhcpWorkerConfig(site: Site, box: Box, files: SiteFiles): DhcpWorkerConfig | undefined {
  if (!site.dhcp || !site.hal) return undefined;
  return {
    hald: resolve(box.configDir, site.hal.socket),
    zones: dhcpScopes(site.dhcp).map(({ scope }) => zoneConfig(site, scope, files)),
  };
}

function zoneConfig(site: Site, scope: DhcpScope, files: SiteFiles): ZoneConfig {
  const zone = site.network.zones.find(({ id }) => id === scope.zone)!; // The rules have judged it.
  const net = subnetNumbers(zone.address)!;
  const addresses = (list: readonly string[] | undefined) => list?.map((text) => ipv4Number(text)!);
  const [pool, quarantinePool] = [rangeNumbers(scope.pool), rangeNumbers(scope.quarantinePool)];
  const { relay } = scope;
  return {
    zone: scope.zone,
    interface: zone.interface,
    mode: scope.mode,
    self: net.self,
    subnet: { from: net.from, to: net.to, bits: net.bits },
    ...pool ? { pool } : {},
    ...quarantinePool ? { quarantinePool } : {},
    unknown: scope.unknown,
    seconds: {
      reservation: scope.reservationLeaseSeconds,
      pool: scope.leaseSeconds,
      quarantine: scope.quarantineLeaseSeconds,
      relayed: relay?.fallbackSeconds ?? 600,
    },
    router: scope.router === "none" ? [] : [scope.router === undefined ? net.self : ipv4Number(scope.router)!],
    dns: addresses(scope.dns) ?? [net.self],
    ntp: addresses(scope.ntp) ?? [net.self],
    ...scope.domain === undefined ? {} : { domain: scope.domain },
    options: scope.options.map(({ vendor, code, ...value }) => ({
      ...vendor === undefined ? {} : { vendor },
      code,
      hex: valueHex(value),
    })),
    conflictProbeMs: scope.conflictProbeMs,
    declineSeconds: scope.declineSeconds,
    relayAgents: addresses(scope.relayAgents)!,
    trustsSwitches: scope.option82 === "trusted-switch",
    trustedServers: addresses(scope.trustedServers)!,
    rogueProbeSeconds: scope.rogueProbeSeconds,
    perMac: scope.perMacPerSecond,
    strangers: scope.newPerSecond,
    ...relay && scope.mode === "relay" ? { tunnel: tunnelConfig(relay, scope.zone, files) } : {},
  };
}

function tunnelConfig(relay: NonNullable<DhcpScope["relay"]>, zone: string, files: SiteFiles): TunnelConfig {
  const { host, port } = parseHostPort(relay.concentrator)!;
  return {
    host,
    port,
    name: relay.name ?? host,
    ca: files.text(relay.caFile),
    cert: files.text(relay.certificate.certFile),
    key: files.text(relay.certificate.keyFile),
    circuitId: relay.circuitId ?? zone,
    fallback: relay.fallback,
    fallbackSeconds: relay.fallbackSeconds,
  };
}

function valueHex(
  value: {
    readonly text?: string | undefined;
    readonly addresses?: readonly string[] | undefined;
    readonly hex?: string | undefined;
  },
): string {
  if (value.hex !== undefined) return value.hex.toLowerCase();
  if (value.addresses) return hex(addressBytes(...value.addresses.map((address) => ipv4Number(address) ?? 0)));
  return hex(new TextEncoder().encode(value.text ?? ""));
}

import type { DnsStation } from "../core/dns_api.ts";
import type { DnsRule } from "../../policies/dns_rule.ts";
import type { Uplink } from "../uplink/settings.ts";

/** One upstream as the Worker gets it. */
export interface DnsUpstreamConfig {
  /** In status, metrics and alarms: "9.9.9.9:853" or the URL's host. */
  readonly id: string;
  readonly kind: "tls" | "https";
  /** IP address to connect to. */
  readonly host: string;
  readonly port: number;
  /** Name in its certificate; absent: its address must be in it. */
  readonly name?: string;
  /** https: path and query of the URL. */
  readonly path?: string;
  readonly ca?: string;
}

/** What decides about names: may change while the Worker runs. */
export interface DnsNames {
  readonly allow: readonly string[];
  readonly rules: readonly DnsRule[];
  readonly types: readonly string[];
  readonly answers: Readonly<Record<string, readonly string[]>>;
  readonly timeNames: readonly string[];
  readonly privateNames: readonly string[];
  readonly refusal: "refused" | "nxdomain";
  readonly mode: "enforce" | "observe";
}

/** Configuration of the DNS Worker: a JSON value, computed by mod.ts. */
export interface DnsWorkerConfig {
  readonly listen: readonly { readonly host: string; readonly port: number }[];
  /** Networks that may ask, as "10.20.0.0/24". */
  readonly clients: readonly string[];
  readonly upstreams: readonly DnsUpstreamConfig[];
  readonly uplink: Uplink;
  readonly names: DnsNames;
  readonly stations: readonly DnsStation[];
  readonly queriesPerSecond: number;
  readonly lookupsPerMinute: number;
  readonly staleSeconds: number;
}

import type { Clock } from "./clock.ts";
import type { ControlApi, WorkerApi } from "./control_api.ts";
import type { Logger } from "./log.ts";
import type { IsolateMetrics } from "./metrics.ts";
import type { Rpc, RpcHandlers } from "./rpc.ts";
import type { Random, Timers } from "./timers.ts";

/** Permissions of one Worker; an absent key is denied (measured on Deno 2.9.6). */
export interface WorkerPermissions {
  /** "host:port", "host" (all ports), "10.0.0.0/24:80" or "unix:/abs/path". */
  readonly net?: readonly string[];
  readonly read?: readonly string[];
  readonly write?: readonly string[];
  readonly env?: readonly string[];
  readonly sys?: readonly string[];
}

/** One Worker that a site needs: what to start, with which rights and which part of the configuration. */
export interface WorkerSpec {
  /** Unique in the site: "control", "console", "ocpp-0". */
  readonly name: string;
  /** Module URL of the Worker's entry file. */
  readonly module: URL;
  readonly permissions: WorkerPermissions;
  /** JSON value handed to the Worker; a changed value is sent as `reconfigure` when permissions stay the same. */
  readonly config: unknown;
  /** Names of Workers that must be ready before this one starts. */
  readonly after: readonly string[];
  /** Names of Workers that this one talks to directly; each gets a port to the other when both are ready (`onPeer`). */
  readonly peers?: readonly string[];
}

/** A conduit's declaration (DESIGN section 4): pure; it opens nothing. `Site` is the validated site.yaml. */
export interface Conduit<Site = never> {
  readonly name: string;
  /** The Workers this conduit needs for this site; none when the site does not configure it. */
  workers(site: Site, box: Box, files: SiteFiles): readonly WorkerSpec[];
}

/** Files named in site.yaml, read when the configuration was loaded; Workers get contents by value, not paths. */
export interface SiteFiles {
  /** @throws ConfigError CFG_UNREADABLE when the file was not part of the loaded configuration */
  bytes(path: string): Uint8Array<ArrayBuffer>;
  text(path: string): string;
}

/** Where the gateway stands on this box; all paths are absolute. */
export interface Box {
  readonly configFile: string;
  readonly configDir: string;
  readonly dataDir: string;
}

/** "ok" serves fully; "degraded" serves and says what is missing; "failed" does not serve. */
export interface Health {
  readonly state: "ok" | "degraded" | "failed";
  readonly why?: string;
}

/** What a Worker's start function gets. */
export interface WorkerContext<Config> {
  readonly name: string;
  readonly config: Config;
  readonly control: Rpc<ControlApi>;
  readonly log: Logger;
  readonly metrics: IsolateMetrics;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** Ports that living Workers of this process listen on when this one starts: for listenShared. Absent: none. */
  readonly sharedPorts?: readonly number[];
}

/** A Worker while it runs. */
export interface Service<Config = unknown> {
  /** Methods that control may call in this Worker, beside the common ones. */
  readonly handlers?: RpcHandlers<WorkerApi>;
  /** What listens where, for status and READY: {"console": "https://127.0.0.1:8443"}. */
  readonly listening?: Readonly<Record<string, string>>;
  health(): Health;
  /** Takes a new configuration, or throws and keeps the old one. */
  reconfigure?(config: Config): Promise<void>;
  /** Stops accepting, lets conversations end until the deadline, then closes everything. */
  drain(deadlineMs: number): Promise<void>;
}

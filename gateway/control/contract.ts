import type { Box, Health, SiteFiles } from "../core/conduit.ts";
import type { Clock } from "../core/clock.ts";
import type { AlarmRaise, AuditEvent, ControlApi, Json, WorkerApi } from "../core/control_api.ts";
import type { Logger } from "../core/log.ts";
import type { Metrics } from "../core/metrics.ts";
import type { Rpc, RpcHandlers } from "../core/rpc.ts";
import type { Random, Timers } from "../core/timers.ts";
import type { Site } from "../config/schema.ts";
import type { Store } from "../store/store.ts";

/** Seals what must be read again (keys, upstream secrets): AES-256-GCM under the key store's key (invariant 6). */
export interface Sealer {
  /** `context` is authenticated with the text: sealed bytes only open under the same context. */
  seal(plain: Uint8Array, context: string): Promise<Uint8Array<ArrayBuffer>>;
  /** @throws IntegrityError SEAL_BROKEN when bytes or context were changed */
  unseal(sealed: Uint8Array, context: string): Promise<Uint8Array<ArrayBuffer>>;
  /** HMAC-SHA-256 key for one named purpose, derived from the same root (machine secrets, pseudonyms). */
  derive(purpose: string): Promise<CryptoKey>;
}

/** The audit chain (invariant 10). */
export interface Audit {
  /** Resolves when the record is stored and chained. */
  record(event: AuditEvent): Promise<{ readonly sequence: number }>;
}

/** The alarms of the site: the same kind and subject is one alarm with a count. */
export interface Alarms {
  raise(alarm: AlarmRaise): Promise<void>;
  clear(kind: string, subject: string): Promise<void>;
}

/** The Workers as control sees them; a call to a Worker that is down rejects with RPC_PEER_GONE. */
export interface Workers {
  /** Names of all Workers that should run, control itself left out. */
  names(): readonly string[];
  get(name: string): Rpc<WorkerApi>;
  /** Names of the Workers of one conduit: "ocpp" -> ["ocpp-0", "ocpp-1"]. */
  of(conduit: string): readonly string[];
}

/** What main serves to control. */
export interface MainApi {
  /** Re-reads site.yaml and applies it, or keeps the old one and says why. */
  "main.reload": (args: { readonly planOnly: boolean }) => {
    readonly applied: boolean;
    readonly faults: readonly string[];
    readonly plan: readonly string[];
    /** What changed in site.yaml since it was last applied, line by line. */
    readonly diff: readonly string[];
  };
  "main.workers": (args: Record<never, never>) => Readonly<Record<string, WorkerState>>;
  "main.metrics": (args: Record<never, never>) => Json;
  /** Prints one line for whoever starts the gateway, beside READY. */
  "main.announce": (args: { readonly line: string }) => void;
  /** Has control end in order and start anew: what must happen before anything is read happens then. */
  "main.renew-control": (args: { readonly why: string }) => void;
  /** Which of these files, as site.yaml names them, are still there; those that main may not see count as there. */
  "main.files-there": (args: { readonly files: readonly string[] }) => readonly string[];
  "main.stop": (args: { readonly why: string }) => void;
}

/** How one Worker is doing, seen by the supervisor. */
export interface WorkerState {
  readonly state: "starting" | "ready" | "draining" | "backoff" | "stopped";
  readonly restarts: number;
  readonly lastFault?: string;
  readonly listening?: Readonly<Record<string, string>>;
  readonly health?: Health;
}

/** Arguments of a command after parsing: positional ones by name, options by long name. */
export type CommandArgs = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** What a command answers: text for people and the same as data for `--json`. Exit code 1 when `ok` is false. */
export interface CommandResult {
  readonly text: string;
  readonly data: Json;
  readonly ok?: boolean;
}

/** Where a command comes from that a person runs through a page or the REST API, after their verbs were judged. */
export interface CommandCaller {
  readonly source: string;
  /** When a second factor was last proven in this session, on people's steady clock; absent: never. */
  readonly secondFactorAt?: number;
}

/**
 * A command handler in control. `who` is the named person or rescue verb, already audited by the dispatcher; `caller` is
 * absent for the control socket.
 */
export type CommandHandler = (args: CommandArgs, who: string, caller?: CommandCaller) => Promise<CommandResult>;

/** What every control feature gets. */
export interface ControlContext {
  readonly site: Site;
  readonly box: Box;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly store: Store;
  readonly sealer: Sealer;
  readonly audit: Audit;
  readonly alarms: Alarms;
  readonly workers: Workers;
  readonly main: Rpc<MainApi>;
  /** Contents of the files that site.yaml names, by path as written there: read by main, which alone may. */
  readonly files: SiteFiles;
  /** How the data disk stands against `audit.diskWarnPercent` and `diskFullPercent`. */
  readonly disk: DiskGuard;
}

/** The last look at the data disk. */
export interface DiskGuard {
  readonly level: "ok" | "warn" | "full";
}

/** One feature of control (audit, pki, stations, backup...). worker.ts lists them all. */
export interface ControlFeature {
  readonly name: string;
  /** Methods served to Workers. */
  readonly handlers?: RpcHandlers<ControlApi>;
  /** Methods whose answer depends on which Worker asks. */
  handlersFor?(worker: string): RpcHandlers<ControlApi>;
  /** A Worker serves its methods (also after control's restart): a chance to learn what it still holds. */
  workerJoined?(worker: string): Promise<void>;
  /** A Worker has ended, by a fault or on purpose. */
  workerLeft?(worker: string): Promise<void>;
  /** Command name ("cert issue") to handler. */
  readonly commands?: Readonly<Record<string, CommandHandler>>;
  health?(): Health;
  /** A new configuration that passed validation. Throwing keeps the old one everywhere. */
  reconfigure?(site: Site): Promise<void>;
  stop?(): Promise<void>;
}

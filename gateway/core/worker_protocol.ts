import type { Health } from "./conduit.ts";
import type { LogLevel } from "./log.ts";

/** What main sends to a Worker. Ports travel in the transfer list. */
export type ToWorker =
  | {
    readonly kind: "start";
    readonly name: string;
    readonly config: unknown;
    readonly logLevel: LogLevel;
    /** Ports that living Workers of this process listen on: only these may be shared (shared_port.ts). */
    readonly sharedPorts?: readonly number[];
    /** To control; absent in control itself, which gets `peer` messages instead. */
    readonly control?: MessagePort;
  }
  /** Control was restarted: use this port from now on. */
  | { readonly kind: "control"; readonly control: MessagePort }
  /** A Worker (or main) has come, or has gone when `port` is absent: to control of all, to others of their `peers`. */
  | { readonly kind: "peer"; readonly name: string; readonly port?: MessagePort }
  | { readonly kind: "beat"; readonly sequence: number }
  | { readonly kind: "reconfigure"; readonly id: number; readonly config: unknown }
  | { readonly kind: "drain"; readonly deadlineMs: number };

/** What a Worker sends to main. */
export type FromWorker =
  | { readonly kind: "ready"; readonly listening: Readonly<Record<string, string>> }
  | { readonly kind: "log"; readonly line: string }
  | { readonly kind: "beat"; readonly sequence: number; readonly health: Health }
  | { readonly kind: "reconfigured"; readonly id: number; readonly fault?: string }
  | { readonly kind: "drained" };

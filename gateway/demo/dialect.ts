import type { Call, ConnectorState, OcppVersion, StationSpec, Transaction } from "./model.ts";
import { dialect16 } from "./dialect_16.ts";
import { dialect2 } from "./dialect_2.ts";

/** What the CSMS may make a station do. Each answers whether it will. */
export interface StationControls {
  start(badge: string): boolean;
  /** `transactionId` as the CSMS knows it. */
  stop(transactionId: string | number): boolean;
  reset(): boolean;
  /** Sends the named message soon: "BootNotification", "StatusNotification", "Heartbeat". */
  trigger(message: string): boolean;
  /** The station's settings by key; secrets are not among them. */
  readonly settings: Map<string, string>;
}

/** How a station of one OCPP version says things. Pure: builds payloads and reads answers. Times are ISO 8601. */
export interface Dialect {
  boot(spec: StationSpec, reason: "PowerUp" | "RemoteReset"): Call;
  status(state: ConnectorState, at: string): Call;
  authorize(badge: string): Call;
  authorized(answer: unknown): boolean;
  start(transaction: Transaction, at: string): () => Call;
  /** Takes what the answer to `start` says; false when the CSMS refuses the badge. */
  started(transaction: Transaction, answer: unknown): boolean;
  meter(transaction: Transaction, at: string, registerWh: number, watts: number): () => Call;
  stop(transaction: Transaction, at: string, registerWh: number, reason: "Local" | "Remote" | "Reset"): () => Call;
  /** Handlers of CSMS requests by action. A missing one is answered NotImplemented. */
  handlers(controls: StationControls): Readonly<Record<string, (payload: Record<string, unknown>) => unknown>>;
}

/** The dialect of one OCPP version; 2.0.1 and 2.1 say everything that a simulated station says in the same way. */
export function dialectOf(protocol: OcppVersion): Dialect {
  return protocol === "ocpp1.6" ? dialect16 : dialect2;
}

/** Reads the parts of a BootNotification answer that all versions share. */
export function readBootAnswer(answer: unknown): { readonly accepted: boolean; readonly intervalSeconds: number } {
  const { status, interval } = answer as { status?: unknown; interval?: unknown };
  return { accepted: status === "Accepted", intervalSeconds: typeof interval === "number" ? interval : 60 };
}

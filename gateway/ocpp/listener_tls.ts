import type { WorkerContext } from "../core/conduit.ts";
import { GatewayError } from "../core/errors.ts";
import type { OnUpgrade, OpenListener } from "./listener.ts";
import type { Reporter } from "./reporter.ts";
import type { OcppListener, OcppWorkerConfig } from "./worker_config.ts";

/** What a TLS listener works with. */
export interface TlsListenerOptions {
  readonly context: WorkerContext<OcppWorkerConfig>;
  readonly reporter: Reporter;
  readonly onUpgrade: OnUpgrade;
}

export function openTlsListener(listener: OcppListener, _options: TlsListenerOptions): Promise<OpenListener> {
  return Promise.reject(new GatewayError("SUP_START_FAILED", `no TLS yet ${listener.name}`));
}

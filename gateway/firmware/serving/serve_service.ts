import type { Health, Service, WorkerContext } from "../../core/conduit.ts";
import type { WorkerApi } from "../../core/control_api.ts";
import { ConfigError } from "../../core/errors.ts";
import type { RpcHandlers } from "../../core/rpc.ts";
import { FileDesk } from "./file_desk.ts";
import { type OpenFileListener, openHttp, openHttps } from "./http_listener.ts";
import type { FileListener, ServingConfig } from "./worker_config.ts";

/** How a protocol's listener is opened. */
export type OpenListenerOf = (
  listener: FileListener,
  options: { readonly context: WorkerContext<ServingConfig>; readonly desk: FileDesk },
) => Promise<OpenFileListener>;

/** Starts the Worker "firmware": HTTPS, and HTTP where it is excepted. */
export function startFirmware(context: WorkerContext<ServingConfig>): Promise<Service<ServingConfig>> {
  return startServing(
    context,
    (listener, options) => (listener.protocol === "https" ? openHttps : openHttp)(listener, options),
  );
}

/** Starts a Worker that serves and receives files by any protocol. */
export async function startServing(
  context: WorkerContext<ServingConfig>,
  open: OpenListenerOf,
): Promise<Service<ServingConfig>> {
  const serving = new Serving(context);
  await serving.open(open);
  return serving;
}

class Serving implements Service<ServingConfig> {
  readonly #context: WorkerContext<ServingConfig>;
  readonly #desk: FileDesk;
  readonly #open = new Map<string, OpenFileListener>();
  #isDraining = false;
  readonly handlers: RpcHandlers<WorkerApi> = {
    "firmware.close": ({ ids }) => this.#desk.close(ids),
    "trust.changed": async ({ listener, trust }) => await this.#open.get(listener)?.swap?.(trust),
  };

  constructor(context: WorkerContext<ServingConfig>) {
    this.#context = context;
    this.#desk = new FileDesk({ context, ...context.config });
  }

  get listening(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#context.config.listeners.map(({ name, protocol, host }) => {
      const shown = host.includes(":") ? `[${host}]` : host;
      return [name, `${protocol}://${shown}:${this.#open.get(name)?.port ?? 0}`];
    }));
  }

  async open(open: OpenListenerOf): Promise<void> {
    try {
      for (const listener of this.#context.config.listeners) {
        this.#open.set(listener.name, await open(listener, { context: this.#context, desk: this.#desk }));
      }
    } catch (error) {
      for (const one of this.#open.values()) one.close();
      throw error;
    }
  }

  health(): Health {
    return this.#isDraining ? { state: "degraded", why: "draining" } : { state: "ok" };
  }

  reconfigure(config: ServingConfig): Promise<void> {
    const { listeners, verified, uploads } = this.#context.config;
    if (
      JSON.stringify([listeners, verified, uploads]) !==
        JSON.stringify([config.listeners, config.verified, config.uploads])
    ) {
      return Promise.reject(new ConfigError("CFG_INVALID", "Listeners and folders need a new firmware Worker"));
    }
    this.#desk.setRates(config.rates);
    return Promise.resolve();
  }

  /** Downloads are resumed by their stations, so nothing is waited for. */
  drain(_deadlineMs: number): Promise<void> {
    this.#isDraining = true;
    for (const open of this.#open.values()) open.close();
    this.#desk.end();
    for (const open of this.#open.values()) open.destroy();
    return Promise.resolve();
  }
}

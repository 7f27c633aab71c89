/// <reference lib="deno.worker" />
import process from "node:process";
import { systemClock } from "./clock.ts";
import type { Service, WorkerContext } from "./conduit.ts";
import type { ControlApi, WorkerApi } from "./control_api.ts";
import { describeError, GatewayError } from "./errors.ts";
import { configureLogging, createLogger, type Logger } from "./log.ts";
import { createMetrics, type IsolateMetrics } from "./metrics.ts";
import { createRpc, type Rpc, type RpcHandlers, type RpcPort } from "./rpc.ts";
import { systemRandom, systemTimers } from "./timers.ts";
import type { FromWorker, ToWorker } from "./worker_protocol.ts";

/** How control is told of all Workers that come and go, and others of their `peers`. */
export type PeerListener = (name: string, port: RpcPort | undefined) => void;

/** Starts a Worker's service. `onPeer` is for those that have `peers`, and for control. */
export type StartWorker<Config> = (
  context: WorkerContext<Config>,
  onPeer: (listener: PeerListener) => void,
) => Promise<Service<Config>>;

/**
 * The body of every Worker entry file: waits for main's start message, starts the service, answers heartbeats,
 * reconfigures and drains. A start that throws ends the Worker, which the supervisor sees and restarts.
 */
export function runWorker<Config>(start: StartWorker<Config>): void {
  forbidExit();
  const worker = new WorkerBody<Config>(start);
  self.onmessage = (event: MessageEvent<ToWorker>) => worker.receive(event.data);
}

/**
 * Deno.exit, process.exit and self.close in a Worker end it without a word to the parent (measured on 2.9.6: not even
 * a port's "close" fires), so they throw instead: a throw is seen and the Worker is restarted.
 */
function forbidExit(): void {
  const refuse = (): never => {
    throw new GatewayError("SUP_WORKER_EXIT", "A Worker tried to end itself: only main ends Workers");
  };
  self.close = refuse;
  Deno.exit = refuse;
  process.exit = refuse;
}

class WorkerBody<Config> {
  readonly #start: StartWorker<Config>;
  readonly #control = new ReplaceableRpc();
  readonly #metrics: IsolateMetrics = createMetrics();
  readonly #peersBefore: [string, RpcPort | undefined][] = [];
  /** The service's own methods are added once it runs; until then a call answers RPC_UNKNOWN_METHOD. */
  readonly #handlers: RpcHandlers<WorkerApi> = {
    "metrics.snapshot": () => {
      this.#metrics.set("bulkhead_worker_heap_bytes", Deno.memoryUsage().heapUsed, { worker: this.#name });
      return this.#metrics.snapshot() as Promise<never>;
    },
    "health.get": () => this.#service?.health() ?? { state: "degraded", why: "starting" },
  };
  #name = "worker";
  #log: Logger = createLogger("worker");
  #onPeer: PeerListener = (name, port) => void this.#peersBefore.push([name, port]);
  #service: Service<Config> | undefined;

  constructor(start: StartWorker<Config>) {
    this.#start = start;
  }

  receive(message: ToWorker): void {
    switch (message.kind) {
      case "start":
        return rethrow(this.#run(message));
      case "control":
        return this.#connect(message.control);
      case "peer":
        return this.#onPeer(message.name, message.port);
      case "beat":
        return post({ kind: "beat", sequence: message.sequence, health: this.#service?.health() ?? { state: "ok" } });
      case "reconfigure":
        return rethrow(this.#reconfigure(message.id, message.config));
      case "drain":
        return rethrow(this.#drain(message.deadlineMs));
      default:
        message satisfies never;
    }
  }

  async #run(message: ToWorker & { kind: "start" }): Promise<void> {
    configureLogging((line) => post({ kind: "log", line }), message.logLevel);
    this.#name = message.name;
    this.#log = createLogger(message.name.replace(/-\d+$/, ""), { worker: message.name });
    if (message.control) this.#connect(message.control);
    const context: WorkerContext<Config> = {
      name: message.name,
      config: message.config as Config,
      control: this.#control,
      log: this.#log,
      metrics: this.#metrics,
      clock: systemClock,
      timers: systemTimers,
      random: systemRandom,
      sharedPorts: message.sharedPorts ?? [],
    };
    this.#service = await this.#start(context, (listener) => this.#listenToPeers(listener));
    Object.assign(this.#handlers, this.#service.handlers);
    this.#control.notify("worker.ready", {});
    post({ kind: "ready", listening: this.#service.listening ?? {} });
  }

  #listenToPeers(listener: PeerListener): void {
    this.#onPeer = listener;
    for (const [name, port] of this.#peersBefore.splice(0)) listener(name, port);
  }

  #connect(port: MessagePort): void {
    const rpc = createRpc<WorkerApi, ControlApi>(port, {
      handlers: this.#handlers,
      clock: systemClock,
      timers: systemTimers,
      peer: "control",
      onFault: (method, error) => this.#log.warn("worker.notification.failed", { method, msg: describeError(error) }),
    });
    this.#control.replace(rpc);
    if (this.#service) rpc.notify("worker.ready", {});
  }

  async #reconfigure(id: number, config: unknown): Promise<void> {
    try {
      if (!this.#service?.reconfigure) throw new GatewayError("SUP_START_FAILED", "This Worker cannot be reconfigured");
      await this.#service.reconfigure(config as Config);
      post({ kind: "reconfigured", id });
    } catch (error) {
      post({ kind: "reconfigured", id, fault: describeError(error) });
    }
  }

  async #drain(deadlineMs: number): Promise<void> {
    await this.#service?.drain(deadlineMs);
    post({ kind: "drained" });
  }
}

/** Control as seen by a Worker: survives control's restart; calls in between reject with RPC_PEER_GONE. */
class ReplaceableRpc implements Rpc<ControlApi> {
  #current: Rpc<ControlApi> | undefined;

  replace(next: Rpc<ControlApi>): void {
    this.#current?.close("control was restarted");
    this.#current = next;
  }

  call: Rpc<ControlApi>["call"] = (method, args, options) =>
    this.#current?.call(method, args, options) ??
      Promise.reject(new GatewayError("RPC_PEER_GONE", `Cannot call ${method}: control is not connected`));

  notify: Rpc<ControlApi>["notify"] = (method, args) => this.#current?.notify(method, args);

  close = (reason: string): void => this.#current?.close(reason);
}

function post(message: FromWorker): void {
  self.postMessage(message);
}

/** An async failure must end the Worker like a synchronous one, so that the supervisor sees it. */
function rethrow(work: Promise<void>): void {
  work.catch((error) => {
    queueMicrotask(() => {
      throw error;
    });
  });
}

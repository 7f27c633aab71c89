import type { Health, Service, WorkerContext } from "../core/conduit.ts";
import type { AcmeOutcome, AcmeTask } from "../core/control_api.ts";
import { describeError, UpstreamError } from "../core/errors.ts";
import { AcmeClient, AcmeProblem } from "./acme_client.ts";
import { changeTxt } from "./dns_endpoint.ts";
import { callHttps } from "./https_call.ts";
import { obtain } from "./obtain.ts";
import type { AcmeWorkerConfig } from "./worker_config.ts";

/** Starts the ACME Worker: it serves "acme.obtain", one run at a time, and does nothing by itself. */
export function startAcme(context: WorkerContext<AcmeWorkerConfig>): Promise<Service<AcmeWorkerConfig>> {
  return Promise.resolve(new AcmeService(context));
}

class AcmeService implements Service<AcmeWorkerConfig> {
  readonly handlers = { "acme.obtain": (task: AcmeTask) => this.#obtain(task) };
  readonly #context: WorkerContext<AcmeWorkerConfig>;
  readonly #ending = new AbortController();
  #config: AcmeWorkerConfig;
  #running: Promise<AcmeOutcome> | undefined;

  constructor(context: WorkerContext<AcmeWorkerConfig>) {
    this.#context = context;
    this.#config = context.config;
  }

  health(): Health {
    return { state: "ok" };
  }

  /** A run that is under way goes on with what it began with. */
  reconfigure(config: AcmeWorkerConfig): Promise<void> {
    this.#config = config;
    return Promise.resolve();
  }

  async drain(deadlineMs: number): Promise<void> {
    this.#ending.abort();
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#context.timers.after(deadlineMs, resolve);
    await Promise.race([this.#running, promise]);
    cancel();
  }

  async #obtain(task: AcmeTask): Promise<AcmeOutcome> {
    if (this.#running) return { issued: false, why: "another run is under way" };
    this.#running = this.#attempt(task);
    try {
      return await this.#running;
    } finally {
      this.#running = undefined;
    }
  }

  async #attempt(task: AcmeTask): Promise<AcmeOutcome> {
    const { control, timers, clock, log } = this.#context;
    const { directoryUrl, ca, dns, waitMs, uplink } = this.#config;
    const { signal } = this.#ending;
    const { run } = task;
    const call = (request: Parameters<typeof callHttps>[0]) => callHttps(request, timers, signal, uplink);
    const server = { url: directoryUrl, ...(ca === undefined ? {} : { ca }) };
    const sign = (request: Parameters<ConstructorParameters<typeof AcmeClient>[2]>[0]) =>
      control.call("acme.sign", { run, ...request });
    try {
      const chainPem = await obtain(task, {
        client: new AcmeClient(server, call, sign, clock.now),
        // The record is also removed when the run has to end, so this call does not hear of that.
        changeTxt: (change) =>
          changeTxt(
            dns,
            change,
            change.action === "set" ? call : (request) => callHttps(request, timers, NEVER, uplink),
          ),
        wait: (ms) => this.#wait(ms),
        waitMs,
        onOrdered: (order) => control.call("acme.ordered", { run, order }),
        log,
      });
      return { issued: true, chainPem };
    } catch (error) {
      const after = error instanceof AcmeProblem ? error.retryAfterSeconds : undefined;
      return {
        issued: false,
        why: describeError(error),
        ...(after === undefined ? {} : { retryAfterSeconds: after }),
        ...(signal.aborted ? { interrupted: true } : {}),
      };
    }
  }

  #wait(ms: number): Promise<void> {
    const { signal } = this.#ending;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const cancel = this.#context.timers.after(ms, resolve);
    const abort = () => reject(new UpstreamError("ACME_UNREACHABLE", "The gateway ends this run"));
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort);
    return promise.finally(() => {
      cancel();
      signal.removeEventListener("abort", abort);
    });
  }
}

const NEVER = new AbortController().signal;

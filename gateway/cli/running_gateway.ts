import { dirname, resolve } from "node:path";
import type { MainApi } from "../control/contract.ts";
import type { ControlForMain } from "../control/main_events.ts";
import { diskReaders } from "../config/disk_readers.ts";
import { diffLines } from "../config/line_diff.ts";
import { loadSite } from "../config/load.ts";
import { planReload } from "../config/reload_plan.ts";
import type { Site } from "../config/schema.ts";
import { systemClock } from "../core/clock.ts";
import type { Conduit, WorkerSpec } from "../core/conduit.ts";
import { ConfigError, describeError } from "../core/errors.ts";
import type { Logger, LogLevel } from "../core/log.ts";
import { createMetrics, type IsolateMetrics } from "../core/metrics.ts";
import { createRpc, type Rpc, type RpcHandlers } from "../core/rpc.ts";
import { spawnWorker } from "../core/spawn_worker.ts";
import { HUB, Supervisor } from "../core/supervisor.ts";
import { SUPERVISOR_LIMITS } from "../core/supervisor_limits.ts";
import { refuseWhileErasing } from "../decommission/site/progress.ts";
import { systemRandom, systemTimers } from "../core/timers.ts";
import { siteWorkers } from "./site_workers.ts";

/** What the process gives a running gateway. */
export interface GatewayOptions {
  readonly configFile: string;
  readonly conduits: readonly Conduit<Site>[];
  readonly log: Logger;
  readonly logLevel: LogLevel;
  readonly writeLog: (line: string) => void;
  /** Prints a line for whoever starts the gateway. */
  readonly announce: (line: string) => void;
  /** A Worker hangs: ends the process at once. */
  readonly onHung: (worker: string) => void;
  /** Somebody asked over the control socket to stop. */
  readonly onStop: (why: string) => void;
}

/** The whole gateway while it runs: the supervisor and the configuration it runs on. */
export class RunningGateway {
  readonly #options: GatewayOptions;
  readonly #metrics: IsolateMetrics = createMetrics();
  readonly #supervisor: Supervisor;
  #specs: readonly WorkerSpec[] = [];
  /** site.yaml as it is in force. */
  #text = "";
  #control: Rpc<ControlForMain> | undefined;
  #faultOfControl: string | undefined;
  #reloading: Promise<unknown> = Promise.resolve();

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#supervisor = new Supervisor({
      spawn: spawnWorker,
      timers: systemTimers,
      random: systemRandom,
      log: options.log,
      metrics: this.#metrics,
      logLevel: options.logLevel,
      writeLog: options.writeLog,
      onHub: (port) => this.#connect(port),
      onHung: options.onHung,
      onFault: (worker, fault) => this.#tellFault(worker, fault),
      onStable: (worker) => this.#control?.notify("worker.stable", { worker }),
    });
  }

  /**
   * Loads the configuration and starts every Worker. One that does not start is tried again for ever, so that a taken
   * port of the console is never the reason that no car charges; only without control nothing goes on.
   * @throws ConfigError, or GatewayError SUP_START_FAILED when control does not start, DECOMMISSION_REFUSED while it is erased
   */
  async start(): Promise<void> {
    const loaded = await loadSite(this.#options.configFile, diskReaders);
    await refuseWhileErasing(loaded.box.dataDir);
    this.#specs = siteWorkers(loaded, this.#options.conduits);
    this.#text = loaded.text;
    try {
      await this.#supervisor.start(this.#specs);
    } catch (error) {
      if (this.#supervisor.report()[HUB]?.state !== "ready") throw error;
    }
    this.#control?.notify("configuration.in-force", {}); // a process before this one may have refused a reload
  }

  /** Where everything listens, and the Workers that are not ready with what keeps them. */
  report(): { readonly listening: Readonly<Record<string, string>>; readonly missing: readonly string[] } {
    const workers = Object.entries(this.#supervisor.report());
    const missing = workers.filter(([, { state }]) => state !== "ready")
      .map(([name, { lastFault }]) => `${name} (${lastFault ?? "starting"})`);
    return { listening: Object.assign({}, ...workers.map(([, { listening }]) => listening ?? {})), missing };
  }

  /** Applies the configuration file as it is now, or keeps the old one; one reload at a time. */
  reload(planOnly: boolean): Promise<ReturnType<MainApi["main.reload"]>> {
    const run = this.#reloading.then(() => this.#reload(planOnly));
    this.#reloading = run.catch(() => undefined);
    return run;
  }

  /** Drains everything. */
  async stop(why: string): Promise<void> {
    try {
      await this.#control?.call("process.stopping", { why });
    } catch (error) {
      this.#options.log.warn("gateway.stop.unrecorded", { msg: describeError(error) });
    }
    await this.#supervisor.drain(SUPERVISOR_LIMITS.drainMs);
  }

  async #reload(planOnly: boolean): Promise<ReturnType<MainApi["main.reload"]>> {
    const plan: string[] = [];
    let diff: readonly string[] = [];
    try {
      const loaded = await loadSite(this.#options.configFile, diskReaders);
      diff = diffLines(this.#text, loaded.text);
      const specs = siteWorkers(loaded, this.#options.conduits);
      const { steps, faults } = planReload(this.#specs, specs);
      plan.push(...steps.filter(({ action }) => action !== "keep").map(({ sentence }) => sentence));
      if (faults.length > 0) throw new ConfigError("CFG_INVALID", "This reload needs a restart", { faults });
      if (planOnly) {
        if (plan.length === 0) this.#control?.notify("configuration.in-force", {});
        return { applied: false, faults: [], plan, diff };
      }
      await this.#supervisor.apply(steps);
      this.#specs = specs;
      this.#text = loaded.text;
      this.#control?.notify("configuration.judged", { applied: true, faults: [] });
      this.#options.log.info("gateway.configuration.applied", { changes: plan.length });
      return { applied: true, faults: [], plan, diff };
    } catch (error) {
      const faults = error instanceof ConfigError ? error.faults : [describeError(error)];
      this.#options.log.error("gateway.configuration.refused", { faults: faults.length, msg: faults[0] ?? "" });
      if (!planOnly) this.#control?.notify("configuration.judged", { applied: false, faults });
      return { applied: false, faults, plan, diff };
    }
  }

  /** After a reload that runs, never in it: that one hands control its configuration. */
  #renewControl(why: string): void {
    this.#options.log.info("gateway.control.renewed", { why });
    this.#reloading = this.#reloading.then(() => this.#supervisor.renew(HUB)).catch((error) =>
      this.#options.log.error("gateway.control.not-renewed", { msg: describeError(error) })
    );
  }

  async #filesThere(files: readonly string[]): Promise<string[]> {
    const folder = dirname(resolve(this.#options.configFile)), there: string[] = [];
    for (const file of files) {
      const isGone = await Deno.lstat(resolve(folder, file)).then(
        () => false,
        (error) => error instanceof Deno.errors.NotFound,
      );
      if (!isGone) there.push(file);
    }
    return there;
  }

  /** Control cannot record its own end: that is told to its successor. */
  #tellFault(worker: string, fault: string): void {
    if (worker === HUB) this.#faultOfControl = fault;
    else this.#control?.notify("worker.faulted", { worker, fault });
  }

  #connect(port: MessagePort): void {
    this.#control?.close("control was restarted");
    const handlers: RpcHandlers<MainApi> = {
      "main.reload": ({ planOnly }) => this.reload(planOnly),
      "main.workers": () => this.#supervisor.report(),
      "main.metrics": () => this.#metrics.snapshot() as Promise<never>,
      "main.announce": ({ line }) => this.#options.announce(line),
      "main.renew-control": ({ why }) => this.#renewControl(why),
      "main.files-there": ({ files }) => this.#filesThere(files),
      "main.stop": ({ why }) => this.#options.onStop(why),
    };
    this.#control = createRpc<MainApi, ControlForMain>(port, {
      handlers,
      clock: systemClock,
      timers: systemTimers,
      peer: "control",
      onFault: (method, error) =>
        this.#options.log.warn("gateway.notification.failed", { method, msg: describeError(error) }),
    });
    if (this.#faultOfControl === undefined) return;
    this.#control.notify("worker.faulted", { worker: HUB, fault: this.#faultOfControl });
    this.#faultOfControl = undefined;
  }
}

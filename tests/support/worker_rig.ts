import { systemClock } from "../../gateway/core/clock.ts";
import type { WorkerSpec } from "../../gateway/core/conduit.ts";
import type { ControlApi, WorkerApi } from "../../gateway/core/control_api.ts";
import { createRpc, type Rpc, type RpcHandlers } from "../../gateway/core/rpc.ts";
import { spawnWorker } from "../../gateway/core/spawn_worker.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import type { FromWorker } from "../../gateway/core/worker_protocol.ts";
import { withDeadline } from "./wait_for.ts";

/** A real Worker under exactly the permissions of its spec, with the test as main and control. */
export class WorkerRig implements AsyncDisposable {
  readonly rpc: Rpc<WorkerApi>;
  readonly logs: string[] = [];
  listening: Readonly<Record<string, string>> = {};
  readonly #unit: ReturnType<typeof spawnWorker>;
  readonly #channel = new MessageChannel();
  readonly #ready = Promise.withResolvers<void>();
  readonly #drained = Promise.withResolvers<void>();
  readonly #reconfigured = Promise.withResolvers<string | undefined>();

  private constructor(spec: WorkerSpec, handlers: RpcHandlers<ControlApi>) {
    this.rpc = createRpc<ControlApi, WorkerApi>(this.#channel.port1, {
      handlers,
      clock: systemClock,
      timers: systemTimers,
      peer: spec.name,
    });
    this.#unit = spawnWorker(spec, {
      message: (message) => this.#receive(message as FromWorker),
      fault: (why) => this.#ready.reject(new Error(why)),
    });
    const { name, config } = spec;
    this.#unit.post({ kind: "start", name, config, logLevel: "debug", control: this.#channel.port2 }, [
      this.#channel.port2,
    ]);
  }

  /** Starts the Worker and waits until it is ready, or throws what ended it. */
  static async start(spec: WorkerSpec, handlers: RpcHandlers<ControlApi> = {}): Promise<WorkerRig> {
    const rig = new WorkerRig(spec, handlers);
    try {
      await withDeadline(`${spec.name} to be ready`, rig.#ready.promise);
      return rig;
    } catch (error) {
      rig.#end();
      throw error;
    }
  }

  /** Hands over a new configuration; answers the fault if it was refused. */
  reconfigure(config: unknown): Promise<string | undefined> {
    this.#unit.post({ kind: "reconfigure", id: 1, config });
    return withDeadline("the answer to reconfigure", this.#reconfigured.promise);
  }

  /** Drains as main would. */
  async drain(): Promise<void> {
    this.#unit.post({ kind: "drain", deadlineMs: 1_000 });
    await withDeadline("the drain", this.#drained.promise);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
    this.#end();
  }

  #receive(message: FromWorker): void {
    if (message.kind === "log") this.logs.push(message.line);
    if (message.kind === "drained") this.#drained.resolve();
    if (message.kind === "reconfigured") this.#reconfigured.resolve(message.fault);
    if (message.kind !== "ready") return;
    this.listening = message.listening;
    this.#ready.resolve();
  }

  #end(): void {
    this.rpc.close("the test is over");
    this.#channel.port1.close();
    this.#unit.terminate();
  }
}

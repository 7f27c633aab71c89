import type { GoldenProfile } from "../../policies/golden_types.ts";
import type { Site } from "../config/schema.ts";
import type { Guide } from "../posture/guide_schema.ts";
import type { Box, Health, Service, WorkerContext } from "../core/conduit.ts";
import { describeError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { createRpc, type Rpc, type RpcPort } from "../core/rpc.ts";
import type { PeerListener } from "../core/worker_entry.ts";
import type { ControlFeature, MainApi } from "./contract.ts";
import { listenOnControlSocket } from "./control_socket.ts";
import { controlSocketPath } from "./data_paths.ts";
import { dispatchCommand } from "./dispatch.ts";
import { createFeatures, type Features } from "./features.ts";
import { openFoundation } from "./foundation.ts";
import type { ControlForMain } from "./main_events.ts";
import { Peers } from "./peers.ts";
import type { FileContents } from "./site_files.ts";

/** What main hands to control: the loaded configuration with the contents of the files it names. */
export interface ControlConfig {
  readonly site: Site;
  readonly box: Box;
  readonly files: FileContents;
  readonly version: string;
  /** The guides that posture judges by. */
  readonly guides: readonly Guide[];
  /** The wanted settings of models: those that come with the gateway, and the site's own. */
  readonly golden: readonly GoldenProfile[];
}

/** Starts control: keys, store, audit, alarms, all features, then the control socket. */
export async function startControl(
  worker: WorkerContext<ControlConfig>,
  onPeer: (listener: PeerListener) => void,
): Promise<Service<ControlConfig>> {
  const config = { current: worker.config };
  const features = Promise.withResolvers<Features>();
  const peers = new Peers(worker);
  const main = await meetMain(worker, onPeer, peers, features.promise);
  const foundation = await openFoundation(worker, config, peers, main);
  const created = await createFeatures(foundation, worker.config.version);
  const { all } = created;
  features.resolve(created);
  peers.open(all);
  const { audit, disk } = foundation.context;
  const socket = await listenOnControlSocket(
    controlSocketPath(config.current.box),
    (command, args, who) => dispatchCommand({ features: all, audit, disk }, command, args, who),
  );
  await audit.record({
    event: "gateway.process.started",
    class: "operation",
    who: "gateway",
    outcome: "ok",
    detail: { version: config.current.version },
  });
  return {
    listening: { control: controlSocketPath(config.current.box) },
    health: () => worstOf(all.map((feature) => feature.health?.() ?? { state: "ok" })),
    reconfigure: (next) => reconfigure(config, next, all, worker.log),
    drain: async () => {
      await socket.close();
      for (const feature of all.toReversed()) await feature.stop?.();
      await foundation.stop();
    },
  };
}

/** Main is the first peer; what it tells before the features are there waits for them. */
function meetMain(
  worker: WorkerContext<ControlConfig>,
  onPeer: (listener: PeerListener) => void,
  peers: Peers,
  features: Promise<Features>,
): Promise<Rpc<MainApi>> {
  const { promise, resolve } = Promise.withResolvers<Rpc<MainApi>>();
  const connect = (port: RpcPort) =>
    createRpc<ControlForMain, MainApi>(port, {
      handlers: {
        "worker.faulted": async (args) => await (await features).main["worker.faulted"]?.(args),
        "worker.stable": async (args) => await (await features).main["worker.stable"]?.(args),
        "configuration.in-force": async (args) => await (await features).main["configuration.in-force"]?.(args),
        "configuration.judged": async (args) => await (await features).main["configuration.judged"]?.(args),
        "process.stopping": async (args) => await (await features).main["process.stopping"]?.(args),
      },
      clock: worker.clock,
      timers: worker.timers,
      peer: "main",
      onFault: (method, error) => worker.log.warn("control.call.failed", { method, msg: describeError(error) }),
    });
  onPeer((name, port) => {
    if (name === "main") return void (port && resolve(connect(port)));
    if (port) peers.join(name, port);
    else peers.leave(name);
  });
  return promise;
}

/** All features take the new configuration, or all keep the old one (invariant 4). */
async function reconfigure(
  config: { current: ControlConfig },
  next: ControlConfig,
  features: readonly ControlFeature[],
  log: Logger,
): Promise<void> {
  const before = config.current;
  config.current = next;
  try {
    for (const feature of features) await feature.reconfigure?.(next.site);
  } catch (error) {
    config.current = before;
    for (const feature of features) await takeBack(feature, before, log);
    throw error;
  }
}

/** A feature that cannot go back is logged: what made the reload fail is what the admin must hear. */
async function takeBack(feature: ControlFeature, before: ControlConfig, log: Logger): Promise<void> {
  try {
    await feature.reconfigure?.(before.site);
  } catch (error) {
    log.error("control.feature.failed", { feature: feature.name, msg: describeError(error) });
  }
}

function worstOf(healths: readonly Health[]): Health {
  const failed = healths.find(({ state }) => state === "failed") ?? healths.find(({ state }) => state === "degraded");
  return failed ?? { state: "ok" };
}

/// <reference lib="deno.worker" />
import { runWorker } from "../worker_entry.ts";

/** What the Worker of the worker entry's test does when it starts or is reconfigured. */
export interface Orders {
  readonly start?: "throw";
  readonly reconfigure?: "throw" | "absent";
  readonly drain?: "throw";
  readonly peers?: boolean;
  /** Asks control while none is connected, and logs the code of the refusal. */
  readonly asksEarly?: boolean;
}

runWorker<Orders>(async (context, onPeer) => {
  if (context.config.start === "throw") throw new Error("cannot listen");
  const peers: string[] = [];
  if (context.config.peers) onPeer((name, port) => peers.push(`${port ? "+" : "-"}${name}`));
  context.metrics.count("bulkhead_worker_restarts_total", { worker: context.name });
  context.log.info("obedient.worker.started", { station: "CP001" });
  if (context.config.asksEarly) {
    await context.control.call("health.summary", {})
      .catch(({ code }) => context.log.warn("obedient.control.away", { code }));
  }
  let config = context.config;
  const reconfigure = async (next: Orders) => {
    if (next.reconfigure === "throw") throw new Error("not this one", { cause: new Error("bad port") });
    config = next;
  };
  return {
    listening: { obedient: "here" },
    handlers: {
      "stations.live": async () => [context.name, JSON.stringify(config), ...peers],
      "upstream.probe": async () => {
        const { ready } = await context.control.call("health.summary", {});
        return [{ step: "control", ok: ready, detail: "" }];
      },
    },
    health: () => ({ state: "degraded", why: "by order" }),
    ...config.reconfigure === "absent" ? {} : { reconfigure },
    drain: async () => {
      if (config.drain === "throw") throw new Error("cannot drain");
    },
  };
});

import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import type { ControlApi, WorkerApi } from "../core/control_api.ts";
import { nullLogger } from "../core/log.ts";
import { createRpc, type RpcPort } from "../core/rpc.ts";
import type { ControlFeature } from "./contract.ts";
import { conduitOf, Peers } from "./peers.ts";

function joinedPorts(): [RpcPort, RpcPort] {
  const a: RpcPort = { postMessage: (data) => b.onmessage?.({ data } as MessageEvent), onmessage: null };
  const b: RpcPort = { postMessage: (data) => a.onmessage?.({ data } as MessageEvent), onmessage: null };
  return [a, b];
}

function rig() {
  const time = new ManualTime();
  const told: string[] = [];
  const features: ControlFeature[] = [{
    name: "stations",
    handlers: { "audit.record": () => ({ sequence: 7 }), "health.summary": () => ({ ready: true, workers: {} }) },
    handlersFor: (worker) => ({ "stations.admit": () => ({ admit: false, rule: worker, status: 404 }) }),
    workerJoined: async (worker) => void told.push(`joined ${worker}`),
    workerLeft: async (worker) => void told.push(`left ${worker}`),
  }];
  const peers = new Peers({ log: nullLogger, clock: time, timers: time });
  const join = (name: string) => {
    const [ours, theirs] = joinedPorts();
    peers.join(name, ours);
    const rpc = createRpc<WorkerApi, ControlApi>(theirs, {
      handlers: { "stations.live": () => [name] },
      clock: time,
      timers: time,
      peer: "control",
    });
    rpc.notify("worker.ready", {});
    return rpc;
  };
  return { peers, features, told, join };
}
const ATTEMPT = { listener: "l", source: "s", stationId: "CP1", tls: true, offeredProtocols: [] };

Deno.test("peers: a Worker's conduit is its name without number and generation", () => {
  deepEqual(["ocpp-0", "ocpp-12~3", "console", "console~2"].map(conduitOf), ["ocpp", "ocpp", "console", "console"]);
});

Deno.test("peers: each kind of Worker is served only the methods open to it", async () => {
  const { peers, features, join } = rig();
  peers.open(features);
  const ocpp = join("ocpp-0");
  deepEqual(await ocpp.call("stations.admit", ATTEMPT), { admit: false, rule: "ocpp-0", status: 404 });
  await rejects(ocpp.call("health.summary", {}), { code: "RPC_UNKNOWN_METHOD" });
  const console = join("console");
  equal((await console.call("health.summary", {})).ready, true);
  await rejects(console.call("stations.admit", ATTEMPT), { code: "RPC_UNKNOWN_METHOD" });
  const hasher = join("hasher");
  for (const method of ["audit.record", "health.summary"] as const) {
    await rejects(hasher.call(method, {} as never), { code: "RPC_UNKNOWN_METHOD" });
  }
});

Deno.test("peers: a Worker that came before the features were ready is served once they are", async () => {
  const { peers, features, told, join } = rig();
  const early = join("ocpp-0");
  throws(() => peers.get("ocpp-0"), { code: "RPC_PEER_GONE" });
  peers.open(features);
  early.notify("worker.ready", {});
  deepEqual(told, ["joined ocpp-0"]);
  equal((await early.call("audit.record", {} as never)).sequence, 7);
  deepEqual(await peers.get("ocpp-0").call("stations.live", {}), ["ocpp-0"]);
});

Deno.test("peers: features hear of a Worker that leaves, and calls to it are rejected", () => {
  const { peers, features, told, join } = rig();
  peers.open(features);
  join("ocpp-0");
  join("ocpp-0~2");
  deepEqual(told, ["joined ocpp-0", "joined ocpp-0~2"]);
  deepEqual(peers.of("ocpp"), ["ocpp-0", "ocpp-0~2"]);
  peers.leave("ocpp-0");
  peers.leave("ocpp-0");
  deepEqual(told, ["joined ocpp-0", "joined ocpp-0~2", "left ocpp-0"]);
  throws(() => peers.get("ocpp-0"), { code: "RPC_PEER_GONE" });
});

Deno.test("peers: a Worker that a reload replaced is found by its plain name", async () => {
  const { peers, features, join } = rig();
  peers.open(features);
  join("courier");
  join("courier~2");
  deepEqual(await peers.get("courier").call("stations.live", {}), ["courier"]);
  peers.leave("courier");
  deepEqual(await peers.get("courier").call("stations.live", {}), ["courier~2"]);
  peers.leave("courier~2");
  throws(() => peers.get("courier"), { code: "RPC_PEER_GONE" });
});

import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { waitFor } from "../../tests/support/wait_for.ts";
import { systemClock } from "./clock.ts";
import type { ControlApi, WorkerApi } from "./control_api.ts";
import { createRpc, type Rpc } from "./rpc.ts";
import { spawnWorker } from "./spawn_worker.ts";
import type { Orders } from "./testing/obedient_worker.ts";
import { systemTimers } from "./timers.ts";
import type { FromWorker, ToWorker } from "./worker_protocol.ts";
import type { WorkerHandle } from "./worker_unit.ts";

/** A real Worker of the entry file under test, without any permission; the test is main and control. */
class Rig implements Disposable {
  readonly said: FromWorker[] = [];
  readonly faults: string[] = [];
  readonly ready: string[] = [];
  readonly #handle: WorkerHandle;
  readonly #ends: (() => void)[] = [];

  constructor(config: Orders, early: (rig: Rig) => void = () => {}) {
    const name = "obedient-0";
    const module = new URL("./testing/obedient_worker.ts", import.meta.url);
    this.#handle = spawnWorker({ name, module, permissions: {}, config, after: [] }, {
      message: (message) => this.said.push(message),
      fault: (text) => this.faults.push(text),
    });
    early(this);
    this.post({ kind: "start", name, config, logLevel: "info" });
  }

  post(message: ToWorker, transfer: MessagePort[] = []): void {
    this.#handle.post(message, transfer);
  }

  /** Connects a control of the given generation. */
  control(generation: string): Rpc<WorkerApi> {
    const { port1, port2 } = new MessageChannel();
    const rpc = createRpc<ControlApi, WorkerApi>(port1, {
      handlers: {
        "worker.ready": () => void this.ready.push(generation),
        "health.summary": () => ({ ready: generation === "second", workers: {} }),
      },
      clock: systemClock,
      timers: systemTimers,
      peer: "worker",
    });
    this.#ends.push(() => rpc.close("over"), () => port1.close());
    this.post({ kind: "control", control: port2 }, [port2]);
    return rpc;
  }

  async heard<K extends FromWorker["kind"]>(kind: K): Promise<FromWorker & { kind: K }> {
    const find = () => this.said.find((message) => message.kind === kind);
    return await waitFor(`the message ${kind}`, find) as FromWorker & { kind: K };
  }

  fault(): Promise<string> {
    return waitFor("a fault", () => this.faults[0]);
  }

  [Symbol.dispose](): void {
    for (const end of this.#ends) end();
    this.#handle.terminate();
  }
}

Deno.test("worker entry: starts its service, says where it listens, and logs with its conduit and name", async () => {
  using rig = new Rig({});
  deepEqual(await rig.heard("ready"), { kind: "ready", listening: { obedient: "here" } });
  const { event, module, worker, station } = JSON.parse((await rig.heard("log")).line);
  deepEqual([event, module, worker, station], ["obedient.worker.started", "obedient", "obedient-0", "CP001"]);
});

Deno.test("worker entry: a start that throws ends the Worker with its reason and never says ready", async () => {
  using rig = new Rig({ start: "throw" });
  match(await rig.fault(), /cannot listen/);
  equal(rig.said.some(({ kind }) => kind === "ready"), false);
});

Deno.test("worker entry: answers heartbeats with their number and the health of its service", async () => {
  using rig = new Rig({});
  await rig.heard("ready");
  rig.post({ kind: "beat", sequence: 7 });
  deepEqual(await rig.heard("beat"), { kind: "beat", sequence: 7, health: { state: "degraded", why: "by order" } });
});

Deno.test("worker entry: serves the common methods and its service's own, and no others", async () => {
  using rig = new Rig({});
  await rig.heard("ready");
  const control = rig.control("first");
  deepEqual(await control.call("health.get", {}), { state: "degraded", why: "by order" });
  const [metric] = await control.call("metrics.snapshot", {}) as unknown as [{ name: string }];
  equal(metric.name, "bulkhead_worker_restarts_total");
  deepEqual(await control.call("stations.live", {}), ["obedient-0", "{}"]);
  await rejects(control.call("flight.export", { stationId: "CP001" }), { code: "RPC_UNKNOWN_METHOD" });
});

Deno.test("worker entry: a restarted control is told that the Worker is ready, and calls go to it", async () => {
  using rig = new Rig({});
  await rig.heard("ready");
  const first = rig.control("first");
  const route = { route: {} as never, stationId: "CP001" };
  equal((await first.call("upstream.probe", route))[0]!.ok, false);
  const second = rig.control("second");
  equal((await second.call("upstream.probe", route))[0]!.ok, true);
  deepEqual(rig.ready, ["first", "second"]);
});

Deno.test("worker entry: without control a call is refused at once and the Worker lives", async () => {
  using rig = new Rig({ asksEarly: true });
  await rig.heard("ready");
  const codes = rig.said.flatMap((message) => message.kind === "log" ? [JSON.parse(message.line).code] : []);
  deepEqual(codes, [undefined, "RPC_PEER_GONE"]);
  deepEqual(rig.faults, []);
});

Deno.test("worker entry: takes a new configuration, or keeps the old one and says why with its causes", async () => {
  using rig = new Rig({});
  await rig.heard("ready");
  const control = rig.control("first");
  rig.post({ kind: "reconfigure", id: 1, config: { reconfigure: "throw" } });
  deepEqual(await rig.heard("reconfigured"), { kind: "reconfigured", id: 1, fault: "not this one: bad port" });
  deepEqual(await control.call("stations.live", {}), ["obedient-0", "{}"]);
  rig.said.length = 0;
  rig.post({ kind: "reconfigure", id: 2, config: { peers: false } });
  deepEqual(await rig.heard("reconfigured"), { kind: "reconfigured", id: 2 });
  deepEqual(await control.call("stations.live", {}), ["obedient-0", '{"peers":false}']);
  deepEqual(rig.faults, []);
});

Deno.test("worker entry: a service that cannot be reconfigured refuses and goes on", async () => {
  using rig = new Rig({ reconfigure: "absent" });
  await rig.heard("ready");
  rig.post({ kind: "reconfigure", id: 1, config: {} });
  match((await rig.heard("reconfigured")).fault ?? "", /cannot be reconfigured/);
});

Deno.test("worker entry: hears of peers that came before its service and of those that go", async () => {
  const { port1, port2 } = new MessageChannel();
  using rig = new Rig({ peers: true }, (early) => early.post({ kind: "peer", name: "ocpp-0", port: port2 }, [port2]));
  await rig.heard("ready");
  rig.post({ kind: "peer", name: "ocpp-0" });
  const seen = await rig.control("first").call("stations.live", {}) as unknown as string[];
  deepEqual(seen.slice(2), ["+ocpp-0", "-ocpp-0"]);
  port1.close();
});

Deno.test("worker entry: says that it has drained, and a drain that throws is a fault", async () => {
  using good = new Rig({});
  await good.heard("ready");
  good.post({ kind: "drain", deadlineMs: 100 });
  await good.heard("drained");
  using bad = new Rig({ drain: "throw" });
  await bad.heard("ready");
  bad.post({ kind: "drain", deadlineMs: 100 });
  match(await bad.fault(), /cannot drain/);
  ok(!bad.said.some(({ kind }) => kind === "drained"));
});

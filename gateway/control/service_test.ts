import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { runInGateway } from "../cli/control_client.ts";
import { Site } from "../config/schema.ts";
import { systemClock } from "../core/clock.ts";
import type { Service, WorkerContext } from "../core/conduit.ts";
import { nullLogger } from "../core/log.ts";
import { createMetrics } from "../core/metrics.ts";
import { createRpc, type Rpc } from "../core/rpc.ts";
import { systemRandom, systemTimers } from "../core/timers.ts";
import type { PeerListener } from "../core/worker_entry.ts";
import { withDeadline } from "../../tests/support/wait_for.ts";
import type { MainApi } from "./contract.ts";
import { controlSocketPath } from "./data_paths.ts";
import type { ControlForMain } from "./main_events.ts";
import { type ControlConfig, startControl } from "./service.ts";

const SITE = { version: 1, site: { id: "lab" } };
const STATION = { id: "CP001", ocpp: { protocols: ["ocpp1.6"], securityProfile: 3, csms: "main" } };
const OCPP = {
  listeners: [{ listen: "127.0.0.1:8444", tls: {} }],
  csms: [{ id: "main", url: "wss://csms.example/ocpp" }],
};

/** Control in this isolate on a folder of its own, with the test as main. */
class Rig implements AsyncDisposable {
  #ports: MessagePort[] = [];
  private constructor(
    readonly dir: string,
    readonly service: Service<ControlConfig>,
    readonly main: Rpc<ControlForMain>,
    ports: MessagePort[],
  ) {
    this.#ports = ports;
  }

  static configOf(dir: string, site: object): ControlConfig {
    const box = { configFile: `${dir}/site.yaml`, configDir: dir, dataDir: `${dir}/data` };
    return { site: Site.parse({ ...SITE, ...site }), box, files: {}, version: "0.1.0", guides: [], golden: [] };
  }

  /** `speed`: how many times faster than real time deadlines pass. */
  static async open(
    site: object = {},
    dir = Deno.makeTempDirSync({ prefix: "bulkhead-control-" }),
    speed = 1,
  ): Promise<Rig> {
    const { port1, port2 } = new MessageChannel();
    const main = createRpc<MainApi, ControlForMain>(port2, {
      handlers: {
        "main.workers": () => ({ "ocpp-0": { state: "ready", restarts: 0 } }),
        "main.metrics": () => [],
      },
      ...{ clock: systemClock, timers: systemTimers, peer: "control" },
    });
    const timers = { ...systemTimers, after: (ms: number, run: () => void) => systemTimers.after(ms / speed, run) };
    const context = {
      name: "control",
      config: Rig.configOf(dir, site),
      ...{ clock: systemClock, timers, random: systemRandom, log: nullLogger, metrics: createMetrics() },
    } as unknown as WorkerContext<ControlConfig>;
    const onPeer = (listener: PeerListener) => listener("main", port1);
    try {
      const service = await withDeadline("control to start", startControl(context, onPeer));
      return new Rig(dir, service, main, [port1, port2]);
    } catch (error) {
      main.close("it did not start");
      for (const port of [port1, port2]) port.close();
      throw error;
    }
  }

  command(name: string, args: Record<string, string> = {}) {
    return runInGateway(controlSocketPath({ dataDir: `${this.dir}/data` }), name, args, "eva");
  }

  /** Ends control; the folder stays for its next life. */
  async end(): Promise<void> {
    await this.service.drain(1_000);
    this.main.close("over");
    for (const port of this.#ports) port.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    await Deno.remove(this.dir, { recursive: true });
  }
}
const stationIds = async (rig: Rig) =>
  ((await rig.command("stations")).data as unknown as { id: string }[]).map(({ id }) => id);
const lines = async (rig: Rig) =>
  ((await rig.command("audit tail", { lines: "50" })).data as unknown as { lines: string[] }).lines.join("\n");

Deno.test("control service: serves commands on its socket and records its start", async () => {
  await using rig = await Rig.open();
  match((await rig.command("status")).text, /^Bulkhead 0\.1\.0 at site lab: all Workers are ready$/m);
  match(await lines(rig), /gateway\.process\.started/);
  deepEqual(rig.service.listening, { control: `${rig.dir}/data/control.sock` });
  equal(rig.service.health().state, "ok");
});

Deno.test("control service: a restart on the same folder goes on with the same audit chain", async () => {
  const first = await Rig.open();
  const { sequence } = ((await first.command("status")).data as { audit: { sequence: number } }).audit;
  await first.end();
  await using second = await Rig.open({}, first.dir);
  const after = ((await second.command("status")).data as { audit: { sequence: number } }).audit.sequence;
  equal(after > sequence, true);
  equal((await lines(second)).match(/gateway\.process\.started/g)?.length, 2);
});

Deno.test("control service: a second control on the same folder is refused, the first goes on", async () => {
  await using first = await Rig.open();
  await rejects(Rig.open({}, first.dir), { name: "StorageError" });
  match((await first.command("status")).text, /all Workers are ready/);
});

Deno.test("control service: a reload is seen by every feature", async () => {
  await using rig = await Rig.open();
  deepEqual(await stationIds(rig), []);
  await rig.service.reconfigure!(Rig.configOf(rig.dir, { ocpp: OCPP, stations: [STATION] }));
  deepEqual(await stationIds(rig), ["CP001"]);
});

Deno.test("invariant 4: a reload that one feature refuses is refused as a whole, and every feature keeps the old one", async () => {
  await using rig = await Rig.open({ ocpp: OCPP, stations: [STATION] });
  const listener = { id: "ot", listen: "127.0.0.1:8446", tls: { clientCaFile: "absent.pem" } };
  const bad = Rig.configOf(rig.dir, {
    ocpp: { ...OCPP, listeners: [listener, { listen: "127.0.0.1:8445", plaintext: "isolated-segment" }] },
    stations: [{ ...STATION, id: "CP002" }],
  });
  await rejects(rig.service.reconfigure!(bad), { code: "CFG_UNREADABLE" });
  deepEqual(await stationIds(rig), ["CP001"]);
  match((await rig.command("status")).text, /No exceptions are configured/);
});

Deno.test("control service: what main tells is recorded, also after it was told of the end", async () => {
  await using rig = await Rig.open();
  await rig.main.call("worker.faulted", { worker: "ocpp-0", fault: "boom" });
  await rig.main.call("process.stopping", { why: "SIGTERM" });
  const recorded = await lines(rig);
  match(recorded, /gateway\.worker\.faulted/);
  match(recorded, /gateway\.process\.stopped/);
});

Deno.test("control service: a drain closes the socket, so that the next life can have it", async () => {
  const rig = await Rig.open();
  await rig.end();
  await rejects(rig.command("status"), { code: "CTL_NOT_RUNNING" });
  await using again = await Rig.open({}, rig.dir);
  match((await again.command("status")).text, /all Workers are ready/);
});

Deno.test("foundation: with hald away a site that keeps its key in the TPM does not start, and says what is away", async () => {
  const dir = Deno.makeTempDirSync();
  const hal = { socket: `${dir}/hal.sock`, keyStore: "tpm" };
  await rejects(Rig.open({ hal }, dir, 50), ({ name, message }: Error) => name === "HardwareError" && message !== "");
  await Deno.remove(dir, { recursive: true });
});

Deno.test("foundation: with hald away a site that keeps its key in a file starts", async () => {
  const dir = Deno.makeTempDirSync();
  await using rig = await Rig.open({ hal: { socket: `${dir}/hal.sock`, keyStore: "file" } }, dir);
  match((await rig.command("status")).text, /Root key: /);
});

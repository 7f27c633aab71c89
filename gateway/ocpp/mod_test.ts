import { deepStrictEqual as equal, ok, rejects, throws } from "node:assert/strict";
import type { Box, SiteFiles } from "../core/conduit.ts";
import { systemClock } from "../core/clock.ts";
import type { ControlApi, StationAttempt, WorkerApi } from "../core/control_api.ts";
import { createRpc } from "../core/rpc.ts";
import { spawnWorker } from "../core/spawn_worker.ts";
import { systemTimers } from "../core/timers.ts";
import type { FromWorker } from "../core/worker_protocol.ts";
import { Site } from "../config/schema.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { ocpp } from "./mod.ts";
import { readTarget } from "./upgrade_request.ts";
import type { OcppWorkerConfig } from "./worker_config.ts";
import { admission, connectStation, FakeCsms, Peer, until } from "../../tests/support/ocpp_rig.ts";

const BOX: Box = { configFile: "/s/site.yaml", configDir: "/s", dataDir: "/s/data" };
const FILES: SiteFiles = {
  bytes: () => new Uint8Array(),
  text: () => "",
};

function site(listeners: unknown[], url = "wss://csms.example/ocpp"): Site {
  return Site.parse({
    version: 1,
    site: { id: "garage" },
    ocpp: {
      listeners,
      csms: [{ id: "main", url, ...(url.startsWith("ws:") ? { plaintext: "isolated-segment" } : {}) }],
    },
  });
}

Deno.test("ocpp conduit: a site without ocpp has no Worker", () => {
  equal(ocpp.workers(Site.parse({ version: 1, site: { id: "garage" } }), BOX, FILES), []);
});

Deno.test("ocpp conduit: one Worker per trust zone with exact permissions", () => {
  const specs = ocpp.workers(
    site([
      { listen: "10.20.0.1:8444", tls: {} },
      { listen: "[::1]:8447", tls: {} },
      { listen: "10.20.0.1:8448", tls: { clientCaFile: "certs/other.pem" } },
      { listen: "10.20.0.1:8445", plaintext: "isolated-segment" },
    ]),
    BOX,
    FILES,
  );
  equal(specs.map(({ name }) => name), ["ocpp-0", "ocpp-1", "ocpp-2"]);
  equal(specs.map(({ permissions }) => permissions.net), [
    ["10.20.0.1:8444", "[::1]:8447", "csms.example:443"],
    ["10.20.0.1:8448", "csms.example:443"],
    ["10.20.0.1:8445", "csms.example:443"],
  ]);
  for (const { permissions } of specs) {
    equal([permissions.read, permissions.write, permissions.sys], [undefined, undefined, undefined]);
  }
});

Deno.test("ocpp conduit: relays in a real Worker under its own permissions, by name and by address", async () => {
  for (const host of ["localhost", "127.0.0.1"]) {
    const csms = new FakeCsms();
    const url = `ws://${host}:${await csms.listen()}/csms`;
    const [spec] = ocpp.workers(site([{ listen: "127.0.0.1:0", plaintext: "isolated-segment" }], url), BOX, FILES);
    const { port1, port2 } = new MessageChannel();
    const faults: string[] = [];
    const { promise: ready, resolve } = Promise.withResolvers<Readonly<Record<string, string>>>();
    const { promise: drained, resolve: done } = Promise.withResolvers<void>();
    const worker = spawnWorker(spec!, {
      message: (message: FromWorker) => {
        if (message.kind === "ready") resolve(message.listening);
        if (message.kind === "drained") done();
      },
      fault: (why: string) => void faults.push(why),
    });
    const control = createRpc<ControlApi, WorkerApi>(port1, {
      handlers: {
        "stations.admit": ({ stationId }: StationAttempt) => admission(url, stationId),
        "audit.record": () => ({ sequence: 1 }),
        "badges.blocked": () => ({ key: "", hashes: [] }),
        "stations.left": () => {},
        "stations.seen": () => {},
      },
      clock: systemClock,
      timers: systemTimers,
      peer: "ocpp-0",
    });
    try {
      worker.post({ kind: "start", name: "ocpp-0", config: spec!.config, logLevel: "error", control: port2 }, [port2]);
      const listening = await Promise.race([ready, until(() => faults.length > 0, "a fault").then(() => ({}))]);
      equal(faults, []);
      const peer = await connectStation(`${Object.values(listening)[0]}/ocpp/CP001`);
      ok(peer instanceof Peer, `refused with ${peer}`);
      peer.send('[2,"1","Heartbeat",{}]');
      await until(() => csms.peers[0]?.texts.length === 1);
      const route = { csms: "main", url, graceSeconds: 0 };
      const steps = await control.call("upstream.probe", { route, stationId: "CP001" });
      equal(steps.map(({ step, ok }) => `${step} ${ok}`), ["name true", "tcp true", "http true"]);
      worker.post({ kind: "drain", deadlineMs: 1_000 });
      await drained;
      await until(() => peer.closed);
      await rejects(control.call("courier.deliver", { kind: "webhook", sink: "x", body: "" }), /No method/);
    } finally {
      control.close("test over");
      port1.close();
      worker.terminate();
      await csms.close();
    }
  }
});

Deno.test("ocpp conduit: Workers know whether ids are hidden, and stations by the addresses that they have for themselves", () => {
  const plain = { listen: "127.0.0.1:8445", plaintext: "isolated-segment" };
  const at = (id: string, address: string) => ({
    ...{ id, address },
    ocpp: { protocols: ["ocpp1.6"], securityProfile: 1, csms: "main", passwordFile: "p" },
  });
  const configOf = (more: Record<string, unknown>) => {
    const { ocpp: own, ...rest } = site([plain]);
    const stations = [at("A", "10.0.0.1"), at("B", "10.0.0.2"), at("C", "10.0.0.2"), { id: "D", address: "10.0.0.4" }];
    const parsed = Site.parse({ ...rest, stations, ocpp: { ...own, ...more } });
    return ocpp.workers(parsed, BOX, FILES)[0]!.config as OcppWorkerConfig;
  };
  equal(configOf({}).listeners[0]!.hidesStations, undefined);
  equal(configOf({ unknownStations: "unauthorized" }).listeners[0]!.hidesStations, true);
  equal(configOf({}).addresses, { "10.0.0.1": "A" });
});

Deno.test("ocpp conduit: a listener has several paths, up to its limit, and each leads to the stations", () => {
  const morePaths = Array.from({ length: OCPP_LIMITS.morePaths }, (_, i) => `/p${i}`);
  const plain = { listen: "127.0.0.1:8445", plaintext: "isolated-segment" };
  const [spec] = ocpp.workers(site([{ ...plain, path: "", morePaths }]), BOX, FILES);
  const { paths } = (spec!.config as OcppWorkerConfig).listeners[0]!;
  equal(paths, ["", ...morePaths]);
  for (const target of ["/CP001", "/p0/CP001", `/p${OCPP_LIMITS.morePaths - 1}/CP001`]) {
    equal(readTarget(target, paths), { stationId: "CP001" });
  }
  equal(readTarget("/other/CP001", paths), { status: 404, rule: "ocpp.request.path" });
  throws(() => site([{ ...plain, morePaths: [...morePaths, "/past"] }]), /morePaths/);
  throws(() => site([{ ...plain, morePaths: ["/slash/"] }]), /URL path/);
});

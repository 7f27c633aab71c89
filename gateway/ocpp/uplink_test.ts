import { deepStrictEqual as equal, match, ok, rejects } from "node:assert/strict";
import { ConnectProxy } from "../../tests/support/connect_proxy.ts";
import { admission, connectStation, FakeCsms, Peer, until } from "../../tests/support/ocpp_rig.ts";
import { TestCa } from "../../tests/support/test_ca.ts";
import { Site } from "../config/schema.ts";
import { systemClock } from "../core/clock.ts";
import type { SiteFiles } from "../core/conduit.ts";
import type { ControlApi, UpstreamRoute, WorkerApi } from "../core/control_api.ts";
import { createRpc, type Rpc } from "../core/rpc.ts";
import { spawnWorker } from "../core/spawn_worker.ts";
import { systemRandom, systemTimers } from "../core/timers.ts";
import type { FromWorker } from "../core/worker_protocol.ts";
import { UplinkDialer } from "../uplink/open_leg.ts";
import { DIRECT, uplinkOf } from "../uplink/settings.ts";
import { ocpp } from "./mod.ts";
import { type DialError, UpstreamDialer } from "./upstream.ts";

const CSMS_CA = new TestCa("CSMS CA");
const GATEWAY = CSMS_CA.client("CP001");
const POWERS = { clock: systemClock, timers: systemTimers, random: systemRandom };
const BOX = { configFile: "/s/site.yaml", configDir: "/s", dataDir: "/s/data" };

function secureCsms(): FakeCsms {
  const { certPem: cert, keyPem: key } = CSMS_CA.server(["csms.invalid"]);
  return new FakeCsms({ cert, key, ca: [CSMS_CA.pem], requestCert: true, rejectUnauthorized: true });
}

/** Runs one OCPP Worker of a site behind a proxy, with exactly the permissions that the site gives it. */
async function withWorker(
  proxy: ConnectProxy,
  route: UpstreamRoute,
  run: (url: string, control: Rpc<WorkerApi>) => Promise<void>,
): Promise<void> {
  const scheme = proxy.options.tls ? "https" : "http";
  const site = Site.parse({
    version: 1,
    site: { id: "garage" },
    network: {
      uplink: { proxy: { url: `${scheme}://localhost:${proxy.port}`, caFile: "ca", credentialsFile: "proxy" } },
    },
    ocpp: {
      listeners: [{ listen: "127.0.0.1:0", plaintext: "isolated-segment" }],
      csms: [{ id: "main", url: route.url }],
    },
  });
  const files: SiteFiles = {
    text: () => proxy.ca.pem,
    bytes: () => new TextEncoder().encode(proxy.options.credentials ?? "nobody:nothing"),
  };
  const [spec] = ocpp.workers(site, BOX, files);
  equal(spec!.permissions.net, ["127.0.0.1:0", `localhost:${proxy.port}`], "the CSMS itself is out of reach");
  const { port1, port2 } = new MessageChannel();
  const { promise: ready, resolve, reject } = Promise.withResolvers<Readonly<Record<string, string>>>();
  const worker = spawnWorker(spec!, {
    message: (message: FromWorker) => message.kind === "ready" && resolve(message.listening),
    fault: (why: string) => reject(new Error(why)),
  });
  const control = createRpc<ControlApi, WorkerApi>(port1, {
    handlers: {
      "stations.admit": ({ stationId }) => admission(route.url, stationId, { upstream: route }),
      "audit.record": () => ({ sequence: 1 }),
      "badges.blocked": () => ({ key: "", hashes: [] }),
      "alarm.raise": () => {},
      "stations.left": () => {},
      "stations.seen": () => {},
    },
    clock: systemClock,
    timers: systemTimers,
    peer: "ocpp-0",
  });
  try {
    worker.post({ kind: "start", name: "ocpp-0", config: spec!.config, logLevel: "error", control: port2 }, [port2]);
    await run(`${Object.values(await ready)[0]}/ocpp`, control);
  } finally {
    control.close("test over");
    port1.close();
    worker.terminate();
  }
}

const secureRoute = (port: number): UpstreamRoute => ({
  csms: "main",
  url: `wss://csms.invalid:${port}/ocpp`,
  caPem: [CSMS_CA.pem],
  clientCertificate: { certPem: GATEWAY.certPem, keyPem: GATEWAY.keyPem },
  graceSeconds: 0,
});

for (const tls of [false, true]) {
  Deno.test(`T6: a Worker reaches a CSMS by name through a ${tls ? "TLS" : "plain"} proxy, without DNS or a right to it`, async () => {
    const csms = secureCsms();
    const port = await csms.listen();
    await using proxy = await ConnectProxy.up({ tls, credentials: "gw:s3cret", hosts: { "csms.invalid": port } });
    await withWorker(proxy, secureRoute(port), async (url, control) => {
      const peer = await connectStation(`${url}/CP001`);
      ok(peer instanceof Peer, `refused with ${peer}`);
      const call =
        '[2,"1","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"x","sampledValue":[{"value":"1.0"}]}]}]';
      peer.send(call);
      await until(() => csms.peers[0]?.texts.length === 1);
      equal([csms.peers[0]!.texts[0], csms.peers[0]!.request!.url], [call, "/ocpp/CP001"]);
      equal(proxy.asked, [`csms.invalid:${port}`]);
      const steps = await control.call("upstream.probe", { route: secureRoute(port), stationId: "CP001" });
      equal(steps.map(({ step, ok }) => `${step} ${ok}`), ["proxy true", "tls true", "http true"]);
      proxy.cut();
      await until(() => peer.closed, "the station is told");
      equal(peer.closed!.code, 1001);
      peer.socket.terminate();
    });
    await csms.close();
  });
}

Deno.test("uplink: with a zone, a Worker's connections to a CSMS come from the zone's address, and keep themselves alive", async () => {
  const csms = new FakeCsms();
  const url = `ws://127.0.0.1:${await csms.listen()}/x`;
  const zones = [{ id: "wan", role: "uplink", interface: "lo", address: "127.0.0.77/8" }];
  const site = Site.parse({ version: 1, site: { id: "garage" }, network: { zones, uplink: { zone: "wan" } } });
  const uplink = uplinkOf(site, { text: () => "", bytes: () => new Uint8Array() });
  const dialler = new UpstreamDialer(65_536, new UplinkDialer(uplink, systemTimers), POWERS);
  const leg = await dialler.dial({
    route: { csms: "main", url, graceSeconds: 0 },
    stationId: "CP001",
    protocols: ["ocpp1.6"],
    deflate: true,
  });
  equal(csms.peers[0]!.request!.socket.remoteAddress, "127.0.0.77");
  // proc(5), net/tcp: local address, remote address, state 01 (established), queues, timer 02 (keep-alive)
  match(await Deno.readTextFile("/proc/net/tcp"), / 4D00007F:\S+ 0100007F:\S+ 01 \S+ 02:/);
  leg.socket.terminate();
  await csms.close();
});

Deno.test("uplink: a proxy that refuses is named by why, and the station is told to come again", async () => {
  await using proxy = await ConnectProxy.up({ answer: "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n" });
  await withWorker(proxy, secureRoute(443), async (url, control) => {
    equal(await connectStation(`${url}/CP001`), 503);
    const steps = await control.call("upstream.probe", { route: secureRoute(443), stationId: "CP001" });
    equal(steps.map(({ step, ok }) => `${step} ${ok}`), ["proxy false"]);
    match(steps[0]!.detail, /answered 403 to CONNECT csms\.invalid:443/);
  });
});

Deno.test("uplink: what the proxy carries is still proven to be the CSMS", async () => {
  const { certPem: cert, keyPem: key } = new TestCa("Other").server(["csms.invalid"]);
  const impostor = new FakeCsms({ cert, key });
  const port = await impostor.listen();
  await using proxy = await ConnectProxy.up({ hosts: { "csms.invalid": port } });
  const uplink = new UplinkDialer({ ...DIRECT, proxy: proxy.settings }, systemTimers);
  const dialled = new UpstreamDialer(65_536, uplink, POWERS).dial({
    route: secureRoute(port),
    stationId: "CP001",
    protocols: ["ocpp1.6"],
    deflate: true,
  });
  await rejects(dialled, (error: DialError) => error.securityEvent === "InvalidCentralSystemCertificate");
  equal(impostor.peers.length, 0);
  await impostor.close();
});

Deno.test("uplink: a metered leg compresses what a usual one would not", async () => {
  const csms = new FakeCsms();
  const url = `ws://127.0.0.1:${await csms.listen()}/x`;
  const dial = (deflateBytes?: number) => {
    const uplink = { ...DIRECT, ...(deflateBytes === undefined ? {} : { deflateBytes }) };
    return new UpstreamDialer(65_536, new UplinkDialer(uplink, systemTimers), POWERS).dial({
      route: { csms: "main", url, graceSeconds: 0 },
      stationId: "CP001",
      protocols: ["ocpp1.6"],
      deflate: true,
    });
  };
  const message = JSON.stringify([2, "1", "MeterValues", { values: "1234567890".repeat(60) }]);
  const received: number[] = [];
  for (const threshold of [undefined, 128]) {
    const leg = await dial(threshold);
    const { socket } = csms.peers.at(-1)!.request!;
    const before = socket.bytesRead;
    leg.socket.send(message, { binary: false });
    await until(() => csms.peers.at(-1)!.texts.length === 1);
    received.push(socket.bytesRead - before);
    leg.socket.terminate();
  }
  ok(received[0]! > 600 && received[1]! < 200, received.join(" "));
  await csms.close();
});

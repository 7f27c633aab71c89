import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { Buffer } from "node:buffer";
import { TestCa } from "../../tests/support/test_ca.ts";
import type { WorkerContext } from "../core/conduit.ts";
import type { ProbeResult, ProbeTask } from "../core/probe_api.ts";
import { systemRandom, systemTimers, type Timers } from "../core/timers.ts";
import { readCertificate } from "../pki/certificate.ts";
import { Site } from "../config/schema.ts";
import { PROBE_LIMITS } from "./limits.ts";
import { probe } from "./mod.ts";
import { startProbe } from "./service.ts";
import type { ProbeWorkerConfig } from "./worker_config.ts";

const HOST = "127.0.0.1";

/** The Worker's service with pauses that take no time, and short patience; `waits` are the pauses that were wanted. */
function up() {
  const waits: number[] = [];
  const timers: Timers = {
    ...systemTimers,
    after: (ms, run) => {
      waits.push(ms);
      return systemTimers.after(ms <= PROBE_LIMITS.gapMs ? 0 : ms / 10, run);
    },
  };
  const config: ProbeWorkerConfig = { stations: { CP001: HOST } };
  const service = startProbe({ config, random: systemRandom, timers } as WorkerContext<ProbeWorkerConfig>);
  const look = async (task: Partial<ProbeTask>): Promise<ProbeResult> =>
    await service.handlers!["probe.look"]!({ station: "CP001", address: HOST, ports: [], ...task });
  return { service, look, waits };
}

/** A server on a port of its own; ends with what connected to it. */
async function serve(server: Server): Promise<AsyncDisposable & { readonly port: number; readonly accepted: number }> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  server.on("connection", (socket: Socket) => {
    accepted++;
    sockets.add(socket);
    socket.on("error", () => {});
  }).on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  return {
    port: (server.address() as { readonly port: number }).port,
    get accepted() {
      return accepted;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const CA = new TestCa("probe");
const page = (options: TlsOptions = {}) => {
  const { certPem: cert, keyPem: key } = CA.server([HOST]);
  return serve(createTlsServer({ cert, key, ...options }));
};

Deno.test("probe: an open port is open, one that nobody listens on is closed, each asked once with a pause between", async () => {
  await using open = await serve(createTcpServer());
  const gone = await serve(createTcpServer());
  await gone[Symbol.asyncDispose]();
  const { look, waits } = up();
  deepEqual((await look({ ports: [open.port, gone.port] })).ports, [[open.port, "open"], [gone.port, "closed"]]);
  equal(open.accepted, 1);
  const pauses = waits.filter((ms) => ms === PROBE_LIMITS.gapMs || ms === PROBE_LIMITS.refusedGapMs);
  deepEqual(pauses, [PROBE_LIMITS.gapMs, PROBE_LIMITS.refusedGapMs]);
});

Deno.test("probe: a page that takes TLS 1.2 and 1.3, and nothing older, with its certificate", async () => {
  await using server = await page();
  const { tls } = await up().look({ tlsPort: server.port });
  deepEqual(tls?.versions, ["1.2", "1.3"]);
  equal(readCertificate(new Uint8Array(Buffer.from(tls!.certificate!, "base64"))).version, 3);
});

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(`probe: a page that takes ${version} alone`, async () => {
    await using server = await page({ minVersion: version, maxVersion: version });
    deepEqual((await up().look({ tlsPort: server.port })).tls?.versions, [version.slice(4)]);
  });
}

Deno.test("probe: a port that speaks first or says something else is no TLS; one that says nothing took none", async () => {
  await using ssh = await serve(createTcpServer((socket) => socket.write("SSH-2.0-dropbear\r\n")));
  await using mute = await serve(createTcpServer());
  const { look } = up();
  deepEqual((await look({ tlsPort: ssh.port })).tls, { versions: [], isOther: true });
  deepEqual((await look({ tlsPort: mute.port })).tls, { versions: [], isOther: false });
});

Deno.test("probe: a page that floods is cut at its limit and no answer", async () => {
  const flood = Buffer.alloc(PROBE_LIMITS.helloBytes, 0);
  flood.set([22, 3, 3, 0x40, 0, 2, 0, 0x3f, 0xfc]);
  await using server = await serve(createTcpServer((socket) => void socket.write(Buffer.concat([flood, flood]))));
  deepEqual((await up().look({ tlsPort: server.port })).tls?.versions, []);
});

const REFUSED: readonly (readonly [what: string, task: Partial<ProbeTask>])[] = [
  ["a station that site.yaml does not name", { station: "CP404" }],
  ["another address than the station's own", { address: "127.0.0.2" }],
  ["more ports than the limit", { ports: Array.from({ length: PROBE_LIMITS.ports + 1 }, (_, at) => at + 1) }],
];
for (const [what, task] of REFUSED) {
  Deno.test(`probe: refused, and nothing is dialled: ${what}`, async () => {
    const { look, waits } = up();
    await rejects(look(task), { code: "PROBE_REFUSED" });
    deepEqual(waits, []);
  });
}

Deno.test("probe: one look at a time; after the last reload only its stations; a drain waits for the look that runs", async () => {
  await using open = await serve(createTcpServer());
  const { look, service } = up();
  const order: string[] = [];
  await Promise.all([
    look({ ports: [open.port, open.port] }).then(() => order.push("first")),
    look({ ports: [open.port] }).then(() => order.push("second")),
  ]);
  deepEqual(order, ["first", "second"]);
  const running = look({ ports: [open.port] });
  await service.drain(1_000);
  equal((await running).ports.length, 1);
  await rejects(look({ ports: [open.port] }), { code: "PROBE_REFUSED" });
  await service.reconfigure!({ stations: {} });
  deepEqual(service.health(), { state: "ok" });
});

Deno.test("probe: its Worker exists only where site.yaml wants looks, and may reach the stations' own addresses alone", () => {
  const workers = (more: object) => {
    const stations = [{ id: "CP001", address: "10.0.0.1" }, { id: "CP002" }, { id: "CP003", address: "fd00::1" }];
    return probe.workers(Site.parse({ version: 1, site: { id: "lab" }, stations, ...more }), {} as never, {} as never);
  };
  deepEqual(workers({}), []);
  deepEqual(workers({ posture: { probe: {} }, stations: [] }), []);
  const [worker, ...others] = workers({ posture: { probe: {} } });
  equal(others.length, 0);
  deepEqual(worker!.permissions, { net: ["10.0.0.1"] });
  deepEqual(worker!.config, { stations: { CP001: "10.0.0.1" } });
  ok(worker!.module.href.endsWith("/gateway/probe/worker.ts"));
});

Deno.test("probe: as many ports as the limit are looked at, in the order in which they were asked for", async () => {
  const gone = await serve(createTcpServer());
  await gone[Symbol.asyncDispose]();
  const ports = Array.from({ length: PROBE_LIMITS.ports }, () => gone.port);
  const { ports: found } = await up().look({ ports });
  deepEqual([found.length, new Set(found.map(([, state]) => state))], [PROBE_LIMITS.ports, new Set(["closed"])]);
});

Deno.test("probe: a page that ends each connection at once took no TLS, and the look goes on", async () => {
  await using server = await serve(createTcpServer((socket) => void socket.end()));
  const { look } = up();
  deepEqual((await look({ tlsPort: server.port })).tls, { versions: [], isOther: false });
  ok(server.accepted >= 4, "each version was asked for");
});

Deno.test("probe: a page that breaks each connection took no TLS", async () => {
  await using server = await serve(createTcpServer((socket) => void socket.destroy()));
  deepEqual((await up().look({ tlsPort: server.port })).tls?.versions, []);
});

Deno.test("probe: a page that is gone when its turn comes took no TLS and shows no certificate", async () => {
  const gone = await page();
  await gone[Symbol.asyncDispose]();
  deepEqual((await up().look({ tlsPort: gone.port })).tls, { versions: [], isOther: false });
});

Deno.test("probe: a certificate that is over is shown all the same: judging it is for others", async () => {
  const over = Date.UTC(2021, 0, 1), { certPem: cert, keyPem: key } = CA.server([HOST], { notAfter: over });
  await using server = await serve(createTlsServer({ cert, key }));
  const { tls } = await up().look({ tlsPort: server.port });
  equal(readCertificate(new Uint8Array(Buffer.from(tls!.certificate!, "base64"))).notAfter, over);
});

Deno.test("probe: a page is asked for each version once, oldest first, with a pause after each", async () => {
  const asked: number[] = [];
  await using server = await serve(createTcpServer((socket) => {
    // a server of TLS 1.0 alone: whatever is asked for, it answers with its own version
    socket.once("data", (hello: Buffer) => {
      asked.push(hello[9]! << 8 | hello[10]!);
      const body = [3, 1, ...new Array<number>(32).fill(7), 0, 0, 0x2f, 0];
      const message = [2, 0, 0, body.length, ...body];
      socket.end(new Uint8Array([22, 3, 1, 0, message.length, ...message]));
    });
  }));
  const { look, waits } = up();
  const { tls } = await look({ tlsPort: server.port });
  deepEqual(tls?.versions, ["1.0"], "an answer with another version than the one asked for is none of it");
  deepEqual(asked.slice(0, 4), [0x0301, 0x0302, 0x0303, 0x0303]);
  equal(waits.filter((ms) => ms === PROBE_LIMITS.gapMs).length, 4);
});

Deno.test("probe: after a reload a station is looked at at its new address, and not at the old one", async () => {
  const { look, service } = up();
  await service.reconfigure!({ stations: { CP001: "127.0.0.3" } });
  await rejects(look({ ports: [1] }), { code: "PROBE_REFUSED" });
  deepEqual((await look({ address: "127.0.0.3", ports: [] })).ports, []);
});

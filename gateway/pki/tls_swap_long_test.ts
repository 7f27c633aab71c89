import { strict as assert } from "node:assert";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect as connectTcp, createServer } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { TestCa, type TestCertificate } from "../../tests/support/test_ca.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import type { ListenerTrust } from "../core/control_api.ts";
import { nullMetrics } from "../core/metrics.ts";
import type { HandshakeFailure } from "./handshake_failure.ts";
import { PKI_LIMITS } from "./limits.ts";
import { identityOf } from "./server_identity.ts";
import { createTlsEndpoint, type TlsEndpoint } from "./tls_listener.ts";

const ca = new TestCa();
const trustOf = ({ certPem, keyPem }: TestCertificate, serials: readonly string[] = []): ListenerTrust => ({
  identities: [identityOf(certPem, keyPem)],
  clientCas: [ca.pem],
  denied: { fingerprints: [], serials },
  organizations: [],
});

interface Fixture extends AsyncDisposable {
  readonly endpoint: TlsEndpoint;
  readonly time: ManualTime;
  readonly failures: HandshakeFailure[];
  /** Upgraded sockets of the server by the common name of the station. */
  readonly live: Map<string, TLSSocket>;
  /** Requests that were never answered. */
  readonly hanging: string[];
}

/** A listener in manual time: upgrades echo, "/hang" is never answered, all else is. */
async function open(trust: ListenerTrust): Promise<Fixture> {
  const fixture = {
    time: new ManualTime(Date.now()),
    failures: [],
    live: new Map(),
    hanging: [],
  } as unknown as Fixture;
  const { time, failures, live, hanging } = fixture;
  const endpoint: TlsEndpoint = await createTlsEndpoint({
    ...{ name: "test", host: "127.0.0.1", port: 0, trust, askForCertificate: true },
    ...{ clock: time, timers: time, metrics: nullMetrics, onFailure: (failure) => failures.push(failure) },
    serve: (tls) => {
      const server = createHttpsServer({ ...tls }, (request, response) => {
        if (request.url === "/hang") hanging.push(request.url);
        else response.end("served");
      });
      server.on("upgrade", (_request, socket) => {
        const verdict = endpoint.judge(socket as TLSSocket);
        live.set(verdict.ok ? verdict.commonName : verdict.rule, socket as TLSSocket);
        socket.on("error", () => socket.destroy());
        socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n");
        socket.on("data", (chunk) => socket.write(chunk));
      });
      return server;
    },
  });
  return Object.assign(fixture, {
    endpoint,
    [Symbol.asyncDispose]: () => {
      for (const socket of live.values()) socket.destroy();
      endpoint.close();
      return Promise.resolve();
    },
  });
}

interface Client {
  readonly socket: TLSSocket;
  /** All that came back. */
  text(): string;
  isClosed(): boolean;
}

function connectClient(port: number, more: { cert?: string; key?: string } = {}): Promise<Client> {
  const { promise, resolve, reject } = Promise.withResolvers<Client>();
  let text = "", closed = false;
  const client = { text: () => text, isClosed: () => closed };
  const where = { port, host: "127.0.0.1", servername: "localhost", ca: [ca.pem] };
  const socket = connectTls({ ...where, ...more }, () => resolve({ socket, ...client }));
  socket.on("data", (chunk) => text += chunk);
  socket.on("error", reject);
  socket.on("close", () => closed = true);
  return promise;
}

const fingerprint = ({ socket }: Client) =>
  socket.getPeerCertificate().fingerprint256.replaceAll(":", "").toLowerCase();

async function upgrade(fixture: Fixture, station: TestCertificate): Promise<Client> {
  const client = await connectClient(fixture.endpoint.port, { cert: station.certPem, key: station.keyPem });
  client.socket.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n");
  await waitFor("the upgrade", () => client.text().includes("101"));
  return client;
}

Deno.test("invariant 4: 200 live connections stay through two trust swaps, and only the revoked one is judged so", async () => {
  await using fixture = await open(trustOf(ca.server(["localhost"])));
  const stations = Array.from({ length: 200 }, (_, index) => ca.client(`CP${index}`));
  const clients: Client[] = [];
  while (clients.length < stations.length) {
    const some = stations.slice(clients.length, clients.length + 20);
    clients.push(...await Promise.all(some.map((station) => upgrade(fixture, station))));
  }
  const second = ca.server(["localhost"]);
  await fixture.endpoint.swap(trustOf(ca.server(["localhost"])));
  await fixture.endpoint.swap(trustOf(second, [stations[7]!.serial]));
  fixture.time.advance(PKI_LIMITS.retireMs);
  for (const [index, { socket }] of clients.entries()) socket.write(`still here ${index}.`);
  await waitFor("every echo", () => clients.every((client, index) => client.text().endsWith(`still here ${index}.`)));
  const judged = [...fixture.live].map(([id, socket]) => ({ id, verdict: fixture.endpoint.judge(socket) }));
  const refused = judged.filter(({ verdict }) => !verdict.ok);
  assert.deepEqual(refused.map(({ id, verdict }) => [id, !verdict.ok && verdict.rule]), [["CP7", "peer.revoked"]]);
  const fresh = await connectClient(fixture.endpoint.port);
  assert.equal(fingerprint(fresh), second.fingerprint, "who comes now sees the newest certificate");
  assert.deepEqual(fixture.failures, []);
  for (const { socket } of [...clients, fresh]) socket.destroy();
});

Deno.test("pki limits: a request of before a swap may be answered for 60 s, then its connection ends", async () => {
  await using fixture = await open(trustOf(ca.server(["localhost"])));
  const client = await connectClient(fixture.endpoint.port);
  client.socket.write("GET /hang HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await waitFor("the request", () => fixture.hanging.length === 1);
  await fixture.endpoint.swap(trustOf(ca.server(["localhost"])));
  fixture.time.advance(PKI_LIMITS.retireMs - 1);
  const other = await connectClient(fixture.endpoint.port);
  other.socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await waitFor("an answer by the new certificate", () => other.text().includes("served"));
  assert.equal(client.isClosed(), false);
  fixture.time.advance(1);
  await waitFor("the end", () => client.isClosed());
  assert.equal(other.isClosed(), false);
  assert.equal(fixture.time.armed, 0);
  other.socket.destroy();
});

Deno.test("pki limits: a handshake may take 10 s, one millisecond more ends it", async () => {
  await using fixture = await open(trustOf(ca.server(["localhost"])));
  const socket = connectTcp(fixture.endpoint.port, "127.0.0.1", () => void socket.write("\x16\x03\x01"));
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  socket.on("error", () => socket.destroy());
  socket.on("end", () => socket.destroy());
  socket.resume();
  await waitFor("the connection", () => fixture.time.armed === 1);
  fixture.time.advance(PKI_LIMITS.handshakeMs - 1);
  assert.deepEqual(fixture.failures, []);
  fixture.time.advance(1);
  await closed;
  assert.deepEqual(fixture.failures.map(({ reason }) => reason), ["HandshakeTimeout"]);
});

/** The first flight of a real client, long enough for many crumbs. */
async function helloBytes(): Promise<Uint8Array> {
  const server = createServer();
  const first = new Promise<Uint8Array>((resolve) =>
    server.on("connection", (socket) => {
      socket.on("error", () => socket.destroy());
      socket.once("data", (data: Uint8Array) => {
        resolve(new Uint8Array(data));
        socket.destroy();
      });
    })
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const ALPNProtocols = Array.from({ length: 60 }, (_, index) => `a-protocol-${index}`);
  const { port } = server.address() as AddressInfo;
  const client = connectTls({ port, host: "127.0.0.1", servername: "localhost", ALPNProtocols });
  client.on("error", () => client.destroy());
  const bytes = await first;
  client.destroy();
  await new Promise((resolve) => server.close(resolve));
  return bytes;
}

/** A round trip over a connection of its own: whatever was sent before it has been read by then. */
async function openEcho(): Promise<{ roundTrip(): Promise<void>; close(): void }> {
  const server = createServer((socket) => void socket.on("error", () => socket.destroy()).pipe(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const client = connectTcp({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", noDelay: true });
  return {
    roundTrip: () =>
      new Promise((resolve) => {
        client.once("data", () => resolve());
        client.write("x");
      }),
    close: () => {
      client.destroy();
      server.close();
    },
  };
}

/** Sends the hello in pieces of this size, each read before the next; answers how many bytes came back. */
async function sendInCrumbs({ endpoint }: Fixture, hello: Uint8Array, size: number): Promise<number> {
  let answered = 0, closed = false;
  const echo = await openEcho();
  const socket = connectTcp({ port: endpoint.port, host: "127.0.0.1", noDelay: true });
  socket.on("data", (chunk: Uint8Array) => answered += chunk.length);
  socket.on("error", () => socket.destroy());
  socket.on("end", () => socket.destroy());
  socket.on("close", () => closed = true);
  for (let at = 0; at < hello.length && !closed; at += size) {
    await new Promise<void>((resolve) => socket.write(hello.subarray(at, at + size), () => resolve()));
    await echo.roundTrip();
  }
  await waitFor("an answer or the end", () => closed || answered > 0);
  socket.destroy();
  echo.close();
  return answered;
}

Deno.test("pki limits: a ClientHello in 64 pieces is answered, one in crumbs of a byte is not worth the parsing", async () => {
  await using fixture = await open(trustOf(ca.server(["localhost"])));
  const hello = await helloBytes();
  assert.ok(hello.length > 8 * PKI_LIMITS.helloChunks);
  assert.ok(await sendInCrumbs(fixture, hello, Math.ceil(hello.length / PKI_LIMITS.helloChunks)) > 0);
  assert.equal(fixture.failures.filter(({ detail }) => detail?.includes("crumbs")).length, 0);
  assert.equal(await sendInCrumbs(fixture, hello, 1), 0);
  await waitFor("the event", () => fixture.failures.some(({ detail }) => detail?.includes("crumbs")));
});

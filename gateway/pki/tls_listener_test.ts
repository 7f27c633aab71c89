import { strict as assert } from "node:assert";
import { X509Certificate } from "node:crypto";
import { EventEmitter } from "node:events";
import { connect as connectTcp } from "node:net";
import { connect as connectTls, type Server as TlsServer, type TLSSocket } from "node:tls";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { makeTestKey, type TestCertificate } from "../../tests/support/test_ca.ts";
import { ca, ec, type Fixture, openListener, other, rsa, trustOf } from "../../tests/support/tls_listener_rig.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import type { ListenerTrust, ServerIdentity } from "../core/control_api.ts";
import { nullMetrics } from "../core/metrics.ts";
import { testHandshake } from "./handshake_probe.ts";
import { PKI_LIMITS } from "./limits.ts";

const GET = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/** A raw TCP client; resolves when the server closed it. */
function rawClient(port: number, send: string | undefined): { closed: Promise<void>; end: () => void } {
  const socket = connectTcp(port, "127.0.0.1", () => void (send === undefined ? 0 : socket.write(send)));
  const closed = new Promise<void>((resolve) => {
    socket.on("close", () => resolve());
    socket.on("end", () => socket.destroy());
    socket.on("error", () => socket.destroy());
    socket.resume();
  });
  return { closed, end: () => void socket.end() };
}

Deno.test("tls listener: plain HTTP is closed with one event NotTls", async () => {
  await using fixture = await openListener(trustOf(ec));
  await rawClient(fixture.endpoint.port, GET).closed;
  assert.deepEqual(fixture.failures.map(({ reason }) => reason), ["NotTls"]);
});

Deno.test("tls listener: a client that says nothing is closed after the handshake time", async () => {
  const time = new ManualTime(Date.now());
  await using fixture = await openListener(trustOf(ec), { clock: time, timers: time, limits: { handshakeMs: 10_000 } });
  const { closed } = rawClient(fixture.endpoint.port, "\x16\x03\x01");
  await waitFor("the listener to get there", () => time.armed > 0);
  time.advance(9_999);
  assert.deepEqual(fixture.failures, []);
  time.advance(1);
  await closed;
  assert.deepEqual(fixture.failures.map(({ reason }) => reason), ["HandshakeTimeout"]);
  assert.equal(time.armed, 0);
});

Deno.test("tls listener: a port check without a byte makes no event", async () => {
  const counted: string[] = [];
  const metrics = {
    ...nullMetrics,
    count: (_name: string, labels = {}) => void counted.push(Object.values(labels).join()),
  };
  await using fixture = await openListener(trustOf(ec), { metrics });
  const { closed, end } = rawClient(fixture.endpoint.port, undefined);
  end();
  await closed;
  await waitFor("the listener to get there", () => counted.length > 0);
  assert.deepEqual([counted, fixture.failures], [["test,NoBytes"], []]);
});

Deno.test("tls listener: as many handshakes at a time as allowed, one more is refused", async () => {
  const time = new ManualTime(Date.now());
  await using fixture = await openListener(trustOf(ec), {
    clock: time,
    timers: time,
    limits: { pendingHandshakes: 2 },
  });
  const waiting = [rawClient(fixture.endpoint.port, "\x16"), rawClient(fixture.endpoint.port, "\x16")];
  await waitFor("the listener to get there", () => time.armed === 2);
  await rawClient(fixture.endpoint.port, "\x16").closed;
  assert.deepEqual(fixture.failures.map(({ reason }) => reason), ["TooManyHandshakes"]);
  time.advance(10_000);
  await Promise.all(waiting.map(({ closed }) => closed));
});

Deno.test("tls listener: as many connections as allowed, one more is closed", async () => {
  const time = new ManualTime(Date.now());
  await using fixture = await openListener(trustOf(ec), { clock: time, timers: time, limits: { connections: 2 } });
  const held = [rawClient(fixture.endpoint.port, "\x16"), rawClient(fixture.endpoint.port, "\x16")];
  await waitFor("both to be accepted", () => time.armed === 2);
  await rawClient(fixture.endpoint.port, "\x16").closed;
  assert.equal(time.armed, 2);
  time.advance(10_000);
  await Promise.all(held.map(({ closed }) => closed));
});

Deno.test("invariant 9: handshakes are limited per source, a flood makes one event", async () => {
  const time = new ManualTime(Date.now());
  const limits = { handshakeBurst: 2, handshakesPerSecond: 1 };
  await using fixture = await openListener(trustOf(ec), { clock: time, timers: time, limits });
  for (let i = 0; i < 6; i++) await rawClient(fixture.endpoint.port, "GET ").closed;
  assert.deepEqual(fixture.failures.map(({ reason }) => reason), ["NotTls", "NotTls", "TooManyAttempts"]);
  time.advance(1_000);
  await rawClient(fixture.endpoint.port, "GET ").closed;
  assert.equal(fixture.failures.at(-1)!.reason, "NotTls");
});

function tlsClient(port: number): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls(
      { port, host: "127.0.0.1", servername: "localhost", ca: [ca.pem] },
      () => resolve(socket),
    );
    socket.on("error", reject);
  });
}

/** A new connection is served, with this certificate. */
async function serves({ endpoint }: Fixture, wanted: TestCertificate): Promise<void> {
  const client = await tlsClient(endpoint.port);
  assert.equal(client.getPeerCertificate().fingerprint256, new X509Certificate(wanted.certPem).fingerprint256);
  let answer = "";
  client.on("data", (chunk) => answer += chunk);
  client.write(GET);
  await waitFor("the answer", () => answer.includes("served"));
  client.destroy();
}

Deno.test("tls listener: half a header is closed in time, answered connections live on", async () => {
  await using fixture = await openListener(trustOf(ec));
  const slow = await tlsClient(fixture.endpoint.port);
  slow.write("GET / HTTP/1.1\r\nHo");
  slow.resume();
  await new Promise<void>((resolve) => slow.on("close", () => resolve()));
  const busy = await tlsClient(fixture.endpoint.port);
  let answers = "";
  busy.on("data", (chunk) => answers += chunk);
  for (const wanted of [1, 2]) {
    busy.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await waitFor("the listener to get there", () => answers.split("served").length - 1 === wanted);
  }
  busy.destroy();
});

const good = trustOf(ec, rsa);
const stranger = makeTestKey();
const swapped = (change: Partial<ServerIdentity>): ListenerTrust => ({
  ...good,
  identities: [{ ...good.identities[0]!, ...change }],
});
const BAD: readonly { readonly name: string; readonly trust: ListenerTrust; readonly wanted: RegExp }[] = [
  { name: "no certificate", trust: { ...good, identities: [] }, wanted: /there is none/ },
  { name: "a key of another certificate", trust: swapped({ keyPem: stranger.keyPem }), wanted: /belongs to another/ },
  { name: "a garbage certificate", trust: swapped({ certPem: "garbage" }), wanted: /holds no certificate/ },
  { name: "a truncated certificate", trust: swapped({ certPem: ec.certPem.slice(0, 300) }), wanted: /cannot be read/ },
  { name: "a garbage key", trust: swapped({ keyPem: "garbage" }), wanted: /key cannot be read/ },
  { name: "a truncated key", trust: swapped({ keyPem: ec.keyPem.slice(0, 120) }), wanted: /key cannot be read/ },
  { name: "an expired certificate", trust: trustOf(ca.server(["localhost"], { notAfter: 1e12 })), wanted: /expired/ },
  {
    name: "a future certificate",
    trust: trustOf(ca.server(["localhost"], { notBefore: 2e12 })),
    wanted: /not valid before/,
  },
  { name: "a v1 certificate", trust: trustOf(ca.server(["localhost"], { version: 1 })), wanted: /version 1/ },
  { name: "a client's certificate", trust: trustOf(ca.client("localhost")), wanted: /does not name servers/ },
  { name: "a CA's certificate", trust: trustOf(ca.certificate), wanted: /CA's certificate/ },
  { name: "RSA-1024", trust: trustOf(ca.server(["localhost"], { keyKind: "rsa1024" })), wanted: /1024 bits/ },
  { name: "a chain out of order", trust: swapped({ certPem: ec.certPem + other.certPem }), wanted: /not in order/ },
  { name: "a garbage CA for clients", trust: { ...good, clientCas: ["garbage"] }, wanted: /holds no certificate/ },
  {
    name: "a truncated CA for clients",
    trust: { ...good, clientCas: [ca.pem.slice(0, 99)] },
    wanted: /cannot be read/,
  },
  { name: "a leaf as CA for clients", trust: { ...good, clientCas: [ec.certPem] }, wanted: /not a CA/ },
];

for (const { name, trust, wanted } of BAD) {
  Deno.test(`invariant 4: ${name} never replaces a good one`, async () => {
    await using fixture = await openListener(good);
    await assert.rejects(fixture.endpoint.swap(trust), (error: Error) => {
      assert.match(error.message, wanted);
      assert.doesNotMatch(error.message + String(error.cause), /PRIVATE KEY/);
      return true;
    });
    assert.equal(fixture.endpoint.trust, good);
    await serves(fixture, ec);
  });
}

Deno.test("invariant 4: live connections stay up through a swap, new ones see the new certificate", async () => {
  const time = new ManualTime(Date.now());
  await using fixture = await openListener(good, { clock: time, timers: time });
  const client = await tlsClient(fixture.endpoint.port);
  let echoed = "";
  client.on("data", (chunk) => echoed += chunk);
  client.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n");
  await waitFor("the listener to get there", () => echoed.includes("101"));
  const fresh = ca.server(["localhost"]);
  await fixture.endpoint.swap(trustOf(fresh));
  await serves(fixture, fresh);
  time.advance(60_000);
  client.write("still here");
  await waitFor("the listener to get there", () => echoed.endsWith("still here"));
  client.destroy();
});

Deno.test("invariant 4: a server that does not answer fails the self-test in time", async () => {
  const time = new ManualTime();
  const silent = new EventEmitter() as unknown as TlsServer;
  const settled: string[] = [];
  const test = testHandshake(silent, good.identities[0]!, time).catch((error: Error) => settled.push(error.message));
  time.advance(PKI_LIMITS.selfTestMs - 1);
  await Promise.resolve();
  assert.deepEqual([settled, time.armed], [[], 1]);
  time.advance(1);
  await test;
  assert.match(settled.join(), /self-test failed/);
});

Deno.test("invariant 4: a listener does not open with a bad certificate", async () => {
  await assert.rejects(openListener(swapped({ keyPem: stranger.keyPem })), /belongs to another/);
});

Deno.test("tls listener: a live socket is judged anew by the trust in force", async () => {
  await using fixture = await openListener(trustOf(ec));
  const { certPem, keyPem, serial } = ca.client("CP001");
  const options = { port: fixture.endpoint.port, host: "127.0.0.1", servername: "localhost", ca: [ca.pem] };
  const client = connectTls({ ...options, cert: certPem, key: keyPem });
  client.on("error", () => client.destroy());
  client.resume();
  client.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n");
  await waitFor("the listener to get there", () => fixture.sockets.length > 0);
  const live = fixture.sockets[0]!;
  assert.equal(fixture.endpoint.judge(live).ok, true);
  await fixture.endpoint.swap({ ...trustOf(ec), denied: { fingerprints: [], serials: [serial] } });
  const verdict = fixture.endpoint.judge(live);
  assert.equal(!verdict.ok && verdict.rule, "peer.revoked");
  client.destroy();
});

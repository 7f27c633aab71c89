import { strict as assert } from "node:assert";
import { EventEmitter } from "node:events";
import { createServer as createHttpsServer } from "node:https";
import { connect as connectTcp } from "node:net";
import { connect as connectTls, type Server as TlsServer, type TLSSocket } from "node:tls";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { runSClient, type SClientOptions } from "../../tests/support/s_client.ts";
import { forgeKeyPem, makeTestKey, TestCa, type TestCertificate } from "../../tests/support/test_ca.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { systemClock } from "../core/clock.ts";
import type { ListenerTrust, ServerIdentity } from "../core/control_api.ts";
import { nullMetrics } from "../core/metrics.ts";
import { systemTimers } from "../core/timers.ts";
import type { HandshakeFailure } from "./handshake_failure.ts";
import { testHandshake } from "./handshake_probe.ts";
import { PKI_LIMITS } from "./limits.ts";
import { identityOf } from "./server_identity.ts";
import { createTlsEndpoint, type TlsEndpoint, type TlsEndpointOptions } from "./tls_listener.ts";

const ca = new TestCa();
const ec = ca.server(["localhost"]);
const rsa = ca.server(["localhost"], { keyKind: "rsa2048" });
const other = ca.server(["other.example", "*.wild.example"]);
const identity = ({ certPem, keyPem }: TestCertificate): ServerIdentity => identityOf(certPem, keyPem);
const trustOf = (...identities: readonly TestCertificate[]): ListenerTrust => ({
  identities: identities.map(identity),
  clientCas: [ca.pem],
  denied: { fingerprints: [], serials: [] },
  organizations: [],
});

interface Fixture extends AsyncDisposable {
  readonly endpoint: TlsEndpoint;
  readonly failures: HandshakeFailure[];
  readonly verdicts: string[];
  readonly sockets: TLSSocket[];
}

async function open(trust: ListenerTrust, more: Partial<TlsEndpointOptions> = {}): Promise<Fixture> {
  const failures: HandshakeFailure[] = [];
  const verdicts: string[] = [];
  const sockets: TLSSocket[] = [];
  const endpoint: TlsEndpoint = await createTlsEndpoint({
    ...{ name: "test", host: "127.0.0.1", port: 0, trust, askForCertificate: true },
    ...{ clock: systemClock, timers: systemTimers, metrics: nullMetrics },
    onFailure: (failure) => failures.push(failure),
    serve: (tls) => {
      const timeouts = { headersTimeout: 300, requestTimeout: 300, connectionsCheckingInterval: 50 };
      const server = createHttpsServer({ ...tls, ...timeouts }, (request, response) => {
        const verdict = endpoint.judge(request.socket as TLSSocket);
        verdicts.push(verdict.ok ? verdict.commonName : verdict.rule);
        response.end("served");
      });
      server.on("upgrade", (_request, socket) => {
        sockets.push(socket as TLSSocket);
        socket.on("error", () => socket.destroy());
        socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n");
        socket.on("data", (chunk) => socket.write(chunk));
      });
      return server;
    },
    ...more,
  });
  return {
    ...{ endpoint, failures, verdicts, sockets },
    [Symbol.asyncDispose]: () => {
      for (const socket of sockets) socket.destroy();
      endpoint.close();
      return Promise.resolve();
    },
  };
}

const GET = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
const request = ({ endpoint }: Fixture, options: Omit<SClientOptions, "port"> = {}) =>
  runSClient({ port: endpoint.port, input: GET, caPem: ca.pem, ...options });
const serialOf = (output: string): string => {
  const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(output)?.[0];
  return pem === undefined ? "none" : identityFingerprint(pem);
};
const identityFingerprint = (pem: string): string => pem.replace(/\s/g, "").slice(40, 4_000);
const presents = (output: string, wanted: TestCertificate) =>
  assert.equal(serialOf(output), identityFingerprint(wanted.certPem.split(/(?<=END CERTIFICATE-----)/)[0]!));

Deno.test("tls listener: presents RSA or P-256 by what the client offers", async () => {
  await using fixture = await open(trustOf(ec, rsa));
  for (
    const { more, wanted } of [
      { more: ["-tls1_3"], wanted: ec },
      { more: ["-tls1_2"], wanted: ec },
      { more: ["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"], wanted: rsa },
      { more: ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"], wanted: ec },
      { more: ["-tls1_3", "-sigalgs", "RSA-PSS+SHA256"], wanted: rsa },
      { more: ["-tls1_3", "-sigalgs", "ECDSA+SHA256"], wanted: ec },
    ]
  ) {
    const { output } = await request(fixture, { more });
    assert.match(output, /served/, more.join(" "));
    presents(output, wanted);
  }
  assert.deepEqual(fixture.failures, []);
});

Deno.test("tls listener: presents the certificate of the name asked for, wildcards too, else the first", async () => {
  await using fixture = await open(trustOf(ec, other));
  for (
    const [servername, wanted] of [
      ["other.example", other],
      ["OTHER.example", other],
      ["a.wild.example", other],
      ["a.b.wild.example", ec],
      ["localhost", ec],
      ["unknown.example", ec],
    ] as const
  ) {
    presents((await request(fixture, { servername })).output, wanted);
  }
  presents((await request(fixture, { servername: null })).output, ec);
});

Deno.test("tls listener: judges peers with and without a certificate on one port", async () => {
  await using fixture = await open(trustOf(ec));
  const { certPem, keyPem } = ca.client("CP001");
  await request(fixture, { certPem, keyPem });
  await request(fixture);
  const stranger = new TestCa("Stranger").client("CP001");
  await request(fixture, { certPem: stranger.certPem, keyPem: stranger.keyPem });
  assert.deepEqual(fixture.verdicts, ["CP001", "peer.presented", "peer.chain"]);
});

for (
  const { name, options, reason, versions } of [
    { name: "TLS 1.0", options: { version: "tls1" }, reason: "InvalidTLSVersion", versions: "TLSv1.0" },
    { name: "TLS 1.1", options: { version: "tls1_1" }, reason: "InvalidTLSVersion", versions: "TLSv1.1" },
    {
      name: "TLS_RSA only",
      options: { more: ["-tls1_2", "-cipher", "AES128-GCM-SHA256"] },
      reason: "InvalidTLSCipherSuite",
      versions: "TLSv1.2",
    },
    {
      name: "an RSA-only client and no RSA certificate",
      options: { more: ["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"] },
      reason: "InvalidTLSCipherSuite",
      versions: "TLSv1.2",
    },
    {
      name: "a certificate with another key",
      options: forged("tls1_3"),
      reason: "InvalidChargePointCertificate",
      versions: "TLSv1.3",
    },
  ] as const
) {
  Deno.test(`tls listener: ${name} fails with one event ${reason}`, async () => {
    await using fixture = await open(trustOf(ec));
    const { output } = await request(fixture, { ...options });
    assert.match(output, /alert/);
    await waitFor("the listener to get there", () => fixture.failures.length > 0);
    const [failure, ...more] = fixture.failures;
    assert.deepEqual([failure!.reason, failure!.source, more.length], [reason, "127.0.0.1", 0]);
    const { showVersions } = await import("./offer.ts");
    assert.equal(showVersions(failure!.hello!), versions);
    assert.match((await request(fixture)).output, /served/);
  });
}

Deno.test("tls listener: a refused offer gets its alert from a listener with several names, too", async () => {
  await using fixture = await open(trustOf(ec, rsa, other));
  const more = ["-tls1_2", "-cipher", "AES128-GCM-SHA256"];
  assert.match((await request(fixture, { version: "tls1" })).output, /alert protocol version/);
  assert.match((await request(fixture, { more })).output, /alert handshake failure/);
  assert.deepEqual(fixture.failures.map(({ reason }) => reason), ["InvalidTLSVersion", "InvalidTLSCipherSuite"]);
});

function forged(version: "tls1_3"): Omit<SClientOptions, "port"> {
  const victim = ca.client("CP001");
  return { version, certPem: victim.certPem, keyPem: forgeKeyPem(victim.spki) };
}

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
  await using fixture = await open(trustOf(ec));
  await rawClient(fixture.endpoint.port, GET).closed;
  assert.deepEqual(fixture.failures.map(({ reason }) => reason), ["NotTls"]);
});

Deno.test("tls listener: a client that says nothing is closed after the handshake time", async () => {
  const time = new ManualTime(Date.now());
  await using fixture = await open(trustOf(ec), { clock: time, timers: time, limits: { handshakeMs: 10_000 } });
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
  await using fixture = await open(trustOf(ec), { metrics });
  const { closed, end } = rawClient(fixture.endpoint.port, undefined);
  end();
  await closed;
  await waitFor("the listener to get there", () => counted.length > 0);
  assert.deepEqual([counted, fixture.failures], [["test,NoBytes"], []]);
});

Deno.test("tls listener: as many handshakes at a time as allowed, one more is refused", async () => {
  const time = new ManualTime(Date.now());
  await using fixture = await open(trustOf(ec), { clock: time, timers: time, limits: { pendingHandshakes: 2 } });
  const waiting = [rawClient(fixture.endpoint.port, "\x16"), rawClient(fixture.endpoint.port, "\x16")];
  await waitFor("the listener to get there", () => time.armed === 2);
  await rawClient(fixture.endpoint.port, "\x16").closed;
  assert.deepEqual(fixture.failures.map(({ reason }) => reason), ["TooManyHandshakes"]);
  time.advance(10_000);
  await Promise.all(waiting.map(({ closed }) => closed));
});

Deno.test("tls listener: as many connections as allowed, one more is closed", async () => {
  const time = new ManualTime(Date.now());
  await using fixture = await open(trustOf(ec), { clock: time, timers: time, limits: { connections: 2 } });
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
  await using fixture = await open(trustOf(ec), { clock: time, timers: time, limits });
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

Deno.test("tls listener: half a header is closed in time, answered connections live on", async () => {
  await using fixture = await open(trustOf(ec));
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
    await using fixture = await open(good);
    await assert.rejects(fixture.endpoint.swap(trust), (error: Error) => {
      assert.match(error.message, wanted);
      assert.doesNotMatch(error.message + String(error.cause), /PRIVATE KEY/);
      return true;
    });
    assert.equal(fixture.endpoint.trust, good);
    const { output } = await request(fixture);
    assert.match(output, /served/);
    presents(output, ec);
  });
}

Deno.test("invariant 4: live connections stay up through a swap, new ones see the new certificate", async () => {
  const time = new ManualTime(Date.now());
  await using fixture = await open(good, { clock: time, timers: time });
  const client = await tlsClient(fixture.endpoint.port);
  let echoed = "";
  client.on("data", (chunk) => echoed += chunk);
  client.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n");
  await waitFor("the listener to get there", () => echoed.includes("101"));
  const fresh = ca.server(["localhost"]);
  await fixture.endpoint.swap(trustOf(fresh));
  presents((await request(fixture)).output, fresh);
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
  await assert.rejects(open(swapped({ keyPem: stranger.keyPem })), /belongs to another/);
});

Deno.test("tls listener: a live socket is judged anew by the trust in force", async () => {
  await using fixture = await open(trustOf(ec));
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

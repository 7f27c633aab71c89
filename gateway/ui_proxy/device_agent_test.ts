import { equal, match, rejects } from "node:assert/strict";
import { once } from "node:events";
import { type Agent, createServer as createHttpServer, get as httpGet, type IncomingMessage } from "node:http";
import { createServer, get } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { makeTestCertificate, type TestCertificate } from "../../tests/support/test_ca.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { systemTimers } from "../core/timers.ts";
import { createDeviceAgent } from "./device_agent.ts";
import { UI_PROXY_LIMITS } from "./limits.ts";

/** A device that counts what reaches it. */
async function device(certificate: TestCertificate | undefined, use: (rig: Rig) => Promise<void>): Promise<void> {
  const seen = { requests: 0, connections: 0 };
  const answer = (_request: unknown, response: { end(text: string): void }) => {
    seen.requests++;
    response.end("device page");
  };
  const server: Server = certificate
    ? createServer({ key: certificate.keyPem, cert: certificate.certPem }, answer)
    : createHttpServer(answer);
  server.on(certificate ? "secureConnection" : "connection", () => seen.connections++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await use({ port: (server.address() as AddressInfo).port, seen });
  } finally {
    await new Promise((done) => {
      server.close(done);
      (server as unknown as { closeAllConnections(): void }).closeAllConnections();
    });
  }
}

interface Rig {
  readonly port: number;
  readonly seen: { readonly requests: number; readonly connections: number };
}

/** The text of one page by this agent. */
function page(agent: Agent, port: number, request = get): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  request({ host: "127.0.0.1", port, path: "/", agent }, async (response: IncomingMessage) => {
    let text = "";
    for await (const part of response) text += part;
    resolve(text);
  }).on("error", reject);
  return promise;
}

const own = makeTestCertificate({ subject: [["CN", "station"]], purposes: null });

function agentFor(port: number, pin?: Uint8Array, presented: Uint8Array[] = []) {
  return createDeviceAgent({ host: "127.0.0.1", port, ...(pin ? { pin } : {}) }, {
    timers: systemTimers,
    onPinChanged: (der) => presented.push(der),
  });
}

Deno.test("device agent: all requests of a session go by one connection to the pinned device", () =>
  device(own, async ({ port, seen }) => {
    const agent = agentFor(port, own.der);
    equal(await page(agent, port), "device page");
    equal((await Promise.all([page(agent, port), page(agent, port), page(agent, port)])).length, 3);
    equal(seen.requests, 4);
    equal(seen.connections, 1);
    agent.destroy();
  }));

Deno.test("invariant 3: another certificate gets no byte of HTTP, even of the same key and name", () =>
  device(makeTestCertificate({ subject: [["CN", "station"]], purposes: null, key: own }), async ({ port, seen }) => {
    const presented: Uint8Array[] = [];
    const agent = agentFor(port, own.der, presented);
    await rejects(page(agent, port), { code: "UI_PIN_CHANGED" });
    equal(seen.requests, 0);
    equal(presented.length, 1);
    agent.destroy();
  }));

Deno.test("invariant 3: a certificate of version 1 is refused although it is the pinned one (security F1)", () => {
  const old = makeTestCertificate({ version: 1, subject: [["CN", "station"]] });
  return device(old, async ({ port, seen }) => {
    const agent = agentFor(port, old.der);
    await rejects(page(agent, port), { code: "UI_PIN_CHANGED" });
    equal(seen.requests, 0);
    agent.destroy();
  });
});

Deno.test("device agent: an ended certificate of a pinned device still counts", () => {
  const ended = makeTestCertificate({ notBefore: Date.UTC(2001, 0), notAfter: Date.UTC(2002, 0), purposes: null });
  return device(ended, async ({ port }) => {
    const agent = agentFor(port, ended.der);
    equal(await page(agent, port), "device page");
    agent.destroy();
  });
});

Deno.test("device agent: without a pin the device is asked by plain HTTP, by one connection too", () =>
  device(undefined, async ({ port, seen }) => {
    const agent = agentFor(port);
    await Promise.all([page(agent, port, httpGet), page(agent, port, httpGet)]);
    equal(seen.connections, 1);
    agent.destroy();
  }));

Deno.test("device agent: a device that is not there is named with its address", async () => {
  const agent = agentFor(1, own.der);
  await rejects(page(agent, 1), (error: Error & { code: string }) => {
    equal(error.code, "UI_DEVICE_UNREACHABLE");
    match(error.message, /127\.0\.0\.1:1 cannot be reached: /);
    return true;
  });
});

Deno.test("device agent: a device that takes the connection and says nothing is given up at the limit", async () => {
  const sockets: Socket[] = [];
  const server = createTcpServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const time = new ManualTime();
  const agent = createDeviceAgent({ host: "127.0.0.1", port, pin: own.der }, { timers: time });
  let over = false;
  const asked = rejects(page(agent, port), /no TLS connection within 10000 ms/).finally(() => over = true);
  await waitFor("the connection", () => sockets.length > 0);
  time.advance(UI_PROXY_LIMITS.deviceConnectMs - 1);
  await Promise.resolve();
  equal(over, false);
  time.advance(1);
  await asked;
  sockets.forEach((socket) => socket.destroy());
  await new Promise((done) => server.close(done));
});

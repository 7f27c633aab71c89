import { equal, match, rejects } from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { makeTestCertificate, type TestCertificate } from "../../tests/support/test_ca.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { systemTimers, type Timers } from "../core/timers.ts";
import { UI_PROXY_LIMITS } from "./limits.ts";
import { DeviceWays } from "./upstream/device_ways.ts";

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

/** The text of one page. */
async function page(ways: DeviceWays, port: number, scheme = "https"): Promise<string> {
  const origin = `${scheme}://127.0.0.1:${port}`;
  const answer = await ways.send({ method: "GET", target: "/", headers: [], bodyLength: 0, origin });
  let text = "";
  for await (const part of answer) text += part;
  return text;
}

const own = makeTestCertificate({ subject: [["CN", "station"]], purposes: null });

function waysWith(pin = new Uint8Array(0), presented: Uint8Array[] = [], timers: Timers = systemTimers) {
  return new DeviceWays({ timers, sockets: 1, pin: () => pin, onPinChanged: (der) => presented.push(der) });
}

Deno.test("device dial: all requests of a session go by one connection to the pinned device", () =>
  device(own, async ({ port, seen }) => {
    const ways = waysWith(own.der);
    equal(await page(ways, port), "device page");
    equal((await Promise.all([page(ways, port), page(ways, port), page(ways, port)])).length, 3);
    equal(seen.requests, 4);
    equal(seen.connections, 1);
    ways.close();
  }));

Deno.test("invariant 3: another certificate gets no byte of HTTP, even of the same key and name", () =>
  device(makeTestCertificate({ subject: [["CN", "station"]], purposes: null, key: own }), async ({ port, seen }) => {
    const presented: Uint8Array[] = [];
    const ways = waysWith(own.der, presented);
    await rejects(page(ways, port), { code: "UI_PIN_CHANGED" });
    equal(seen.requests, 0);
    equal(presented.length, 1);
    ways.close();
  }));

Deno.test("invariant 3: a certificate of version 1 is refused although it is the pinned one (security F1)", () => {
  const old = makeTestCertificate({ version: 1, subject: [["CN", "station"]] });
  return device(old, async ({ port, seen }) => {
    const ways = waysWith(old.der);
    await rejects(page(ways, port), { code: "UI_PIN_CHANGED" });
    equal(seen.requests, 0);
    ways.close();
  });
});

Deno.test("device dial: an ended certificate of a pinned device still counts", () => {
  const ended = makeTestCertificate({ notBefore: Date.UTC(2001, 0), notAfter: Date.UTC(2002, 0), purposes: null });
  return device(ended, async ({ port }) => {
    const ways = waysWith(ended.der);
    equal(await page(ways, port), "device page");
    ways.close();
  });
});

Deno.test("device dial: without a pin the device is asked by plain HTTP, by one connection too", () =>
  device(undefined, async ({ port, seen }) => {
    const ways = waysWith();
    await Promise.all([page(ways, port, "http"), page(ways, port, "http")]);
    equal(seen.connections, 1);
    ways.close();
  }));

Deno.test("device dial: a device that is not there is named with its address", async () => {
  const ways = waysWith(own.der);
  await rejects(page(ways, 1), (error: Error & { code: string }) => {
    equal(error.code, "UI_DEVICE_UNREACHABLE");
    match(error.message, /127\.0\.0\.1:1 cannot be reached: /);
    return true;
  });
});

Deno.test("device dial: a device that takes the connection and says nothing is given up at the limit", async () => {
  const sockets: Socket[] = [];
  let received = 0;
  const server = createTcpServer((socket) => {
    sockets.push(socket);
    socket.on("data", (bytes) => received += bytes.length);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const time = new ManualTime();
  const ways = waysWith(own.der, [], time);
  let over = false;
  const asked = rejects(page(ways, port), /no TLS connection within 10000 ms/).finally(() => over = true);
  await waitFor("the connection, and the beginning of TLS", () => sockets.length > 0 && time.armed === 1);
  await waitFor("TLS to be waited for", () => received > 0);
  time.advance(UI_PROXY_LIMITS.deviceConnectMs - 1);
  await Promise.resolve();
  equal(over, false);
  time.advance(1);
  await asked;
  sockets.forEach((socket) => socket.destroy());
  await new Promise((done) => server.close(done));
});

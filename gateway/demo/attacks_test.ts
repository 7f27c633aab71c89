import { deepEqual, equal, match } from "node:assert/strict";
import { createServer as createHttps } from "node:https";
import { createServer as createTcp, type Server } from "node:net";
import { createServer as createTls } from "node:tls";
import { WebSocketServer } from "ws";
import { systemClock } from "../core/clock.ts";
import { systemTimers, type Timers } from "../core/timers.ts";
import { ATTACKS, type AttackTarget } from "./attacks.ts";
import { createAuthority } from "./demo_pki.ts";
import { httpRequest, sendRaw } from "./raw_client.ts";
import { seededRandom } from "./seeded_random.ts";

const authority = createAuthority("CA", systemClock.now(), seededRandom(1));
const identity = authority.issue({ commonName: "localhost", usage: "server", names: ["127.0.0.1"] });
const tlsOptions = { cert: identity.certPem, key: identity.keyPem, requestCert: true, rejectUnauthorized: false };

async function listen(server: Server): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", () => resolve());
  await promise;
  return (server.address() as { port: number }).port;
}

function target(tlsPort: number, plainPort: number, timers: Timers = systemTimers): AttackTarget {
  return {
    host: "127.0.0.1",
    tlsPort,
    plainPort,
    passwordStation: "CP001",
    certificateStation: "CP002",
    owned: { id: "CP003", password: new TextEncoder().encode("0123456789abcdef") },
    ownedCertificate: { id: "CP003", ...authority.issue({ commonName: "CP003", usage: "client" }) },
    version1: authority.issue({ commonName: "CP002", usage: "client", version: 1 }),
    timers,
  };
}

/** A gateway that lets everyone in: plain and TLS on the two ports. */
async function withOpenGateway(test: (target: AttackTarget) => Promise<void>): Promise<void> {
  const sockets = new WebSocketServer({ noServer: true });
  sockets.on("connection", (socket) => socket.on("message", () => socket.send('[3,"1",{}]')));
  const secure = createHttps(tlsOptions);
  secure.on("upgrade", (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (ws) => {
      sockets.emit("connection", ws);
    }));
  const open = createTcp((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", () => socket.end("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
  });
  const ports = [await listen(secure), await listen(open)] as const;
  try {
    await test(target(...ports));
  } finally {
    for (const socket of sockets.clients) socket.terminate();
    secure.closeAllConnections();
    secure.close();
    open.close();
  }
}

/** The TLS stack refuses these by itself, whatever the gateway does. */
const REFUSED_BY_TLS = ["old-tls", "plaintext-to-tls", "smuggling"];

for (const attack of ATTACKS) {
  if (REFUSED_BY_TLS.includes(attack.name)) continue;
  Deno.test(`demo attack: "${attack.name}" is reported as not refused by a gateway that lets everyone in`, () =>
    withOpenGateway(async (to) => {
      const { refused, seen } = await attack.run(to, undefined);
      equal(refused, false, seen);
    }));
}

Deno.test("demo attack: old TLS gets an alert from a real TLS stack", () =>
  withOpenGateway(async (to) => {
    const attack = ATTACKS.find(({ name }) => name === "old-tls")!;
    const { refused, seen } = await attack.run(to, undefined);
    equal(refused, true);
    match(seen, /TLS alert|closed/);
  }));

Deno.test("demo attack: a peer that says nothing until the deadline has not refused", async () => {
  const silent = createTls(tlsOptions, (socket) => void socket.on("error", () => socket.destroy()));
  const port = await listen(silent);
  const soon: Timers = { ...systemTimers, after: (ms, run) => systemTimers.after(ms / 25, run) };
  try {
    for (const name of ["wrong-password", "huge-frame"]) {
      const { refused, seen } = await ATTACKS.find((attack) => attack.name === name)!.run(
        target(port, port, soon),
        undefined,
      );
      deepEqual([refused, seen], [false, "no answer"]);
    }
  } finally {
    silent.close();
  }
});

Deno.test("demo raw client: the request target and headers go out exactly as given", async () => {
  let got = "";
  const server = createTcp((socket) =>
    socket.once("data", (data) => {
      got = String(data);
      socket.end("HTTP/1.1 404 Not Found\r\n\r\n");
    })
  );
  const port = await listen(server);
  try {
    const bytes = httpRequest("/ocpp/../%2e%2e%2fCP", [["Host", "a"], ["Host", "b"]]);
    const answer = await sendRaw({ host: "127.0.0.1", port }, bytes, systemTimers);
    deepEqual([answer.status, answer.end], [404, "answered"]);
    equal(got, "GET /ocpp/../%2e%2e%2fCP HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
  } finally {
    server.close();
  }
});

Deno.test("demo attacks: names are unique and titles are sentences for people", () => {
  equal(new Set(ATTACKS.map(({ name }) => name)).size, ATTACKS.length);
  for (const { title } of ATTACKS) match(title, /^[A-Za-z].{10,}[^.]$/);
});

Deno.test("demo attacks: a gateway that is not there has refused nothing", async () => {
  const server = createTcp();
  const port = await listen(server);
  server.close();
  for (const attack of ATTACKS) {
    const { refused, seen } = await attack.run(target(port, port), undefined);
    equal(refused, false, `${attack.name}: ${seen}`);
  }
});

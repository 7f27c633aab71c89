import { equal, rejects } from "node:assert/strict";
import { type AddressInfo, createServer, type Server } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { TestCa } from "../../tests/support/test_ca.ts";
import { systemTimers } from "../core/timers.ts";
import { UPLINK_LIMITS } from "./limits.ts";
import { UplinkDialer } from "./open_leg.ts";
import type { Uplink } from "./settings.ts";

const UPLINK = { keepAliveSeconds: 60 } as Uplink;

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return (server.address() as AddressInfo).port;
}

Deno.test("uplink: TLS is made over a connection that is there, and reaches the host by its name", async () => {
  const ca = new TestCa("Uplink"), { certPem, keyPem } = ca.server(["localhost"]);
  const server = createTlsServer({ cert: certPem, key: keyPem }, (socket) => void socket.end("hello"));
  const port = await listening(server);
  const socket = await new UplinkDialer(UPLINK, systemTimers).open({ host: "localhost", port }, { ca: [ca.pem] });
  const said = Promise.withResolvers<string>();
  socket.on("data", (bytes) => said.resolve(String(bytes)));
  socket.on("error", said.reject);
  equal(await said.promise, "hello");
  equal((socket as TLSSocket).authorized, true);
  socket.destroy();
  server.close();
});

Deno.test("uplink: a host that refuses the connection is told with the system's own code, before TLS", async () => {
  const server = createServer();
  const port = await listening(server);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  const opened = new UplinkDialer(UPLINK, systemTimers).open({ host: "127.0.0.1", port }, {});
  await rejects(opened, { code: "ECONNREFUSED" });
});

Deno.test("uplink: a host that does not answer is given up when its time is over, and not before", async () => {
  const time = new ManualTime();
  // Time passes before the system has begun to connect, so nobody can answer.
  const opened = new UplinkDialer(UPLINK, time).open({ host: "127.0.0.1", port: 1 }, {});
  const refused = rejects(opened, /127\.0\.0\.1:1 does not answer/);
  time.advance(UPLINK_LIMITS.connectMs - 1);
  equal(time.armed, 1);
  time.advance(1);
  await refused;
});

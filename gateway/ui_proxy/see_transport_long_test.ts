import { deepEqual } from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { once } from "node:events";
import { systemRandom, systemTimers } from "../core/timers.ts";
import { startDevice } from "../demo/controllers/simulated_device.ts";
import { createAuthority } from "../demo/demo_pki.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { UI_PROXY_LIMITS } from "./limits.ts";
import { seeTransport } from "./upstream/see_transport.ts";

const PAGES = () => ({ status: 200, body: "pages" });
const portOf = (origin: string) => Number(new URL(origin).port);

Deno.test("transport of pages: TLS, the same port without it, and a plain port beside one that is closed", async () => {
  const certificate = createAuthority("device", Date.now(), systemRandom).issue({ commonName: "d", usage: "server" });
  const secure = await startDevice(PAGES, { certificate }), plain = await startDevice(PAGES);
  const origin = secure.origin;
  deepEqual(await seeTransport(origin, systemTimers, portOf(plain.origin)), { own: "tls", isPlainBeside: false });
  await secure.close();
  deepEqual(await seeTransport(origin, systemTimers, portOf(plain.origin)), { own: "none", isPlainBeside: true });
  const open = plain.origin.replace("http:", "https:");
  deepEqual(await seeTransport(open, systemTimers, 1), { own: "plain", isPlainBeside: false });
  await plain.close();
  deepEqual(await seeTransport(open, systemTimers, portOf(open)), { own: "none", isPlainBeside: false });
});

Deno.test("transport of pages: what speaks something else, and what says nothing within the time of a dial, is neither", async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on("error", () => {}));
    socket.once("data", () => sockets.length <= 2 && socket.end("SSH-2.0-x\r\n"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const origin = `https://127.0.0.1:${port}`, time = new ManualTime();
  deepEqual(await seeTransport(origin, time, port), { own: "none", isPlainBeside: false });
  const silent = seeTransport(origin, time, port);
  for (const count of [3, 4]) {
    await waitFor("the next connection", () => sockets.length === count);
    time.advance(UI_PROXY_LIMITS.deviceConnectMs);
  }
  deepEqual(await silent, { own: "none", isPlainBeside: false });
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, "close");
});

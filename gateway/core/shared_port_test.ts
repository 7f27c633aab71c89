import { equal, match, ok, rejects } from "node:assert/strict";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { once } from "node:events";
import { CORE_LIMITS } from "./limits.ts";
import { listenShared } from "./shared_port.ts";

const HOST = "127.0.0.1";
const portOf = (server: Server) => (server.address() as AddressInfo).port;
const close = (server: Server) => new Promise<void>((resolve) => void server.close(() => resolve()));

/** A listening server, as another gateway with the same site.yaml has one. */
async function openShared(port = 0, ours: readonly number[] = []): Promise<Server> {
  const server = createServer((socket) => socket.resume());
  await listenShared(server, { name: "plain", host: HOST, port }, ours);
  return server;
}

Deno.test("shared port: a port on which another process listens is refused by name, shared or not", async () => {
  const other = await openShared();
  const port = portOf(other);
  await rejects(openShared(port), (error: Error & { code: string; hint: string }) => {
    equal(error.code, "SUP_START_FAILED");
    match(error.message, new RegExp(`plain \\(127\\.0\\.0\\.1:${port}\\): another process listens there`));
    match(error.hint, new RegExp(`:${port}`));
    return true;
  });
  await close(other);
});

Deno.test("shared port: TCP asks after a peer that is silent for as long as the limit says", async () => {
  const server = await openShared(), port = portOf(server), accepted = once(server, "connection");
  const client = await Deno.connect({ hostname: HOST, port });
  await accepted;
  const [ours, theirs] = [port, (client.localAddr as Deno.NetAddr).port].map((each) =>
    `0100007F:${each.toString(16).toUpperCase().padStart(4, "0")}`
  );
  // proc(5), net/tcp: local address, remote address, state, queues, timer 02 (keep-alive) and when, in hundredths of a second
  const timer = new RegExp(` ${ours} ${theirs} 01 \\S+ 02:(\\S+)`).exec(await Deno.readTextFile("/proc/net/tcp"))?.[1];
  const left = 10 * Number.parseInt(timer ?? "0", 16);
  ok(left <= CORE_LIMITS.tcpKeepAliveMs && left > CORE_LIMITS.tcpKeepAliveMs - 10_000, `in ${left} ms`);
  client.close();
  await close(server);
});

Deno.test("shared port: the next Worker of the same process opens it beside the one before", async () => {
  const before = await openShared();
  const next = await openShared(portOf(before), [portOf(before)]);
  equal(portOf(next), portOf(before));
  await close(before);
  await close(next);
});

Deno.test("shared port: connections that outlive their listener do not keep it taken", async () => {
  const accepted = Promise.withResolvers<{ destroy(): void }>();
  const before = createServer((socket) => accepted.resolve(socket));
  await listenShared(before, { name: "plain", host: HOST, port: 0 });
  const port = portOf(before);
  const client = connect({ host: HOST, port });
  const socket = await accepted.promise;
  const closed = close(before);
  const next = await openShared(port);
  const gone = once(client, "close");
  client.destroy();
  socket.destroy();
  await Promise.all([closed, gone]);
  const third = await close(next).then(() => openShared(port)); // and those in TIME_WAIT neither
  await close(third);
});

Deno.test({
  name: "shared port: without permission it says which, before it listens",
  permissions: { net: ["127.0.0.1:1"] },
  async fn() {
    const place = { name: "tls", host: "::1", port: 8444 };
    await rejects(listenShared(createServer(), place), { code: "SUP_PERMISSION", message: /tls.*\[::1\]:8444/ });
  },
});

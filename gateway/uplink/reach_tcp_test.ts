import { equal, rejects } from "node:assert/strict";
import { type AddressInfo, createServer } from "node:net";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { UPLINK_LIMITS } from "./limits.ts";
import { reachTcp } from "./reach_tcp.ts";

Deno.test("TCP before TLS: stands when it is given, from the address that was asked for, and leaves no timer", async () => {
  const from = Promise.withResolvers<string | undefined>(), time = new ManualTime();
  const server = createServer((socket) => from.resolve(socket.remoteAddress));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  const socket = await reachTcp({ host: "127.0.0.1", port, localAddress: "127.0.0.7" }, time);
  equal(await from.promise, "127.0.0.7");
  equal(time.armed, 0);
  socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

Deno.test("TCP before TLS: a refusal, silence for the time and no longer, and an end by whoever asked are errors", async () => {
  const time = new ManualTime(), to = { host: "127.0.0.1", port: 1 };
  await rejects(reachTcp(to, time), { code: "ECONNREFUSED" });
  const silent = rejects(reachTcp(to, time), /127\.0\.0\.1:1 does not answer/);
  time.advance(UPLINK_LIMITS.connectMs); // before the system has begun to connect
  await silent;
  const stop = new AbortController();
  const ended = rejects(reachTcp(to, time, stop.signal), /ends this run/);
  stop.abort();
  await ended;
  await rejects(reachTcp(to, time, stop.signal), /ends this run/);
  equal(time.armed, 0);
});

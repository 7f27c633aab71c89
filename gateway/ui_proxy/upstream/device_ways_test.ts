import { deepEqual, equal, rejects } from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { Readable } from "node:stream";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { waitFor } from "../../../tests/support/wait_for.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import { DeviceWays, isUnsent } from "./device_ways.ts";

/** A device that answers the first request of each connection, and closes at the second without a word. */
async function hastyDevice(use: (origin: string, asked: readonly string[], ways: DeviceWays) => Promise<void>) {
  const asked: string[] = [];
  const server = createServer((socket) => {
    let count = 0;
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      asked.push(String(bytes).split(" HTTP")[0]!);
      if (count++ > 0) socket.destroy();
      else socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const ways = new DeviceWays({
    timers: new ManualTime(),
    sockets: 1,
    pin: () => new Uint8Array(0),
    onPinChanged: () => {},
  });
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, ways);
  } finally {
    ways.close();
    await new Promise((done) => server.close(done));
  }
}

const request = (method: string, origin: string) => ({ method, target: "/x", headers: [], bodyLength: 0, origin });

Deno.test("ways: a kept connection that the device closes costs no look, and no write is sent twice", async () => {
  await hastyDevice(async (origin, asked, ways) => {
    for (let count = 0; count < 3; count++) equal((await ways.send(request("GET", origin))).statusCode, 200);
    deepEqual(asked, Array(5).fill("GET /x"));
    await rejects(ways.send(request("POST", origin)), { code: "UI_DEVICE_UNREACHABLE" });
    deepEqual(asked.slice(5), ["POST /x"]);
  });
});

Deno.test("ways: what never had a connection was not sent, what went out on one may have been read", async () => {
  await hastyDevice(async (origin, _, ways) => {
    await ways.send(request("POST", origin));
    const broken = await ways.send(request("POST", origin)).catch((error) => error);
    equal(isUnsent(broken), false);
    const away = await ways.send(request("POST", "http://127.0.0.1:1")).catch((error) => error);
    deepEqual([away.code, isUnsent(away)], ["UI_DEVICE_UNREACHABLE", true]);
    equal(isUnsent(undefined), false);
  });
});

Deno.test("ways: a request that cannot be written is told as the device's, and costs the connection only", async () => {
  await hastyDevice(async (origin, asked, ways) => {
    const cookie = [["cookie", "a\r\nb"]] as const;
    await rejects(ways.send({ ...request("GET", origin), headers: cookie }), { code: "UI_DEVICE_STRANGE" });
    deepEqual(asked, []);
    equal((await ways.send(request("GET", origin))).statusCode, 200);
  });
});

Deno.test("ways: the time for an answer begins anew with each piece of a body, and may be longer for one request", async () => {
  let heard = "";
  const server = createServer((socket) => {
    socket.on("error", () => {}).on("data", (bytes) => heard += bytes);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`, timers = new ManualTime();
  const ways = new DeviceWays({ timers, sockets: 2, pin: () => new Uint8Array(0), onPinChanged: () => {} });
  const body = new Readable({ read() {} }), limit = UI_PROXY_LIMITS.deviceSilenceMs;
  let fault: Error | undefined;
  const asked = ways.send({ ...request("POST", origin), bodyLength: 9 }, body).catch((error) => fault = error);
  const piece = async () => {
    const before = timers.now();
    body.push("abc");
    await waitFor("the piece", () => body.readableLength === 0 && before === timers.now());
  };
  await waitFor("the request", () => body.readableFlowing === true);
  await piece();
  timers.advance(limit - 1);
  await piece();
  timers.advance(limit - 1);
  equal(fault, undefined);
  timers.advance(1);
  await asked;
  equal(/no answer within 60000 ms/.test(fault!.message), true);
  const longer = ways.send({ ...request("GET", origin), answerMs: 2 * limit }).catch((error) => error);
  await waitFor("the next request", () => heard.includes("GET /x"));
  timers.advance(limit);
  let isOver = false;
  longer.then(() => isOver = true);
  await Promise.resolve();
  equal(isOver, false);
  timers.advance(limit);
  equal(/no answer within 120000 ms/.test((await longer).message), true);
  ways.close();
  await new Promise((done) => server.close(done));
});

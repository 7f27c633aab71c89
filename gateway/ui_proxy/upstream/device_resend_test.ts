import { deepEqual, equal } from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { waitFor } from "../../../tests/support/wait_for.ts";
import { type SimPages, startDevice } from "../../demo/controllers/simulated_device.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import { withLink } from "./testing/link_rig.ts";

/** A device that breaks the connection once it has read a request to /dies, the first `times` times. */
function dying(times: number): SimPages {
  let count = 0;
  return ({ path }) =>
    path === "/dies" && count++ < times ? { status: 200, drops: true } : { status: 200, body: `answer to ${path}` };
}

Deno.test("device link: what changes something goes to a device once, though the connection was kept and broke (decision 0115)", async () => {
  const device = await startDevice(dying(1));
  await withLink(device, { driver: "guided" }, async ({ get, post }) => {
    equal(await get("/first"), "answer to /first");
    equal(await post("/dies", "password=new"), "ui.door.unreachable");
    deepEqual(device.asked, ["GET /first", "POST /dies"]);
    equal(await get("/dies"), "answer to /dies", "the next request finds its own connection");
  });
});

Deno.test("device link: what changes nothing is asked once more when a kept connection broke, and not a third time", async () => {
  const device = await startDevice(dying(1));
  await withLink(device, { driver: "guided" }, async ({ get }) => {
    await get("/first");
    equal(await get("/dies"), "answer to /dies");
    deepEqual(device.asked, ["GET /first", "GET /dies", "GET /dies"]);
  });
  const gone = await startDevice(dying(9));
  await withLink(gone, { driver: "guided" }, async ({ get }) => {
    await get("/first");
    equal(await get("/dies"), "ui.door.unreachable");
    deepEqual(gone.asked, ["GET /first", "GET /dies", "GET /dies"]);
  });
});

Deno.test("device link: a request that was given up for the device's silence on a kept connection ends, and is not sent again", async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (request.url !== "/silent") response.end("answer");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const closed = { asked, connections: () => 0, dropAll: () => server.closeAllConnections() };
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  await withLink({ ...closed, origin, close }, { driver: "guided" }, async ({ get, post, time }) => {
    equal(await get("/first"), "answer");
    const silent = post("/silent", "x=1");
    await waitFor("the device to have it", () => asked.length === 2);
    time.advance(UI_PROXY_LIMITS.deviceSilenceMs);
    equal(await silent, "ui.door.unreachable");
    deepEqual(asked, ["GET /first", "POST /silent"]);
  });
});

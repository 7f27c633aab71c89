import { deepEqual, equal } from "node:assert/strict";
import { once } from "node:events";
import type { Server } from "node:http";
import { WebSocket, WebSocketServer } from "ws";
import { waitFor } from "../../tests/support/wait_for.ts";
import { withDevice } from "./testing/form_device.ts";
import type { FrontRig } from "./testing/front_rig.ts";

/** A device whose page shows live values by a WebSocket, and takes commands by the same one. */
function liveValues(server: Server) {
  const said: string[] = [], pings: string[] = [], closes: number[] = [];
  new WebSocketServer({ server, perMessageDeflate: true }).on("connection", (socket) => {
    socket.on("message", (data: unknown) => said.push(String(data)));
    socket.on("ping", (data: unknown) => pings.push(String(data)));
    socket.on("close", (code: number) => closes.push(code));
    socket.send("power 11.0");
  });
  return { said, pings, closes };
}

/** A browser's WebSocket at the page of the rig. */
async function openAt(path: string, rig: FrontRig, token: string) {
  const connection = await rig.raw(), shown: string[] = [];
  const socket = new WebSocket(`${rig.origin().replace("https:", "wss:")}${path}`, {
    ...{
      origin: rig.origin(),
      headers: { cookie: `__Host-bulkhead-device=${token}` },
      createConnection: () => connection,
    },
  });
  socket.on("message", (data: unknown) => shown.push(String(data))).on("error", () => {});
  return { socket, shown };
}

const told = (rig: FrontRig) =>
  rig.people.requests.map(({ page, capability, decision, rule, status, count }) =>
    [page, capability, decision, rule, status, count].join(" ")
  );

Deno.test("WebSockets: who may only look sees live values, and no word of theirs reaches the device", async () => {
  await withDevice((_, response) => response.end(), async (rig, _token, server) => {
    const device = liveValues(server), token = await rig.enter("CP001", { capabilities: ["view"] });
    const { socket, shown } = await openAt("/values", rig, token);
    await waitFor("a value", () => shown.length === 1);
    for (const text of ["set current 32", "x".repeat(200_000)]) socket.send(text);
    socket.ping("alive");
    const pong = once(socket, "pong");
    await waitFor("the ping at the device", () => device.pings.length === 1);
    equal(String((await pong)[0]), "alive", "the device's own answer");
    socket.close(1000, "done");
    await waitFor("the device's end", () => device.closes.length === 1);
    deepEqual([device.said, device.pings, device.closes], [[], ["alive"], [1000]]);
    await waitFor("the browser's end", () => socket.readyState === WebSocket.CLOSED);
    const [, { id }] = [...rig.people.sessions.values()] as [unknown, { id: string }];
    await rig.service.handlers!["device.ended"]!({ sessions: [id], rule: "closed" }); // tells what it has not told yet
    deepEqual(told(rig), [
      "live view allowed field-7 0 1",
      "live view allowed field-7 101 1",
      "live view refused ui.socket.live 101 2",
    ]);
    const [, end] = rig.people.requests;
    equal(end!.bytesIn > 200_000 && end!.bytesOut > 10, true);
  });
});

Deno.test("WebSockets: who may change something speaks, and where nothing says that a page only shows nobody else comes in", async () => {
  await withDevice((_, response) => response.end(), async (rig, token, server) => {
    const device = liveValues(server);
    for (const path of ["/values", "/elsewhere"]) {
      const { socket, shown } = await openAt(path, rig, token);
      await waitFor("a value", () => shown.length === 1);
      socket.send(`at ${path}`);
      await waitFor("the word at the device", () => device.said.includes(`at ${path}`));
      socket.terminate();
    }
    const looker = await rig.enter("CP001", { capabilities: ["view"] });
    const { socket } = await openAt("/elsewhere", rig, looker);
    socket.once("open", () => socket.emit("unexpected-response", socket, { statusCode: 101, headers: {} }));
    const [request, response] = await once(socket, "unexpected-response") as [
      { destroy?(): void },
      { statusCode: number; headers: Record<string, string> },
    ];
    deepEqual([response.statusCode, response.headers["x-bulkhead-rule"]], [403, "ui.page.capability"]);
    request.destroy?.();
    equal(device.said.length, 2);
  });
});

Deno.test("WebSockets: a frame that no browser sends ends both, and the device hears nothing of it", async () => {
  await withDevice((_, response) => response.end(), async (rig, _token, server) => {
    const device = liveValues(server), token = await rig.enter("CP001", { capabilities: ["view"] });
    const { socket, shown } = await openAt("/values", rig, token);
    await waitFor("a value", () => shown.length === 1);
    (socket as unknown as { readonly _socket: { write(bytes: Uint8Array): void } })._socket.write(
      new Uint8Array([0x81, 0x02, 0x68, 0x69]),
    );
    await waitFor("the end", () => socket.readyState === WebSocket.CLOSED && device.closes.length === 1);
    deepEqual(device.said, []);
  });
});

import { equal, match } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { NASTY_ANSWERS, startNastyDevice } from "../../demo/controllers/nasty.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import { playDriver } from "./play_driver.ts";
import { DeviceJar } from "../device_jar.ts";
import { textOf, withLink } from "./testing/link_rig.ts";

/** Heads that are read as a browser of the device reads them; the text is the body. */
const READ = {
  "/http10": "close-delimited",
  "/lf-only": "lf-only",
  "/no-reason": "no-reason",
  "/status-999": "999",
  "/latin1": "latin1",
  "/bad-gzip": "not gzip",
} as const;
/** Heads that different programs read differently: nothing of them goes on. */
const REFUSED = ["/space-in-name", "/http09", "/two-lengths", "/both-lengths"] as const;

Deno.test("quirks: what devices write beside the standard is read, byte for byte", async () => {
  await withLink(await startNastyDevice(), { driver: "guided" }, async ({ get }) => {
    for (const [path, body] of Object.entries(READ)) equal(await get(path), body, path);
  });
});

Deno.test("quirks: an answer that two programs would read differently is a door", async () => {
  await withLink(await startNastyDevice(), { driver: "guided" }, async ({ get }) => {
    for (const path of REFUSED) equal(await get(path), "ui.door.strange", path);
  });
});

Deno.test("quirks: an answer that is cut off breaks off, and is never taken for whole", async () => {
  await withLink(await startNastyDevice(), { driver: "guided" }, async ({ get }) => {
    equal(await get("/short"), "ui.door.unreachable");
  });
});

Deno.test("quirks: every answer of the list is judged by one of these tests", () => {
  const judged = [...Object.keys(READ), ...REFUSED, "/short"].sort();
  equal(judged.join(), Object.keys(NASTY_ANSWERS).sort().join());
});

Deno.test("quirks: a device that closes each connection is asked again on a new one", async () => {
  const device = await startNastyDevice();
  await withLink(device, { driver: "guided" }, async ({ get }) => {
    for (let count = 0; count < 3; count++) equal(await get("/http10"), "close-delimited");
    equal(device.connections(), 3);
  });
});

Deno.test("device link: a device that is silent is a door after its time", async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const silent = {
    origin: `http://127.0.0.1:${port}`,
    asked: [],
    connections: () => sockets.length,
    dropAll: () => sockets.forEach((socket) => socket.destroy()),
    close: async () => {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((done) => server.close(done));
    },
  };
  await withLink(silent, { driver: "guided" }, async ({ get, time }) => {
    const asked = get("/");
    while (time.armed === 0) await Promise.resolve();
    time.advance(UI_PROXY_LIMITS.deviceSilenceMs);
    equal(await asked, "ui.door.unreachable");
  });
});

Deno.test("device link: a WebSocket goes through on a connection of its own; a device that knows none answers", async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.once("data", (head) => {
      const isSocket = String(head).startsWith("GET /ws ");
      socket.write(
        isSocket
          ? "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\nhello"
          : "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno",
      );
      if (isSocket) socket.on("data", (part) => socket.write(`echo ${part}`));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const device = {
    origin: `http://127.0.0.1:${port}`,
    asked: [],
    connections: () => sockets.length,
    dropAll: () => {},
    close: async () => {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((done) => server.close(done));
    },
  };
  await withLink(device, { driver: "guided" }, async ({ link }) => {
    const headers = [["host", "x"], ["connection", "Upgrade"], ["upgrade", "websocket"]] as const;
    const found = await link.upgrade({ method: "GET", target: "/ws", headers, bodyLength: 0 });
    if (found.kind !== "switched") throw new Error(found.kind);
    let text = new TextDecoder().decode(found.head);
    found.socket.on("data", (part: Uint8Array) => text += new TextDecoder().decode(part));
    found.socket.write(Buffer.from("ping"));
    while (!text.includes("echo ping")) await once(found.socket, "data");
    match(text, /^hello/);
    found.socket.destroy();
    const plain = await link.upgrade({ method: "GET", target: "/none", headers, bodyLength: 0 });
    if (plain.kind !== "answer") throw new Error(plain.kind);
    equal(plain.status, 404);
    equal(await textOf(plain.body), "no");
  });
});

Deno.test("driver: a conversation has an end: too many requests, too much answer", async () => {
  // deno-lint-ignore require-yield
  function* none() {
    return "end";
  }
  const stage = {
    origin: "http://device.invalid",
    jar: new DeviceJar(),
    send: () => Promise.reject(new Error("not asked")),
  };
  equal((await playDriver(none(), stage)).end, "end");
  const asking = function* (count: number) {
    for (let at = 0; at < count; at++) yield { method: "GET" as const, target: "/" };
    return "end";
  };
  await withLink(() => ({ status: 200, body: "x".repeat(UI_PROXY_LIMITS.driverBodyBytes) }), {
    driver: {
      ...(await import("../drivers/charx.ts")).CHARX,
      login: () => asking(UI_PROXY_LIMITS.driverRequests) as never,
    },
  }, async ({ get, device }) => {
    await get("/").catch(() => "the end is no outcome");
    equal(device.asked.length >= UI_PROXY_LIMITS.driverRequests, true);
  });
});

import { Buffer } from "node:buffer";
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { letPauseReachTcp } from "../core/tls_pause.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { UI_PROXY_LIMITS } from "./limits.ts";
import { withDevice } from "./testing/form_device.ts";
import { type FrontRig, NAVIGATION, UPLOAD_BYTES } from "./testing/front_rig.ts";

const kill = (rig: FrontRig) => {
  rig.people.sessions.clear();
  return rig.service.handlers!["device.ended"]!({ sessions: ["session-1"], rule: "killed" });
};

Deno.test("exchange: an upload goes on with its length, byte for byte", async () => {
  const bytes = crypto.getRandomValues(new Uint8Array(65_536));
  const body = Buffer.concat(Array.from({ length: 64 }, () => bytes));
  let got = Buffer.alloc(0), head: IncomingMessage["headers"] = {};
  await withDevice(async (request, response) => {
    head = request.headers;
    const pieces: Uint8Array[] = [];
    for await (const piece of request as AsyncIterable<Uint8Array>) pieces.push(piece);
    got = Buffer.concat(pieces);
    response.end("stored");
  }, async (rig, token) => {
    const headers = { "content-type": "application/octet-stream", "content-length": String(body.length) };
    const done = await rig.ask("/upload", { method: "POST", token, body, headers });
    deepEqual([done.status, done.text], [200, "stored"]);
    deepEqual([head["content-length"], head["transfer-encoding"]], [String(body.length), undefined]);
    ok(got.equals(body));
    await kill(rig);
    deepEqual(rig.people.requests.map(({ page, status, bytesIn }) => [page, status, bytesIn]), [
      ["upload", 0, body.length],
      ["upload", 200, body.length],
    ]);
  });
});

Deno.test("exchange: an upload of no length or of too much is refused before a byte of it goes on", async () => {
  let asked = 0;
  await withDevice((request, response) => {
    asked++;
    request.resume();
    response.end();
  }, async (rig, token) => {
    const host = new URL(rig.origin()).host;
    const head =
      `POST /upload HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${rig.origin()}\r\nCookie: __Host-bulkhead-device=${token}\r\n`;
    match(await rig.talk(`${head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`), /^HTTP\/1\.1 411 /);
    const past = UPLOAD_BYTES + 1;
    match(await rig.talk(`${head}Content-Length: ${past}\r\n\r\nabc`), /^HTTP\/1\.1 413 /);
    equal(asked, 0);
    await kill(rig);
    deepEqual(rig.people.requests.map(({ rule }) => rule), ["ui.body.length", "ui.body.size"]);
  });
});

Deno.test("invariant 13: firmware waits for its verdict on this box, and without one no byte goes on", async () => {
  const asked: string[] = [];
  await withDevice((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    request.resume();
    response.end("{}");
  }, async (rig, token) => {
    const boundary = "b0undary";
    const body = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="fw.bin"\r\n` +
      `Content-Type: application/octet-stream\r\n\r\nFIRMWARE\r\n--${boundary}--\r\n`;
    const upload = () =>
      rig.ask("/api/v1.0/web/update2-upload", {
        method: "POST",
        token,
        body,
        headers: { ...NAVIGATION, "content-type": `multipart/form-data; boundary=${boundary}` },
      });
    rig.people.image = { verified: false, why: "no vault is configured" };
    const refused = await upload();
    deepEqual([refused.status >= 400, /ui\.door\.image/.test(refused.text)], [true, true]);
    ok(!asked.some((line) => line.includes("upload")), asked.join());
    rig.people.image = { verified: true };
    equal((await upload()).status, 200);
    ok(asked.includes("POST /api/v1.0/web/update2-upload"));
  }, "charx");
});

Deno.test("exchange: events come as they are sent, and end with the session", async () => {
  let stream: ServerResponse | undefined;
  await withDevice((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: 1\n\n");
    stream = response;
  }, async (rig, token) => {
    const host = new URL(rig.origin()).host;
    const socket = await rig.raw();
    let text = "", isOver = false;
    socket.on("data", (piece: Uint8Array) => text += Buffer.from(piece).toString("latin1"));
    socket.on("close", () => isOver = true).on("end", () => isOver = true).on("error", () => isOver = true);
    socket.write(`GET /events HTTP/1.1\r\nHost: ${host}\r\nCookie: __Host-bulkhead-device=${token}\r\n\r\n`);
    await waitFor("the first event", () => text.includes("data: 1"));
    stream!.write("data: 2\n\n");
    await waitFor("the second event, unbuffered", () => text.includes("data: 2"));
    await kill(rig);
    await waitFor("the end of the stream", () => isOver);
    await waitFor("the device's end of it", () => stream!.destroyed || stream!.closed);
  });
});

Deno.test("exchange: a WebSocket is joined both ways, without extensions, and ends with the session", async () => {
  let device: Duplex | undefined, head: IncomingMessage["headers"] = {};
  await withDevice((_, response) => response.end(), async (rig, token, server) => {
    server.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
      device = socket;
      head = request.headers;
      socket.on("error", () => socket.destroy()).on("end", () => socket.destroy());
      socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
          "Sec-WebSocket-Accept: accepted\r\nSet-Cookie: a=b\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\nearly",
      );
      socket.on("data", (piece: Uint8Array) => socket.write(Buffer.concat([Buffer.from("echo "), piece])));
    });
    const host = new URL(rig.origin()).host;
    const ask = (cookie: string, origin = rig.origin()) =>
      `GET /live HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Extensions: permessage-deflate\r\nCookie: __Host-bulkhead-device=${cookie}\r\n\r\n`;
    match(await rig.talk(ask("nobody")), /^HTTP\/1\.1 401 [\s\S]*X-Bulkhead-Rule: ui\.session\.none/);
    match(await rig.talk(ask(token, "https://evil.example")), /^HTTP\/1\.1 403 /);
    const looker = await rig.enter("CP001", { capabilities: ["view"] });
    match(await rig.talk(ask(looker)), /^HTTP\/1\.1 403 [\s\S]*X-Bulkhead-Rule: ui\.page\.capability/);
    equal(device, undefined);
    const socket = await rig.raw();
    let text = "", isOver = false;
    socket.on("data", (piece: Uint8Array) => text += Buffer.from(piece).toString("latin1"));
    socket.on("close", () => isOver = true).on("end", () => isOver = true).on("error", () => isOver = true);
    socket.write(ask(token));
    await waitFor("the switch", () => text.includes("early"));
    match(
      text,
      /^HTTP\/1\.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: accepted\r\n\r\nearly/,
    );
    deepEqual([head["sec-websocket-extensions"], head["origin"], head["cookie"]], [
      undefined,
      `http://${head["host"]}`,
      "SID=1",
    ]);
    socket.write("hello");
    await waitFor("the echo", () => text.includes("echo hello"));
    await kill(rig);
    await waitFor("the browser's end of the WebSocket", () => isOver);
    await waitFor("the device's end of the WebSocket", () => device!.destroyed);
    const told = await waitFor("both to be told of", () => {
      const own = rig.people.requests.filter(({ session }) => session === "session-1");
      return own.length > 1 && own;
    });
    deepEqual(told.map(({ method, status }) => [method, status]), [["WEBSOCKET", 0], ["WEBSOCKET", 101]]);
    ok(told[1]!.bytesIn === 5 && told[1]!.bytesOut === "earlyecho hello".length);
  });
});

const LONG = 48 * 1_048_576;
/** What may stand between two ends that wait for each other: the kernel's buffers of two connections, and a little of ours. */
const BETWEEN = 28 * 1_048_576;

/** Waits until a count has grown from nothing and stands still. */
async function untilQuiet(what: string, count: () => number): Promise<void> {
  let before = 0, same = 0;
  await waitFor(what, () => {
    const now = count();
    same = now > 0 && now === before ? same + 1 : 0;
    before = now;
    return same >= 15;
  });
}

Deno.test("exchange: a device that reads slowly holds the browser back, and gets every byte of a long upload", async () => {
  let received = 0, go: (() => void) | undefined, length: string | undefined;
  await withDevice((request, response) => {
    length = request.headers["content-length"];
    request.once("data", () => {
      request.pause();
      go = () => request.resume();
    });
    request.on("data", (piece: Uint8Array) => received += piece.length);
    request.on("end", () => response.end("stored"));
  }, async (rig, token) => {
    const socket = await rig.raw(), piece = new Uint8Array(262_144);
    let sent = 0, text = "";
    socket.on("error", () => {}).on("data", (part: Uint8Array) => text += Buffer.from(part).toString("latin1"));
    socket.write(
      `POST /upload HTTP/1.1\r\nHost: ${new URL(rig.origin()).host}\r\nOrigin: ${rig.origin()}\r\n` +
        `Cookie: __Host-bulkhead-device=${token}\r\nContent-Length: ${LONG}\r\n\r\n`,
    );
    const more = () => {
      while (sent < LONG) {
        sent += piece.length;
        if (!socket.write(piece)) return void socket.once("drain", more);
      }
    };
    more();
    await untilQuiet("the browser to wait", () => sent);
    ok(sent < BETWEEN, `${sent} bytes were taken for a device that reads nothing`);
    go!();
    await waitFor("the device's answer", () => text.includes("stored"));
    deepEqual([received, length], [LONG, String(LONG)]);
    socket.destroy();
  });
});

Deno.test("exchange: a browser that reads slowly holds the device back, and gets every byte", async () => {
  let sent = 0;
  await withDevice((_, response) => {
    const piece = Buffer.alloc(262_144);
    const more = () => {
      while (sent < LONG) {
        sent += piece.length;
        if (!response.write(piece)) return void response.once("drain", more);
      }
      response.end();
    };
    response.on("error", () => {});
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": String(LONG) });
    more();
  }, async (rig, token) => {
    const socket = await rig.raw();
    let received = 0;
    letPauseReachTcp(socket);
    socket.on("error", () => {}).once("data", () => socket.pause());
    socket.on("data", (piece: Uint8Array) => received += piece.length);
    const host = new URL(rig.origin()).host;
    socket.write(`GET /log HTTP/1.1\r\nHost: ${host}\r\nCookie: __Host-bulkhead-device=${token}\r\n\r\n`);
    await untilQuiet("the device to wait", () => sent);
    ok(sent < BETWEEN, `${sent} bytes were taken for a browser that reads nothing`);
    socket.resume();
    await waitFor("the whole answer", () => received > LONG);
    deepEqual(rig.faults, []);
    socket.destroy();
  });
});

Deno.test("exchange: as many requests of a session wait for its device as may, and the next is told", async () => {
  const waiting: ServerResponse[] = [];
  await withDevice((_, response) => void waiting.push(response), async (rig, token) => {
    const most = UI_PROXY_LIMITS.requestsOfSession;
    const all = Array.from({ length: most + 1 }, () => rig.ask("/slow", { token, headers: NAVIGATION }));
    const first = await Promise.race(all);
    deepEqual([first.status, /ui\.request\.too-many/.test(first.text)], [503, true]);
    let done = 0;
    for (const asked of all) asked.then(() => done++);
    await waitFor("every answer", () => {
      for (const response of waiting.splice(0)) response.end("at last");
      return done === all.length;
    });
    const answers = await Promise.all(all);
    equal(answers.filter(({ status }) => status === 200).length, most);
  });
});

Deno.test("exchange: a download comes whole, with its name and length, and is kept in no cache", async () => {
  const log = Buffer.alloc(3_000_000, "log line\n");
  await withDevice((_, response) => {
    response.writeHead(200, {
      "content-type": "application/octet-stream",
      "content-disposition": 'attachment; filename="log.zip"',
      "content-length": String(log.length),
    });
    response.end(log);
  }, async (rig, token) => {
    const answer = await rig.ask("/download", { token, headers: NAVIGATION });
    deepEqual([answer.status, answer.text.length, answer.headers["content-length"]], [
      200,
      log.length,
      String(log.length),
    ]);
    equal(answer.headers["content-disposition"], 'attachment; filename="log.zip"');
    equal(answer.headers["cache-control"], "no-store");
  });
});

Deno.test("exchange: where the device sends people away from itself they are asked, not sent", async () => {
  await withDevice((request, response) => {
    const to = request.url === "/away" ? "https://maker.example/<x>" : `http://${request.headers.host}/next`;
    response.writeHead(302, { location: to }).end();
  }, async (rig, token) => {
    const away = await rig.ask("/away", { token, headers: NAVIGATION });
    deepEqual([away.status, away.headers.location], [502, undefined]);
    match(away.text, /https:\/\/maker\.example\/&#60;x&#62;/);
    const next = await rig.ask("/x", { token, headers: NAVIGATION });
    deepEqual([next.status, next.headers.location], [302, `${rig.origin()}/next`]);
  });
});

Deno.test("exchange: heads, empty answers, parts, files to keep and what the device compressed stay what they are", async () => {
  await withDevice((request, response) => {
    if (request.url === "/empty") return response.writeHead(204).end();
    if (request.url === "/gzip") {
      response.writeHead(200, { "content-type": "text/html", "content-encoding": "gzip" });
      return response.end(Buffer.from("not really gzip <head>"));
    }
    if (request.url === "/part") {
      response.writeHead(206, { "content-type": "text/html", "content-range": "bytes 0-5/9" });
      return response.end("<head>");
    }
    if (request.url === "/export.html") {
      response.writeHead(200, { "content-type": "text/html", "content-disposition": "attachment" });
      return response.end("<head>http://127.0.0.1/");
    }
    response.writeHead(200, { "content-type": "text/html", "content-length": "6" });
    response.end(request.method === "HEAD" ? undefined : "<head>");
  }, async (rig, token) => {
    const head = await rig.ask("/page", { method: "HEAD", token });
    deepEqual([head.status, head.text, head.headers["content-length"]], [200, "", undefined]);
    equal((await rig.ask("/empty", { token })).status, 204);
    match((await rig.ask("/page", { token })).text, /^<head><script src/);
    const part = await rig.ask("/part", { token, headers: { range: "bytes=0-5" } });
    deepEqual([part.status, part.text], [206, "<head>"]);
    equal((await rig.ask("/export.html", { token })).text, "<head>http://127.0.0.1/");
    const gzip = await rig.ask("/gzip", { token });
    deepEqual([gzip.headers["content-encoding"], gzip.text], ["gzip", "not really gzip <head>"]);
  });
});

Deno.test("exchange: a device that breaks off in the middle breaks the answer off, never ends it as if whole", async () => {
  await withDevice((_, response) => {
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": "100000" });
    response.write("part");
    response.flushHeaders();
    response.on("error", () => {});
    response.socket!.on("drain", () => {});
    waitFor("the part to be gone", () => response.writableLength === 0).then(() => response.socket?.destroy());
  }, async (rig, token) => {
    let fault: unknown;
    await rig.ask("/x", { token }).catch((error) => fault = error);
    ok(fault instanceof Error);
    equal((await rig.ask("/.gw/", { token, headers: NAVIGATION })).status, 200, "the door goes on");
  });
});

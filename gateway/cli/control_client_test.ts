import { deepEqual, equal, rejects } from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listenOnControlSocket } from "../control/control_socket.ts";
import { runInGateway } from "./control_client.ts";

/** A socket that answers as the test says. */
async function withServer(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  test: (path: string) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  const path = `${dir}/control.sock`;
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  try {
    await test(path);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await Deno.remove(dir, { recursive: true });
  }
}
const ask = (path: string) => runInGateway(path, "status", { json: true }, "eva");

Deno.test("control client: sends one POST with the command, its arguments and the person", () => {
  let seen = "";
  return withServer((request, response) => {
    request.on("data", (chunk) => seen += chunk);
    request.on("end", () => response.end(JSON.stringify({ text: "fine", data: { a: 1 } })));
  }, async (path) => {
    deepEqual(await ask(path), { text: "fine", data: { a: 1 } });
    deepEqual(JSON.parse(seen), { command: "status", args: { json: true }, who: "eva" });
  });
});

Deno.test("control client: an answer in many pieces, cut within a letter, is one answer", () =>
  withServer((_request, response) => {
    const bytes = new TextEncoder().encode(JSON.stringify({ text: "Säule \u{1F50C}".repeat(100), data: null }));
    for (const byte of bytes) response.write(Uint8Array.of(byte));
    response.end();
  }, async (path) => {
    equal((await ask(path)).text, "Säule \u{1F50C}".repeat(100));
  }));

Deno.test("control client: an error keeps its code, message and hint, and has none when none was given", () => {
  const errors = [{ code: "STATION_UNKNOWN", message: "none", hint: "look" }, { code: "CTL_FAILED", message: "oops" }];
  return withServer((_request, response) => {
    response.writeHead(400).end(JSON.stringify({ error: errors[0] }));
  }, async (path) => {
    await rejects(ask(path), { code: "STATION_UNKNOWN", message: "none", hint: "look" });
    errors.shift();
    await rejects(ask(path), { code: "CTL_FAILED", message: "oops", hint: undefined });
  });
});

Deno.test("control client: a gateway that ends in the middle of a command is said not to answer", () =>
  withServer((request) => void request.socket.destroy(), async (path) => {
    await rejects(ask(path), { code: "CTL_NOT_RUNNING", message: new RegExp(`"${path}"`) });
  }));

Deno.test("control client: a file that is no socket, or no file at all, is no running gateway", async () => {
  const file = await Deno.makeTempFile();
  for (const path of [file, `${file}.absent`]) {
    await rejects(ask(path), { code: "CTL_NOT_RUNNING", hint: /--config/ });
  }
  await Deno.remove(file);
});

Deno.test("control socket: a socket file left by a killed gateway is replaced, and one is removed at the end", async () => {
  const dir = await Deno.makeTempDir();
  const path = `${dir}/control.sock`;
  await Deno.writeTextFile(path, "left behind");
  const socket = await listenOnControlSocket(path, () => Promise.resolve({ text: "fine", data: null }));
  equal((await ask(path)).text, "fine");
  await socket.close();
  await rejects(Deno.stat(path), Deno.errors.NotFound);
  await rejects(ask(path), { code: "CTL_NOT_RUNNING" });
  await Deno.remove(dir, { recursive: true });
});

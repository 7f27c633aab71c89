import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import type { ControlApi } from "../core/control_api.ts";
import { nullLogger } from "../core/log.ts";
import type { Rpc } from "../core/rpc.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { COURIER_LIMITS } from "./limits.ts";
import { listenForMetrics } from "./prometheus.ts";

function control(answer: () => Promise<{ contentType: string; text: string }>): Rpc<ControlApi> {
  return { call: answer as never, notify: () => {}, close: () => {} };
}

const good = control(() => Promise.resolve({ contentType: "text/plain; version=0.0.4", text: "up 1\n" }));

/** Sends bytes as they are and answers all that comes back. */
function exchange(where: string, bytes: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const [host, port] = where.split(":");
  const socket = connect(Number(port), host);
  let text = "";
  socket.on("data", (part) => text += part);
  socket.on("close", () => resolve(text));
  socket.on("error", () => {}); // a reset is an answer too
  socket.write(bytes);
  return promise;
}

Deno.test("prometheus: serves the merged metrics with control's content type", async () => {
  const listener = await listenForMetrics("127.0.0.1:0", good, nullLogger);
  const response = await fetch(`http://${listener.where}/metrics`);
  assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4");
  assert.equal(await response.text(), "up 1\n");
  await listener.close();
});

Deno.test("prometheus: knows no other path and no other method", async () => {
  const listener = await listenForMetrics("127.0.0.1:0", good, nullLogger);
  const status = async (method: string, path: string) => {
    const response = await fetch(`http://${listener.where}${path}`, { method });
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await status("GET", "/"), 404);
  assert.equal(await status("GET", "/metrics/../metrics?x"), 404);
  assert.equal(await status("POST", "/metrics"), 405);
  assert.equal(await status("DELETE", "/metrics"), 405);
  assert.equal(await status("HEAD", "/metrics"), 200);
  await listener.close();
});

Deno.test("prometheus: says 503 without details when control does not answer", async () => {
  const failing = control(() => Promise.reject(new Error("secret detail")));
  const listener = await listenForMetrics("127.0.0.1:0", failing, nullLogger);
  const response = await fetch(`http://${listener.where}/metrics`);
  assert.equal(response.status, 503);
  assert.ok(!(await response.text()).includes("secret"));
  await listener.close();
});

Deno.test("prometheus: headers past the limit are refused, at the limit they are not", async () => {
  const listener = await listenForMetrics("127.0.0.1:0", good, nullLogger);
  const request = (bytes: number) =>
    `GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Pad: ${"x".repeat(bytes)}\r\n\r\n`;
  assert.match(await exchange(listener.where, request(COURIER_LIMITS.metricsHeaderBytes - 200)), /^HTTP\/1.1 200/);
  assert.match(await exchange(listener.where, request(COURIER_LIMITS.metricsHeaderBytes + 200)), /^HTTP\/1.1 431/);
  await listener.close();
});

Deno.test("prometheus: connections past the limit are closed without an answer", async () => {
  const listener = await listenForMetrics("127.0.0.1:0", good, nullLogger);
  const [host, port] = listener.where.split(":");
  const sockets = Array.from({ length: COURIER_LIMITS.metricsConnections }, () => connect(Number(port), host));
  await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.once("connect", () => resolve()))));
  const answer = await waitFor("the limit", async () => {
    const text = await exchange(listener.where, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return text === "" ? "refused" : undefined;
  });
  assert.equal(answer, "refused");
  for (const socket of sockets) socket.destroy();
  await listener.close();
});

Deno.test("prometheus: a port that somebody else has is a start failure that names it", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", () => resolve()));
  const where = `127.0.0.1:${(other.address() as { port: number }).port}`;
  await assert.rejects(listenForMetrics(where, good, nullLogger), {
    code: "SUP_START_FAILED",
    message: new RegExp(where),
  });
  await new Promise((resolve) => other.close(resolve));
});

Deno.test("prometheus: the next courier listens beside this one, so that a reload can replace it", async () => {
  const listener = await listenForMetrics("127.0.0.1:0", good, nullLogger);
  const port = Number(new URL(`http://${listener.where}`).port);
  const next = await listenForMetrics(listener.where, good, nullLogger, [port]);
  assert.equal(next.where, listener.where);
  await listener.close();
  await (await fetch(`http://${next.where}/metrics`)).text();
  await next.close();
});

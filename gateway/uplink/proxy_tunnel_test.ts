import { deepStrictEqual as equal, match, ok, rejects } from "node:assert/strict";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { ConnectProxy, type ConnectProxyOptions } from "../../tests/support/connect_proxy.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import type { GatewayError } from "../core/errors.ts";
import { systemTimers } from "../core/timers.ts";
import { UPLINK_LIMITS } from "./limits.ts";
import { openTunnel } from "./proxy_tunnel.ts";

const TARGET = { host: "csms.invalid", port: 443 };

/** A server that greets first and echoes. */
async function withEcho(run: (port: number) => Promise<void>): Promise<void> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.write("hello ");
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await run((server.address() as AddressInfo).port);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function talk(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk) => text += String(chunk));
  socket.resume();
  socket.write("echo");
  await waitFor("the echo", () => text === "hello echo");
  socket.destroy();
  return text;
}

for (const options of [{}, { credentials: "gw:p:w" }, { tls: true }, { tls: true, credentials: "gw:x" }]) {
  Deno.test(`uplink proxy: carries both ways, name resolved by the proxy, ${JSON.stringify(options)}`, async () => {
    await withEcho(async (port) => {
      await using proxy = await ConnectProxy.up({ ...options, hosts: { "csms.invalid": port } });
      equal(await talk(await openTunnel(proxy.settings, TARGET, systemTimers)), "hello echo");
      equal(proxy.asked, ["csms.invalid:443"]);
    });
  });
}

Deno.test("uplink proxy: leaves by the source address it was given", async () => {
  await withEcho(async (port) => {
    await using proxy = await ConnectProxy.up({ hosts: { "csms.invalid": port } });
    await talk(await openTunnel({ ...proxy.settings, host: "127.0.0.1" }, TARGET, systemTimers, "127.0.0.9"));
    equal(proxy.sources, ["127.0.0.9"]);
  });
});

async function refused(options: ConnectProxyOptions, credentials?: string): Promise<GatewayError> {
  await using proxy = await ConnectProxy.up(options);
  const settings = credentials === undefined ? proxy.settings : { ...proxy.settings, authorization: credentials };
  let fault: GatewayError | undefined;
  await rejects(openTunnel(settings, TARGET, systemTimers), (error: GatewayError) => {
    fault = error;
    return true;
  });
  return fault!;
}

Deno.test("uplink proxy: a refusal names the proxy, the status and what to check, and never the secret", async () => {
  const wrong = await refused({ credentials: "gw:right" }, `Basic ${btoa("gw:wr0ng")}`);
  equal(wrong.code, "UPLINK_PROXY_REFUSED");
  match(wrong.message, /^The proxy localhost:\d+ answered 407 to CONNECT csms\.invalid:443$/);
  match(wrong.hint ?? "", /credentialsFile/);
  ok(!JSON.stringify([wrong.message, wrong.hint, String(wrong.cause)]).includes("wr0ng"));
  match((await refused({ hosts: { "csms.invalid": 1 } })).message, /answered 502/);
  match((await refused({ answer: "HTTP/1.1 403 No\r\n\r\n" })).hint ?? "", /allow CONNECT/);
  match((await refused({ answer: "SSH-2.0-x\r\n\r\n" })).message, /no HTTP/);
  equal((await refused({ answer: "HTTP/1.1 200 OK\r\n" + "X: y\r\n".repeat(2_000) })).code, "UPLINK_PROXY_UNREACHABLE");
});

Deno.test("uplink proxy: an answer up to the limit is read, one byte more is not", async () => {
  await using short = await ConnectProxy.up({ answer: padded(UPLINK_LIMITS.answerBytes) });
  (await openTunnel(short.settings, TARGET, systemTimers)).destroy();
  equal((await refused({ answer: padded(UPLINK_LIMITS.answerBytes + 1) })).code, "UPLINK_PROXY_UNREACHABLE");
});

/** An answer whose head, without the empty line, has this many bytes. */
function padded(bytes: number): string {
  const start = "HTTP/1.1 200 OK\r\nX: ";
  return `${start}${"x".repeat(bytes - start.length)}\r\n\r\n`;
}

Deno.test("uplink proxy: one that is away, or is not the one of its CA, opens nothing", async () => {
  await rejects(openTunnel({ host: "127.0.0.1", port: 1, tls: false }, TARGET, systemTimers), {
    code: "UPLINK_PROXY_UNREACHABLE",
  });
  await using proxy = await ConnectProxy.up({ tls: true });
  await using other = await ConnectProxy.up({ tls: true });
  await rejects(openTunnel({ ...proxy.settings, ca: other.ca.pem }, TARGET, systemTimers), {
    code: "UPLINK_PROXY_UNREACHABLE",
  });
  equal(proxy.asked, []);
});

Deno.test("uplink proxy: one that does not answer is left when the time is over", async () => {
  await using proxy = await ConnectProxy.up({ answer: "" });
  const time = new ManualTime();
  const opened = openTunnel(proxy.settings, TARGET, time);
  await waitFor("the request", () => proxy.asked.length === 1);
  time.advance(UPLINK_LIMITS.tunnelMs);
  await rejects(opened, { code: "UPLINK_PROXY_UNREACHABLE" });
});

for (const tls of [false, true]) {
  Deno.test(`uplink proxy: one that refuses the connection is named, ${tls ? "before TLS" : "plain"}`, async () => {
    const proxy = { host: "127.0.0.1", port: 1, tls };
    await rejects(openTunnel(proxy, TARGET, systemTimers), (error: GatewayError) => {
      equal([error.code, error.message], ["UPLINK_PROXY_UNREACHABLE", "Cannot use the proxy 127.0.0.1:1"]);
      match(String((error.cause as Error).message), /refused/i);
      return true;
    });
  });
}

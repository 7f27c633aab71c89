import { deepEqual, equal, match } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { WebSocket } from "ws";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { nullLogger } from "../core/log.ts";
import type { RpcPort } from "../core/rpc.ts";
import { type FromTunnel, type ToTunnel, TUNNEL_FRAME_BYTES, TUNNEL_PROTOCOL } from "../core/tunnel_api.ts";
import { CONSOLE_LIMITS } from "./limits.ts";
import { TunnelDoor } from "./tunnel_door.ts";

const TOKEN = "A".repeat(43);
const HEADERS = { "authorization": `Bearer ${TOKEN}`, "sec-websocket-protocol": TUNNEL_PROTOCOL };

/** The door behind a plain HTTP server: TLS is the console's listener, tested there and in tests/acceptance. */
class Rig implements AsyncDisposable {
  readonly time = new ManualTime();
  readonly door = new TunnelDoor({ timers: this.time, log: nullLogger, hostname: () => "gw.lab.example" });
  readonly heard: ToTunnel[] = [];
  readonly #server: Server;
  #port: RpcPort | undefined;
  #sockets: WebSocket[] = [];

  private constructor() {
    this.#server = createServer().on("upgrade", (request, socket, head) => {
      this.door.upgrade(request, socket, head, (socket as Socket).remoteAddress ?? "");
    });
  }

  static async open(hasWorker = true): Promise<Rig> {
    const rig = new Rig();
    await new Promise<void>((resolve) => rig.#server.listen(0, "127.0.0.1", resolve));
    if (hasWorker) rig.worker("tunnel");
    return rig;
  }

  worker(name: string): void {
    this.#port = { postMessage: (message) => void this.heard.push(message as ToTunnel), onmessage: null };
    this.door.peer(name, this.#port);
  }

  say(message: FromTunnel): void {
    this.#port!.onmessage!({ data: message } as MessageEvent);
  }

  /** What a raw request is answered before any upgrade. */
  async ask(path: string, headers: Record<string, string | undefined> = {}): Promise<{ status: number; rule: string }> {
    const all = { host: "gw.lab.example", connection: "Upgrade", upgrade: "websocket", ...HEADERS, ...headers };
    const lines = Object.entries(all).flatMap(([name, value]) => value === undefined ? [] : [`${name}: ${value}`]);
    const more = ["sec-websocket-version: 13", "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="];
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: this.#address });
    await connection.write(
      new TextEncoder().encode(`GET ${path} HTTP/1.1\r\n${[...lines, ...more].join("\r\n")}\r\n\r\n`),
    );
    const text = await new Response(connection.readable).text();
    const rule = (JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4)) as { rule: string }).rule;
    return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)![1]), rule };
  }

  dial(options: { readonly autoPong?: boolean } = {}): WebSocket {
    const webSocket = new WebSocket(`ws://127.0.0.1:${this.#address}/tunnel/CP001/22`, TUNNEL_PROTOCOL, {
      headers: { authorization: `Bearer ${TOKEN}` },
      ...options,
    });
    webSocket.on("error", () => undefined);
    this.#sockets.push(webSocket);
    return webSocket;
  }

  get #address(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const webSocket of this.#sockets) webSocket.terminate();
    this.door.close();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

for (
  const [what, path, headers, status, rule] of [
    ["another path", "/tunnels/CP001/22", {}, 404, "console.path"],
    ["a path that goes on", "/tunnel/CP001/22/x", {}, 404, "console.path"],
    ["a query", "/tunnel/CP001/22?x=1", {}, 404, "console.path"],
    ["a port of six digits", "/tunnel/CP001/222222", {}, 404, "console.path"],
    ["a name that is no encoding", "/tunnel/CP%ZZ/22", {}, 404, "console.path"],
    ["another host name", "/tunnel/CP001/22", { host: "evil.example" }, 421, "console.host"],
    ["a browser", "/tunnel/CP001/22", { origin: "https://gw.lab.example" }, 403, "console.origin"],
    ["a page of nowhere", "/tunnel/CP001/22", { origin: "null" }, 403, "console.origin"],
    ["another protocol", "/tunnel/CP001/22", { "sec-websocket-protocol": "ocpp1.6" }, 400, "tunnel.protocol"],
    ["no protocol", "/tunnel/CP001/22", { "sec-websocket-protocol": undefined }, 400, "tunnel.protocol"],
    ["no token", "/tunnel/CP001/22", { authorization: undefined }, 401, "tunnel.token"],
    ["Basic for a token", "/tunnel/CP001/22", { authorization: "Basic QUFB" }, 401, "tunnel.token"],
    [
      "a token that is too long",
      "/tunnel/CP001/22",
      { authorization: `Bearer ${"A".repeat(129)}` },
      401,
      "tunnel.token",
    ],
  ] as const
) {
  Deno.test(`tunnel door: ${what} is refused with ${status} and the Worker is not asked`, async () => {
    await using rig = await Rig.open();
    deepEqual(await rig.ask(path, headers), { status, rule });
    deepEqual(rig.heard, []);
  });
}

Deno.test("tunnel door: without the Worker that dials nothing is let in", async () => {
  await using rig = await Rig.open(false);
  deepEqual(await rig.ask("/tunnel/CP001/22"), { status: 503, rule: "tunnel.none" });
});

for (
  const [code, status] of [
    ["TUNNEL_REFUSED", 403],
    ["TUNNEL_NOT_DECLARED", 404],
    ["TUNNEL_UNREACHABLE", 502],
    ["TUNNEL_FULL", 503],
    ["RPC_PEER_GONE", 503],
  ] as const
) {
  Deno.test(`tunnel door: ${code} of the Worker is ${status} before any upgrade`, async () => {
    await using rig = await Rig.open();
    const asked = rig.ask("/tunnel/CP%2B1/8022");
    await waitFor("the Worker to be asked", () => rig.heard.length === 1);
    const { source, ...open } = rig.heard[0] as ToTunnel & { kind: "open" };
    deepEqual(open, { kind: "open", id: 1, token: TOKEN, station: "CP+1", port: 8_022 });
    match(source, /127\.0\.0\.1$/);
    rig.say({ kind: "refused", id: 1, code, text: "no", hint: "do that" });
    deepEqual(await asked, { status, rule: code });
  });
}

Deno.test("tunnel door: a Worker that says nothing is waited for up to the limit", async () => {
  await using rig = await Rig.open();
  const asked = rig.ask("/tunnel/CP001/22");
  await waitFor("asked", () => rig.heard.length === 1);
  rig.time.advance(CONSOLE_LIMITS.tunnelOpenMs);
  deepEqual(await asked, { status: 504, rule: "tunnel.deadline" });
  deepEqual(rig.heard[1], { kind: "gone", id: 1 });
  rig.say({ kind: "opened", id: 1 }); // too late: nobody is there
});

async function opened(
  rig: Rig,
  options: { readonly autoPong?: boolean } = {},
): Promise<{ webSocket: WebSocket; id: number; got: Buffer[]; closed: number[] }> {
  const webSocket = rig.dial(options), got: Buffer[] = [], closed: number[] = [];
  webSocket.on("message", (data: Buffer) => got.push(data)).on("close", (code) => closed.push(code));
  const before = rig.heard.length;
  await waitFor("asked", () => rig.heard.length > before);
  const { id } = rig.heard.at(-1)!;
  rig.say({ kind: "opened", id });
  await waitFor("open", () => webSocket.readyState === WebSocket.OPEN);
  return { webSocket, id, got, closed };
}

Deno.test("tunnel door: frames go through untouched, both ways; either side may end", async () => {
  await using rig = await Rig.open();
  const { webSocket, id, got, closed } = await opened(rig);
  equal(webSocket.protocol, TUNNEL_PROTOCOL);
  webSocket.send(Buffer.from("0053", "hex"));
  await waitFor("a frame", () => rig.heard.some(({ kind }) => kind === "frame"));
  deepEqual(rig.heard.at(-1), { kind: "frame", id, bytes: new Uint8Array([0, 0x53]) });
  rig.say({ kind: "frame", id, bytes: new Uint8Array([2]) });
  await waitFor("an answer", () => got.length === 1);
  deepEqual([...got[0]!], [2]);
  rig.say({ kind: "gone", id });
  await waitFor("the end", () => closed.length === 1);
  equal(closed[0], 1_000);
});

Deno.test("tunnel door: text, and a frame one byte too long, end the connection, and the Worker is told", async () => {
  for (const [data, code] of [["text", 1_003], [Buffer.alloc(TUNNEL_FRAME_BYTES + 1), 1_009]] as const) {
    await using rig = await Rig.open();
    const { webSocket, id, closed } = await opened(rig);
    webSocket.send(Buffer.alloc(TUNNEL_FRAME_BYTES)); // at the limit
    await waitFor("the longest frame", () => rig.heard.some(({ kind }) => kind === "frame"));
    webSocket.send(data);
    await waitFor("the end", () => closed.length === 1);
    equal(closed[0], code);
    await waitFor("told", () => rig.heard.at(-1)!.kind === "gone");
    deepEqual(rig.heard.at(-1), { kind: "gone", id });
  }
});

Deno.test("tunnel door: a laptop that answers no ping and sends nothing is dropped; one that sends stays", async () => {
  await using rig = await Rig.open();
  const { webSocket, closed } = await opened(rig, { autoPong: false });
  for (let round = 1; round <= 3; round++) {
    rig.time.advance(CONSOLE_LIMITS.tunnelPingMs);
    webSocket.send(Buffer.from("0053", "hex"));
    await waitFor("its frame", () => rig.heard.filter(({ kind }) => kind === "frame").length === round);
  }
  equal(closed.length, 0);
  rig.time.advance(CONSOLE_LIMITS.tunnelPingMs);
  rig.time.advance(CONSOLE_LIMITS.tunnelPingMs);
  await waitFor("the end", () => closed.length === 1);
  await waitFor("told", () => rig.heard.at(-1)!.kind === "gone");
});

Deno.test("tunnel door: a Worker that is gone closes what it carried; one that was replaced before does not", async () => {
  await using rig = await Rig.open();
  const { closed } = await opened(rig);
  rig.door.peer("tunnel~0", undefined);
  equal(closed.length, 0);
  rig.door.peer("tunnel", undefined);
  await waitFor("the end", () => closed.length === 1);
  equal(closed[0], 1_012);
  deepEqual(await rig.ask("/tunnel/CP001/22"), { status: 503, rule: "tunnel.none" });
});

Deno.test("tunnel door: connections up to the limit, and one more is refused", async () => {
  await using rig = await Rig.open();
  for (let at = 0; at < CONSOLE_LIMITS.tunnels; at++) rig.dial();
  await waitFor("all asked", () => rig.heard.length === CONSOLE_LIMITS.tunnels);
  deepEqual(await rig.ask("/tunnel/CP001/22"), { status: 503, rule: "tunnel.limit" });
  rig.say({ kind: "refused", id: 1, code: "TUNNEL_REFUSED", text: "no" });
  const again = rig.ask("/tunnel/CP001/22");
  await waitFor("asked again", () => rig.heard.length === CONSOLE_LIMITS.tunnels + 1);
  rig.say({ kind: "refused", id: rig.heard.at(-1)!.id, code: "TUNNEL_REFUSED", text: "no" });
  equal((await again).status, 403);
});

import { equal, match, ok } from "node:assert/strict";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { freePort } from "../../tests/support/free_port.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { TestCa } from "../../tests/support/test_ca.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { encodeTunnelFrame, TUNNEL_PROTOCOL } from "./codec_tunnel.ts";
import { DHCP_LIMITS } from "./limits.ts";
import { TunnelClient } from "./tunnel_client.ts";
import type { TunnelConfig } from "./worker_config.ts";

const CA = new TestCa("central");
const OWN = CA.client("garage-12");
const HELLO = encodeTunnelFrame(new Uint8Array(0));
const MESSAGE = encodeTunnelFrame(new Uint8Array(300).fill(7));

/** A far end that a test plays: what it does with a connection, and what it heard. */
class FarEnd {
  readonly server: Server;
  readonly sockets = new Set<Socket>();
  heard = 0;

  private constructor(server: Server) {
    this.server = server;
  }

  static async open(greet: (socket: Socket) => void, tls: TlsOptions | "none" = {}): Promise<FarEnd> {
    const { certPem: cert, keyPem: key } = CA.server(["dhcp.central.example"]);
    const server = tls === "none"
      ? createTcpServer()
      : createTlsServer({ cert, key, ca: CA.pem, requestCert: true, ALPNProtocols: [TUNNEL_PROTOCOL], ...tls });
    const end = new FarEnd(server);
    server.on(tls === "none" ? "connection" : "secureConnection", (socket: Socket) => {
      end.sockets.add(socket);
      socket.on("error", () => {});
      socket.on("data", (bytes) => void (end.heard += bytes.length));
      greet(socket);
    });
    server.on("tlsClientError", () => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return end;
  }

  get port(): number {
    return (this.server.address() as { readonly port: number }).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** A client with time in the hand of the test. */
class Near implements Disposable {
  readonly time = new ManualTime();
  readonly states: (string | undefined)[] = [];
  readonly messages: Uint8Array[] = [];
  readonly client: TunnelClient;

  constructor(port: number, changes: Partial<TunnelConfig> = {}) {
    const config: TunnelConfig = {
      ...{ host: "127.0.0.1", port, name: "dhcp.central.example", ca: CA.pem, cert: OWN.certPem, key: OWN.keyPem },
      ...{ circuitId: "ot", fallback: "none", fallbackSeconds: 600, ...changes },
    };
    this.client = new TunnelClient({
      ...{ config, clock: this.time, timers: this.time },
      onMessage: (bytes) => void this.messages.push(bytes),
      onState: (why) => void this.states.push(why),
    });
    this.client.open();
  }

  /** Waits for the next change of state; "up", or why not. */
  async next(): Promise<string> {
    const before = this.states.length;
    await waitFor("a change of the tunnel", () => this.states.length > before);
    return this.states[before] ?? "up";
  }

  [Symbol.dispose](): void {
    this.client.close();
    equal(this.time.armed, 0, "no timer outlives the tunnel");
  }
}

Deno.test("dhcp tunnel: it is up with the far end's first word, not with the handshake", async () => {
  const greeted = Promise.withResolvers<Socket>();
  await using far = await FarEnd.open((socket) => greeted.resolve(socket));
  using near = new Near(far.port);
  const socket = await greeted.promise;
  equal([near.client.isUp, near.client.send(new Uint8Array(300))].join(), "false,false");
  socket.write(HELLO);
  equal(await near.next(), "up");
  ok(near.client.send(new Uint8Array(300)));
  await waitFor("the message", () => far.heard === 302);
  socket.write(MESSAGE);
  await waitFor("the answer", () => near.messages.length === 1);
  equal(near.messages[0]!.length, 300);
});

const greet = (socket: Socket) => void socket.write(HELLO);
const STRANGER = new TestCa("somebody else");
const strange = STRANGER.server(["dhcp.central.example"]);
const other = CA.server(["dhcp.other.example"]);
const REFUSED: readonly (readonly [string, TlsOptions, RegExp])[] = [
  ["of another CA", { cert: strange.certPem, key: strange.keyPem }, /certificate|issuer|UNABLE|self.signed/i],
  ["of another name", { cert: other.certPem, key: other.keyPem }, /dhcp\.central\.example|altname/i],
  ["that speaks TLS 1.2 at most", { maxVersion: "TLSv1.2" }, /./],
  ["that speaks another protocol", { ALPNProtocols: ["http/1.1"] }, /./],
];
for (const [name, tls, why] of REFUSED) {
  Deno.test(`dhcp tunnel: a far end ${name} is not believed`, async () => {
    await using far = await FarEnd.open(greet, tls);
    using near = new Near(far.port);
    match(await near.next(), why);
    equal([near.client.isUp, near.messages.length].join(), "false,0");
  });
}

Deno.test("dhcp tunnel: a port that nobody listens on is tried ever more slowly, up to the longest wait", async () => {
  using near = new Near(freePort());
  match(await near.next(), /refused/i);
  let waitMs: number = DHCP_LIMITS.retryFirstMs;
  for (let count = 0; count < 8; count++) {
    const tries = near.states.length;
    near.time.advance(waitMs - 1);
    equal(near.states.length, tries, `no try before ${waitMs} ms`);
    near.time.advance(1);
    await waitFor("the next try", () => near.states.length > tries);
    waitMs = Math.min(waitMs * 2, DHCP_LIMITS.retryLongestMs);
  }
  equal(waitMs, DHCP_LIMITS.retryLongestMs);
});

Deno.test("dhcp tunnel: it comes back by itself, and begins with the shortest wait again", async () => {
  await using far = await FarEnd.open(greet);
  using near = new Near(far.port);
  equal(await near.next(), "up");
  for (let count = 0; count < 2; count++) {
    for (const socket of far.sockets) socket.destroy();
    ok(await near.next() !== "up");
    near.time.advance(DHCP_LIMITS.retryFirstMs);
    equal(await near.next(), "up");
  }
});

Deno.test("dhcp tunnel: signs of life go out, and a far end that falls silent is given up", async () => {
  await using far = await FarEnd.open(greet);
  using near = new Near(far.port);
  equal(await near.next(), "up");
  near.time.advance(DHCP_LIMITS.tunnelIdleMs);
  await waitFor("a sign of life", () => far.heard === 2);
  near.time.advance(DHCP_LIMITS.tunnelIdleMs);
  equal(near.client.isUp, true);
  near.time.advance(DHCP_LIMITS.tunnelIdleMs);
  match(await near.next(), /fallen silent/);
});

Deno.test("dhcp tunnel: who says nothing after the handshake, or not even TLS, is given up in time", async () => {
  await using far = await FarEnd.open(() => {}, "none");
  using near = new Near(far.port);
  await waitFor("the connection", () => far.sockets.size === 1);
  near.time.advance(DHCP_LIMITS.tunnelSilentMs);
  match(await near.next(), /no answer/);
});

for (
  const [name, bytes] of [
    ["a frame that is too short", Uint8Array.of(0, 1, 9)],
    ["a frame that is too long", Uint8Array.of(0xff, 0xff)],
  ] as const
) {
  Deno.test(`dhcp tunnel: ${name} ends the connection, and the next one is good`, async () => {
    let count = 0;
    await using far = await FarEnd.open((socket) => void socket.write(count++ === 0 ? bytes : HELLO));
    using near = new Near(far.port);
    match(await near.next(), /tunnel frame of \d+ bytes/);
    near.time.advance(DHCP_LIMITS.retryFirstMs);
    equal(await near.next(), "up");
  });
}

Deno.test("dhcp tunnel: what a far end does not read is dropped beyond the limit and not kept", async () => {
  await using far = await FarEnd.open((socket) => {
    socket.pause();
    socket.write(HELLO);
  });
  using near = new Near(far.port);
  equal(await near.next(), "up");
  const frame = new Uint8Array(DHCP_LIMITS.messageBytesMax);
  let taken = 0;
  while (taken < 100_000 && near.client.send(frame)) taken++;
  ok(taken < 100_000, "it is refused at some time");
  ok(taken * (frame.length + 2) > DHCP_LIMITS.tunnelBytes, `${taken} frames: not before the limit`);
});

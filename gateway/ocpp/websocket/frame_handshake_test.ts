import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { waitFor } from "../../../tests/support/wait_for.ts";
import { systemRandom } from "../../core/timers.ts";
import { acceptKey, dialFrames, type DialledFrames, UnexpectedStatus } from "./frame_handshake.ts";

/** A server that answers each request with the lines that `answer` makes of it, then with these bytes. */
async function withServer(
  answer: (request: string) => string,
  test: (dial: (time: ManualTime) => Promise<DialledFrames>, texts: string[]) => Promise<void>,
): Promise<void> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy()); // a refused client leaves as it likes
    socket.once("data", (chunk: Buffer) => socket.write(Buffer.from(answer(chunk.toString("latin1")), "latin1")));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const texts: string[] = [];
  const dial = (time: ManualTime) =>
    dialFrames({
      url: new URL(`ws://127.0.0.1:${port}/csms/CP001?token=1`),
      protocols: ["ocpp2.0.1", "ocpp1.6"],
      headers: { Authorization: "Basic QTpi" },
      connect: () => connect(port, "127.0.0.1"),
      timeoutMs: 10_000,
      random: systemRandom,
      onOpen: (socket) => socket.on("message", (_data: Buffer, _isBinary: boolean, text?: string) => texts.push(text!)),
    }, { limits: { messageBytes: 1_000, fragments: 8 }, closeTimeoutMs: 5_000, timers: time });
  try {
    await test(dial, texts);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

const keyIn = (request: string): string => /sec-websocket-key: (\S+)/i.exec(request)![1]!;

/** A right answer, with some of its lines changed. */
function upgraded(request: string, changes: Readonly<Record<string, string | undefined>> = {}, behind = ""): string {
  const lines: Record<string, string | undefined> = {
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Accept": acceptKey(keyIn(request)),
    "Sec-WebSocket-Protocol": "ocpp1.6",
    ...changes,
  };
  const shown = Object.entries(lines).flatMap(([name, value]) => value === undefined ? [] : [`${name}: ${value}`]);
  return `HTTP/1.1 101 Switching Protocols\r\n${shown.join("\r\n")}\r\n\r\n${behind}`;
}

Deno.test("frame handshake: the example of RFC 6455 section 1.3", () => {
  equal(acceptKey("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

Deno.test("frame handshake: asks as RFC 6455 wants it, offers no extension, and hears what came with the answer", async () => {
  let asked = "";
  await withServer((request) => upgraded(asked = request, {}, "\x81\x05early"), async (dial, texts) => {
    const time = new ManualTime();
    const { socket, protocol } = await dial(time);
    equal(protocol, "ocpp1.6");
    await waitFor("the early message", () => texts.length === 1);
    equal(texts, ["early"]);
    equal(time.armed, 0, "no timer stays behind");
    socket.terminate();
  });
  const lines = asked.split("\r\n");
  equal(lines[0], "GET /csms/CP001?token=1 HTTP/1.1");
  const header = (name: string) =>
    lines.find((line) => line.toLowerCase().startsWith(`${name}: `))?.slice(name.length + 2);
  equal(header("upgrade"), "websocket");
  equal(header("connection"), "Upgrade");
  equal(header("sec-websocket-version"), "13");
  equal(header("sec-websocket-protocol"), "ocpp2.0.1,ocpp1.6");
  equal(header("authorization"), "Basic QTpi");
  equal(header("sec-websocket-extensions"), undefined);
  equal(Buffer.from(header("sec-websocket-key")!, "base64").length, 16);
});

const WRONG: readonly [name: string, changes: Readonly<Record<string, string | undefined>>, message: RegExp][] = [
  ["of another request", { "Sec-WebSocket-Accept": acceptKey("AAAAAAAAAAAAAAAAAAAAAA==") }, /not to our request/],
  ["without proof", { "Sec-WebSocket-Accept": undefined }, /not to our request/],
  ["for another protocol", { Upgrade: "h2c" }, /not for a WebSocket/],
  ["without a subprotocol", { "Sec-WebSocket-Protocol": undefined }, /no subprotocol/],
  ["with a foreign subprotocol", { "Sec-WebSocket-Protocol": "ocpp9.9" }, /not offered/],
  ["with an extension", { "Sec-WebSocket-Extensions": "permessage-deflate" }, /not offered/],
];
for (const [name, changes, message] of WRONG) {
  Deno.test(`frame handshake: an answer ${name} is refused`, () =>
    withServer((request) => upgraded(request, changes), async (dial) => {
      const time = new ManualTime();
      await rejects(dial(time), message);
      equal(time.armed, 0, "no timer stays behind");
    }));
}

Deno.test("frame handshake: any other status is told, redirects included", async () => {
  for (const status of [401, 404, 302, 200]) {
    const answer = `HTTP/1.1 ${status} No\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n`;
    await withServer(() => answer, async (dial) => {
      await rejects(
        dial(new ManualTime()),
        (error: Error) => error instanceof UnexpectedStatus && error.status === status,
      );
    });
  }
});

Deno.test("frame handshake: a server that never answers is given up after its time", () =>
  withServer(() => "", async (dial) => {
    const time = new ManualTime();
    const dialled = dial(time);
    time.advance(10_000);
    await rejects(dialled, /no answer in time/);
  }));

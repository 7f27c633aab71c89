import { deepStrictEqual as equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { clientFrame } from "../../../tests/support/raw_station.ts";
import { withTlsPair } from "../../../tests/support/tls_pair.ts";
import { waitFor } from "../../../tests/support/wait_for.ts";
import { letPauseReachTcp } from "../../core/tls_pause.ts";
import { systemRandom } from "../../core/timers.ts";
import { FrameSocket } from "./frame_socket.ts";
import { MaskKeys } from "./frame_writer.ts";

const LIMITS = { messageBytes: 1_000, fragments: 8 };

/** A FrameSocket of the given role, and the bare socket at its far end. */
interface Pair {
  readonly frames: FrameSocket;
  readonly near: Socket;
  readonly far: Socket;
  readonly time: ManualTime;
  /** What the far end received. */
  readonly received: () => Buffer;
  /** What the FrameSocket told, one line each. */
  readonly told: string[];
}

type Kind = "plain" | "TLS";
const KINDS: readonly Kind[] = ["plain", "TLS"];

/** Both ends of a plain connection. */
async function withPlainPair(use: (ends: { readonly near: Socket; readonly far: Socket }) => unknown): Promise<void> {
  const accepted = Promise.withResolvers<Socket>();
  const server = createServer({ allowHalfOpen: true }, accepted.resolve); // as an HTTP server has it
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const far = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const near = await accepted.promise;
  try {
    await use({ near, far });
  } finally {
    far.destroy();
    near.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function withPair(kind: Kind, role: "client" | "server", test: (pair: Pair) => Promise<void>): Promise<void> {
  const use = ({ near, far }: { readonly near: Socket; readonly far: Socket }) => test(framed(near, far, role));
  if (kind === "plain") await withPlainPair(use);
  else await withTlsPair(({ server, client }) => use({ near: server, far: client }));
}

function framed(near: Socket, far: Socket, role: "client" | "server"): Pair {
  const time = new ManualTime();
  const keys = role === "client" ? { keys: new MaskKeys(systemRandom) } : {};
  const frames = new FrameSocket(near, Buffer.alloc(0), {
    limits: LIMITS,
    closeTimeoutMs: 5_000,
    timers: time,
    ...keys,
  });
  const told: string[] = [], chunks: Buffer[] = [];
  frames.on("message", (data: Buffer, isBinary: boolean, text?: string) => {
    told.push(isBinary ? `binary ${data.length}` : `text ${text}`);
  });
  frames.on("ping", (data: Buffer) => told.push(`ping ${data}`));
  frames.on("pong", (data: Buffer) => told.push(`pong ${data}`));
  frames.on("error", (error: Error & { code?: string }) => told.push(`error ${error.code}`));
  frames.on("close", (code: number, reason: Buffer) => told.push(`close ${code} ${reason}`));
  far.on("data", (chunk: Buffer) => chunks.push(chunk));
  far.on("error", () => far.destroy()); // a reset is how some of these tests end
  return { frames, near, far, time, received: () => Buffer.concat(chunks), told };
}

const CLOSE_1000 = Uint8Array.of(0x03, 0xe8, 0x6f, 0x6b);

for (const kind of KINDS) {
  Deno.test(`frame socket, ${kind}: tells messages, pings and pongs, and sends without answering by itself`, () =>
    withPair(kind, "server", async ({ frames, far, received, told }) => {
      far.write(clientFrame(0x81, "hello"));
      far.write(clientFrame(0x82, "bin"));
      far.write(clientFrame(0x89, "p"));
      far.write(clientFrame(0x8a, "q"));
      await waitFor("four events", () => told.length === 4);
      equal(told, ["text hello", "binary 3", "ping p", "pong q"]);
      frames.send("a", { binary: false });
      frames.ping(Buffer.from("b"));
      frames.pong(Buffer.from("c"));
      await waitFor("three frames", () => received().length === 9);
      equal(received().toString("hex"), "810161" + "890162" + "8a0163");
    }));

  Deno.test(`frame socket, ${kind}: the peer's close is answered with its code, TCP is ended, and the code is told`, () =>
    withPair(kind, "server", async ({ frames, far, received, told, time }) => {
      far.write(clientFrame(0x88, CLOSE_1000));
      await waitFor("the end", () => frames.readyState === frames.CLOSED);
      equal(received().toString("hex"), "880403e86f6b");
      equal(told, ["close 1000 ok"]);
      equal(time.armed, 0, "no timer stays behind");
    }));

  Deno.test(`frame socket, ${kind}: our close waits for the peer's; what it sends meanwhile is still told`, () =>
    withPair(kind, "server", async ({ frames, far, received, told }) => {
      frames.send("last", { binary: false });
      frames.close(1001, "bye");
      equal(frames.readyState, frames.CLOSING);
      frames.send("too late", { binary: false });
      await waitFor("our close", () => received().length === 13);
      equal(received().toString("hex"), "81046c617374" + "880503e9627965");
      far.write(clientFrame(0x81, "crossed"));
      far.write(clientFrame(0x88, CLOSE_1000));
      await waitFor("the end", () => frames.readyState === frames.CLOSED);
      equal(told, ["text crossed", "close 1000 ok"]);
    }));

  Deno.test(`frame socket, ${kind}: a peer that never answers the close is cut off after its time`, () =>
    withPair(kind, "server", async ({ frames, time, told }) => {
      frames.close(1001);
      time.advance(4_999);
      equal(told, []);
      time.advance(1);
      await waitFor("the end", () => frames.readyState === frames.CLOSED);
      equal(told, ["close 1006 "]);
    }));

  Deno.test(`frame socket, ${kind}: TCP that ends or breaks without a close frame is 1006, also half open`, async () => {
    for (const leave of [(far: Socket) => void far.end(), (far: Socket) => void far.resetAndDestroy()]) {
      await withPair(kind, "server", async ({ frames, far, told }) => {
        leave(far);
        await waitFor("the end", () => frames.readyState === frames.CLOSED);
        equal(told, ["close 1006 "]);
        frames.send("nobody", { binary: false });
        frames.close(1000);
        frames.terminate();
      });
    }
  });

  Deno.test(`frame socket, ${kind}: a broken frame is told to both sides, nothing behind it is read`, () =>
    withPair(kind, "server", async ({ frames, far, received, told }) => {
      far.write(Buffer.concat([clientFrame(0x83, "x"), clientFrame(0x81, "behind")]));
      await waitFor("our close", () => received().length === 4);
      equal(received().toString("hex"), "880203ea");
      await waitFor("the end", () => frames.readyState === frames.CLOSED);
      equal(told, ["error WS_ERR_INVALID_OPCODE", "close 1006 "]);
    }));

  Deno.test(`frame socket, ${kind}: terminate ends at once and tells nothing but the end`, () =>
    withPair(kind, "client", async ({ frames, far, told }) => {
      far.write(clientFrame(0x81, "x", false));
      frames.terminate();
      await waitFor("the end", () => frames.readyState === frames.CLOSED);
      equal(told, ["close 1006 "]);
    }));

  Deno.test(`frame socket, ${kind}: as a client it masks what it sends`, () =>
    withPair(kind, "client", async ({ frames, received }) => {
      frames.send("abcd", { binary: false });
      await waitFor("a frame", () => received().length === 10);
      equal(received().toString("hex", 0, 2), "8184");
      const body = [...received().subarray(6)].map((byte, i) => byte ^ received()[2 + i]!);
      equal(String.fromCharCode(...body), "abcd");
    }));

  Deno.test(`frame socket, ${kind}: bytes for a peer that does not read are counted`, () =>
    withPair(kind, "server", async ({ frames, far }) => {
      letPauseReachTcp(far);
      far.pause();
      const text = "x".repeat(65_536);
      await waitFor("the way to the peer to be full", () => {
        for (let n = 0; n < 16; n++) frames.send(text, { binary: false });
        return frames.bufferedAmount >= 8_000_000;
      });
      frames.terminate();
    }));
}

Deno.test("frame socket, plain: frames of one turn are one write", () =>
  withPair("plain", "server", async ({ frames, near, received }) => {
    let writes = 0;
    const write = near.write.bind(near) as (chunk: Uint8Array) => boolean;
    near.write = ((chunk: Uint8Array) => {
      writes++;
      return write(chunk);
    }) as typeof near.write;
    for (const text of ["a", "b", "c"]) frames.send(text, { binary: false });
    equal(frames.bufferedAmount, 9, "what waits for the end of the turn counts");
    await waitFor("three frames", () => received().length === 9);
    equal(writes, 1);
    equal(frames.bufferedAmount, 0);
  }));

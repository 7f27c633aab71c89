import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import * as ws from "ws";
import { clientFrame } from "../../../tests/support/raw_station.ts";
import { FrameError } from "./frame_error.ts";
import type { Role } from "./frame_format.ts";
import { FrameReader } from "./frame_reader.ts";

const LIMITS = { messageBytes: 200, fragments: 4 };

/** Everything that a reader says of these chunks, one line each; it ends with the first error. */
function read(chunks: readonly Uint8Array[], role: Role = "server", limits = LIMITS): string[] {
  const seen: string[] = [];
  const reader = new FrameReader(
    {
      receivedMessage: (data, text) => {
        if (text !== undefined) equal(text, data.toString("utf8"));
        seen.push(`${text === undefined ? "binary" : "text"} ${data.toString("hex")}`);
      },
      receivedPing: (data) => seen.push(`ping ${data.toString("hex")}`),
      receivedPong: (data) => seen.push(`pong ${data.toString("hex")}`),
      receivedClose: (code, reason) => seen.push(`close ${code} ${reason.toString("hex")}`),
    },
    role,
    limits,
  );
  try {
    for (const chunk of chunks) reader.push(Buffer.from(chunk)); // a copy: it unmasks within
  } catch (error) {
    ok(error instanceof FrameError, `${error}`);
    seen.push(`error ${error.closeCode} ${error.code}`);
  }
  return seen;
}

/** The same of the receiver of `ws`. */
function readWithWs(chunks: readonly Uint8Array[], isServer: boolean): string[] {
  const seen: string[] = [];
  // deno-lint-ignore no-explicit-any -- exported, but not in the types of ws
  const receiver = new (ws as any).Receiver({
    isServer,
    allowSynchronousEvents: true,
    maxPayload: LIMITS.messageBytes,
    maxFragments: LIMITS.fragments,
    skipUTF8Validation: false,
  });
  let isOver = false;
  const say = (line: string) => isOver || seen.push(line);
  receiver.on("message", (data: Buffer, isBinary: boolean) => say(`${isBinary ? "binary" : "text"} ${hex(data)}`));
  receiver.on("ping", (data: Buffer) => say(`ping ${hex(data)}`));
  receiver.on("pong", (data: Buffer) => say(`pong ${hex(data)}`));
  receiver.on("conclude", (code: number, reason: Buffer) => {
    say(`close ${code} ${hex(reason)}`);
    isOver = true;
  });
  // The loop ends with the error; its event only comes with the next tick.
  const { createError } = receiver;
  receiver.createError = (...args: unknown[]) => {
    say(`error ${args[3]} ${args[4]}`);
    isOver = true;
    return createError.apply(receiver, args);
  };
  receiver.on("error", () => {});
  for (const chunk of chunks) if (!isOver) receiver.write(Buffer.from(chunk));
  return seen;
}

const hex = (data: Uint8Array): string => Buffer.from(data).toString("hex");
const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

Deno.test("frame reader: a message of exactly the limit is read, one byte more is refused before it came", () => {
  const at = "x".repeat(LIMITS.messageBytes);
  equal(read([clientFrame(0x81, at)]), [`text ${hex(new TextEncoder().encode(at))}`]);
  const header = clientFrame(0x81, `${at}x`).subarray(0, 4);
  equal(read([header]), ["error 1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"]);
});

Deno.test("frame reader: the limit holds for all fragments together, and for their number", () => {
  const half = "x".repeat(LIMITS.messageBytes / 2);
  const whole = [clientFrame(0x01, half), clientFrame(0x80, half)];
  equal(read(whole).length, 1);
  const more = [clientFrame(0x01, half), clientFrame(0x80, `${half}x`)];
  equal(read(more), ["error 1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"]);
  const parts = (n: number) => [clientFrame(0x01, "a"), ...Array.from({ length: n - 2 }, () => clientFrame(0, "a"))];
  equal(read([...parts(LIMITS.fragments), clientFrame(0x80, "a")]), [`text ${"61".repeat(LIMITS.fragments)}`]);
  equal(read([...parts(LIMITS.fragments + 1), clientFrame(0x80, "a")]), ["error 1008 WS_ERR_TOO_MANY_BUFFERED_PARTS"]);
});

Deno.test("frame reader: control frames between fragments are read at once", () => {
  const seen = read([
    joined(clientFrame(0x01, "a"), clientFrame(0x89, "p"), clientFrame(0x8a, "q"), clientFrame(0x80, "b")),
  ]);
  equal(seen, ["ping 70", "pong 71", "text 6162"]);
});

Deno.test("frame reader: a character cut by fragments is whole, one that never ends is refused", () => {
  const euro = new TextEncoder().encode("€");
  equal(read([clientFrame(0x01, euro.subarray(0, 1)), clientFrame(0x80, euro.subarray(1))]), ["text e282ac"]);
  equal(read([clientFrame(0x81, euro.subarray(0, 2))]), ["error 1007 WS_ERR_INVALID_UTF8"]);
});

Deno.test("frame reader: nothing behind a close frame is read", () => {
  const close = clientFrame(0x88, bytes(0x03, 0xe8, 0x6f, 0x6b));
  equal(read([joined(close, clientFrame(0x81, "late"))]), ["close 1000 6f6b"]);
  equal(read([clientFrame(0x88, "")]), ["close 1005 "]);
});

Deno.test("frame reader: a client's end wants frames without mask", () => {
  equal(read([clientFrame(0x81, "ab", false)], "client"), ["text 6162"]);
  equal(read([clientFrame(0x81, "ab")], "client"), ["error 1002 WS_ERR_UNEXPECTED_MASK"]);
});

Deno.test("frame reader: one announced large frame of which little comes holds little memory", () => {
  const limits = { messageBytes: 1_000_000_000, fragments: 4 };
  const header = bytes(0x81, 0xff, 0, 0, 0, 0, 0x30, 0, 0, 0, 1, 2, 3, 4);
  const before = Deno.memoryUsage();
  equal(read([header, bytes(1), bytes(2)], "server", limits), []);
  const after = Deno.memoryUsage();
  ok(after.external - before.external < 10_000_000, "what was announced is not allocated");
});

Deno.test("frame reader: after stop nothing more is told, not even of the same chunk", () => {
  const seen: string[] = [];
  const reader = new FrameReader(
    {
      receivedMessage: (_, text) => {
        seen.push(text!);
        reader.stop();
      },
      receivedPing: () => {},
      receivedPong: () => {},
      receivedClose: () => {},
    },
    "server",
    LIMITS,
  );
  reader.push(Buffer.from(joined(clientFrame(0x81, "a"), clientFrame(0x81, "b"))));
  reader.push(Buffer.from(clientFrame(0x81, "c")));
  equal(seen, ["a"]);
});

/** Numbers from a seed: the same run every time. */
function seeded(seed: number): (below: number) => number {
  return (below) => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) % below;
}

const SEED = 20_260_102, TIMES = 5_000;

/** A few frames, mostly right, then mostly broken somewhere, cut anywhere. */
function conversation(random: (below: number) => number, isServer: boolean): Uint8Array[] {
  const opcodes = [0x81, 0x81, 0x81, 0x82, 0x01, 0x00, 0x80, 0x89, 0x8a, 0x88];
  const texts = ["", "a", "é€😀", "x".repeat(130), "y".repeat(90), '[2,"1","Heartbeat",{}]'];
  const frames = Array.from({ length: 1 + random(5) }, () => {
    const first = random(40) === 0 ? random(256) : opcodes[random(opcodes.length)]!;
    const text = texts[random(texts.length)]!;
    const payload = first === 0x88 && random(4) > 0 ? joined(bytes(3, 0xe8 + random(20)), bytes(0x61)) : text;
    return clientFrame(first, payload, random(60) === 0 ? !isServer : isServer);
  });
  const all = joined(...frames);
  if (random(2) === 0 && all.length > 0) all[random(all.length)] = random(256);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < all.length;) {
    const size = 1 + random(random(3) === 0 ? 3 : 200);
    chunks.push(all.slice(at, at + size));
    at += size;
  }
  return chunks;
}

for (const role of ["server", "client"] as const) {
  Deno.test(`frame reader: ${TIMES} seeded conversations say the same to ws, as ${role} (seed ${SEED})`, () => {
    const random = seeded(SEED);
    let errors = 0;
    for (let i = 0; i < TIMES; i++) {
      const chunks = conversation(random, role === "server");
      const [ours, theirs] = [read(chunks, role), readWithWs(chunks, role === "server")];
      equal(ours, theirs, `case ${i}: ${chunks.map(hex).join(" ")}`);
      if (ours.some((line) => line.startsWith("error"))) errors++;
    }
    ok(errors > TIMES / 20 && errors < TIMES * 0.9, `${errors} of ${TIMES} ended with an error`);
  });
}

import { deepEqual, equal, match } from "node:assert/strict";
import { waitFor } from "../../tests/support/wait_for.ts";
import { decodeTunnelFrame, encodeTunnelFrame, type TunnelFrame } from "./codec.ts";
import { TUNNEL_LIMITS } from "./limits.ts";
import { type ByteEnd, TunnelPump } from "./pump.ts";

/** A stream that a test feeds and reads. */
class FakeEnd implements ByteEnd {
  readonly written: Uint8Array[] = [];
  isHalfClosed = false;
  isClosed = false;
  /** Set: writing waits. */
  stall: Promise<void> | undefined;
  writeFault: Error | undefined;
  readonly #chunks: (Uint8Array | null)[] = [];
  #wake: (() => void) | undefined;

  feed(chunk: Uint8Array | null): void {
    this.#chunks.push(chunk);
    this.#wake?.();
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#chunks.length === 0) await new Promise<void>((resolve) => this.#wake = resolve);
    const chunk = this.#chunks.shift()!;
    if (chunk === null) return null;
    into.set(chunk.subarray(0, into.length));
    if (chunk.length > into.length) this.#chunks.unshift(chunk.subarray(into.length));
    return Math.min(chunk.length, into.length);
  }

  /** Takes at most 1000 bytes at a time, as a socket may. */
  async write(bytes: Uint8Array): Promise<number> {
    await this.stall;
    if (this.writeFault) throw this.writeFault;
    this.written.push(bytes.slice(0, 1_000));
    return Math.min(bytes.length, 1_000);
  }

  closeWrite(): Promise<void> {
    this.isHalfClosed = true;
    return Promise.resolve();
  }

  close(): void {
    this.isClosed = true;
    this.feed(null);
  }

  get text(): string {
    return new TextDecoder().decode(Uint8Array.from(this.written.flatMap((part) => [...part])));
  }
}

function rig() {
  const end = new FakeEnd(), frames: TunnelFrame[] = [];
  const pump = new TunnelPump(end, (bytes) => frames.push(decodeTunnelFrame(bytes)));
  const bytesSent = () => frames.reduce((sum, frame) => sum + (frame.kind === "data" ? frame.bytes.length : 0), 0);
  return { end, frames, pump, bytesSent };
}

const text = (of: string) => new TextEncoder().encode(of);

Deno.test("tunnel pump: bytes go both ways, each direction ends by itself, and both are counted", async () => {
  const { end, frames, pump } = rig();
  end.feed(text("SSH-2.0-station"));
  await waitFor("frames", () => frames.length === 1);
  deepEqual(frames[0], { kind: "data", bytes: text("SSH-2.0-station") });
  pump.receive({ kind: "data", bytes: text("SSH-2.0-laptop") });
  await waitFor("frames", () => frames.length === 2);
  deepEqual(frames[1], { kind: "taken", count: 14 });
  equal(end.text, "SSH-2.0-laptop");
  end.feed(null);
  await waitFor("frames", () => frames.at(-1)?.kind === "end");
  equal(end.isClosed, false);
  pump.receive({ kind: "end" });
  deepEqual(await pump.done, { up: 14, down: 15, why: "both sides are done" });
  deepEqual([end.isHalfClosed, end.isClosed], [true, true]);
});

Deno.test("tunnel pump: a reader that takes nothing gets one window and not a byte more", async () => {
  const { end, pump, bytesSent } = rig();
  end.feed(new Uint8Array(TUNNEL_LIMITS.windowBytes + 100_000));
  await waitFor("bytes", () => bytesSent() === TUNNEL_LIMITS.windowBytes);
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  equal(bytesSent(), TUNNEL_LIMITS.windowBytes);
  pump.receive({ kind: "taken", count: 60_000 });
  await waitFor("bytes", () => bytesSent() === TUNNEL_LIMITS.windowBytes + 60_000);
  pump.close("test");
});

Deno.test("tunnel pump: a slow station is not waited for beyond the window: the sender broke it and is told", async () => {
  const { end, pump } = rig();
  const open = Promise.withResolvers<void>();
  end.stall = open.promise;
  const chunk = new Uint8Array(TUNNEL_LIMITS.dataBytes);
  for (let sent = 0; sent < TUNNEL_LIMITS.windowBytes; sent += chunk.length) {
    pump.receive({ kind: "data", bytes: chunk });
  }
  let fault: unknown;
  try {
    pump.receive({ kind: "data", bytes: text("x") });
  } catch (error) {
    fault = error;
  }
  match(String(fault), /More than 262144 bytes were sent ahead/);
  pump.close("test");
  open.resolve();
  equal((await pump.done).up, 0);
});

Deno.test("tunnel pump: the order of bytes is kept however they are cut", async () => {
  const { end, pump } = rig();
  const wanted = Array.from({ length: 200 }, (_, at) => `line ${at};`.repeat(1 + at % 40));
  for (const line of wanted) pump.receive({ kind: "data", bytes: text(line) });
  pump.receive({ kind: "end" });
  await waitFor("the end", () => end.isHalfClosed);
  equal(end.text, wanted.join(""));
  pump.close("test");
});

Deno.test("tunnel pump: a station that breaks off ends it with the reason, told to the other side", async () => {
  const { end, frames, pump } = rig();
  end.writeFault = new Error("connection reset");
  pump.receive({ kind: "data", bytes: text("x") });
  deepEqual(await pump.done, { up: 0, down: 0, why: "connection reset" });
  deepEqual(frames.at(-1), { kind: "closed", why: "connection reset" });
  equal(end.isClosed, true);
});

Deno.test("tunnel pump: a reader that waits for room is let go when it is closed, and nothing is sent after that", async () => {
  const { end, frames, pump, bytesSent } = rig();
  end.feed(new Uint8Array(TUNNEL_LIMITS.windowBytes + 1));
  await waitFor("bytes", () => bytesSent() === TUNNEL_LIMITS.windowBytes);
  pump.close("killed");
  const before = frames.length;
  pump.receive({ kind: "taken", count: 5 });
  pump.receive({ kind: "data", bytes: text("late") });
  pump.close("again");
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  equal(frames.length, before);
  deepEqual([(await pump.done).why, end.text], ["killed", ""]);
});

Deno.test("tunnel pump: the other side's reason is the reason here, and nothing is sent back", async () => {
  const { end, frames, pump } = rig();
  pump.receive({ kind: "closed", why: "the time of the tunnel is over" });
  equal((await pump.done).why, "the time of the tunnel is over");
  deepEqual([frames.length, end.isClosed], [0, true]);
  deepEqual(decodeTunnelFrame(encodeTunnelFrame({ kind: "closed", why: "" })), { kind: "closed", why: "" });
});

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { type End, withTlsPair } from "../../tests/support/tls_pair.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { DirectTls } from "./direct_tls.ts";

/** One end taken over, what it took, and the other end with what that received. */
interface Taken {
  readonly direct: DirectTls;
  readonly near: TLSSocket;
  readonly far: TLSSocket;
  readonly taken: Buffer[];
  readonly received: Buffer[];
}

async function withTaken(end: End, use: (taken: Taken) => unknown): Promise<void> {
  await withTlsPair(async ({ server, client }) => {
    const [near, far] = end === "server" ? [server, client] : [client, server];
    const taken: Buffer[] = [], received: Buffer[] = [];
    far.on("data", (bytes: Buffer) => received.push(bytes));
    far.on("error", () => {});
    near.on("error", () => {});
    const direct = DirectTls.take(near, (bytes) => taken.push(bytes));
    ok(direct, "Deno's handles are as they were: without them each message costs twice as much");
    near.resume();
    await use({ direct, near, far, taken, received });
  });
}

const ENDS: readonly End[] = ["server", "client"];
const all = (pieces: readonly Buffer[]) => Buffer.concat(pieces);
const text = (pieces: readonly Buffer[]) => all(pieces).toString("latin1");
const length = (pieces: readonly Buffer[]) => pieces.reduce((sum, piece) => sum + piece.length, 0);

/** Bytes of which each place is told apart from its neighbours. */
function counted(bytes: number, seed: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: bytes }, (_, i) => (i * 31 + (i >> 8) * 7 + seed) & 0xff));
}

for (const end of ENDS) {
  Deno.test(`direct TLS: as ${end}, bytes pass both ways, and those taken stay as they are`, () =>
    withTaken(end, async ({ direct, far, taken, received }) => {
      for (const word of ["one", "two", "three"]) {
        direct.write(Buffer.from(word));
        far.write(word);
        await waitFor(word, () => text(taken).endsWith(word) && text(received).endsWith(word));
      }
      equal(text(taken), "onetwothree", "later reads go to the same memory");
      equal(text(received), "onetwothree");
      await waitFor("the kernel to have it", () => direct.waiting === 0);
    }));

  Deno.test(`direct TLS: as ${end}, more than one read and one record pass in order`, () =>
    withTaken(end, async ({ direct, far, taken, received }) => {
      const sent = [300_000, 1, 49_153, 70_000, 5].map(counted);
      for (const bytes of sent) {
        direct.write(bytes);
        far.write(bytes);
      }
      equal(direct.waiting, length(sent));
      await waitFor("all", () => length(taken) === length(sent) && length(received) === length(sent));
      ok(all(taken).equals(all(sent)), "taken");
      ok(all(received).equals(all(sent)), "received");
      await waitFor("the kernel to have it", () => direct.waiting === 0);
    }));
}

Deno.test("direct TLS: what the stream has read before is taken first", () =>
  withTlsPair(async ({ server, client }) => {
    client.write("early");
    await waitFor("it to be read", () => server.readableLength === 5);
    const taken: Buffer[] = [];
    ok(DirectTls.take(server, (bytes) => taken.push(bytes)));
    equal(text(taken), "early", "before take returns");
    client.write(" late");
    await waitFor("the rest", () => text(taken) === "early late");
  }));

Deno.test("direct TLS: what comes while a write is on its way leaves together behind it", () =>
  withTaken("server", async ({ direct, near, received }) => {
    const handle =
      (near as unknown as { _handle: { writeBuffer: (request: object, bytes: Uint8Array) => number } })._handle;
    const { writeBuffer } = handle, writes: number[] = [];
    handle.writeBuffer = (request, bytes) => {
      writes.push(bytes.length);
      return writeBuffer.call(handle, request, bytes);
    };
    for (const word of ["first", "second", "third"]) direct.write(Buffer.from(word));
    equal(direct.waiting, 16);
    await waitFor("all three", () => text(received) === "firstsecondthird");
    equal(writes, [5, 11]);
  }));

Deno.test("direct TLS: it ends behind what was written, and takes nothing more", () =>
  withTaken("server", async ({ direct, far, received }) => {
    const ended = once(far, "end"), bytes = counted(400_000, 9);
    direct.write(bytes);
    direct.end();
    direct.write(Buffer.from("too late"));
    await ended;
    ok(all(received).equals(bytes));
  }));

Deno.test("direct TLS: an end with nothing on its way is told to the peer", () =>
  withTaken("client", async ({ direct, far }) => {
    const ended = once(far, "end");
    direct.end();
    await ended;
  }));

Deno.test("direct TLS: the peer's end and a broken connection come by the socket, as ever", async () => {
  await withTaken("server", async ({ near, far, taken }) => {
    const ended = once(near, "end");
    far.end("bye");
    await ended;
    equal(text(taken), "bye");
  });
  await withTaken("server", async ({ direct, near, far }) => {
    const closed = once(near, "close");
    far.destroy();
    near.on("end", () => near.destroy());
    await closed;
    direct.write(Buffer.from("nobody"));
    direct.end();
    equal(direct.waiting, 0);
  });
});

Deno.test("direct TLS: bytes for a peer that does not read are counted, and go with the connection", () =>
  withTlsPair(async ({ server, below }) => {
    const direct = DirectTls.take(server, () => {})!;
    const client = below.client as unknown as { _handle: { readStop(): void } };
    client._handle.readStop();
    const piece = counted(65_536, 1);
    await waitFor("the way to be full", () => {
      for (let n = 0; n < 16; n++) direct.write(piece);
      return direct.waiting >= 8_000_000;
    });
    server.destroy();
    await once(server, "close");
    direct.write(piece);
  }));

Deno.test("direct TLS: a connection that cannot be taken over is left to its stream", async () => {
  const plain = connectTcp(1, "127.0.0.1").on("error", () => {});
  equal(DirectTls.take(plain, () => {}), undefined, "a plain one");
  plain.destroy();
  const handle = { onread() {}, readStart: () => 0, readStop: () => 0, useUserBuffer() {} };
  const tls = { ...handle, receive() {}, writeBuffer: () => 0 };
  const cases: readonly [what: string, handle: unknown][] = [
    ["none", null],
    ["without a connection below", tls],
    ["over something else", { ...tls, _nativeTcpHandle: null }],
    ["that takes no bytes", { ...tls, receive: undefined, _nativeTcpHandle: handle }],
    ["with other names", { _nativeTcpHandle: handle }],
    ["over a connection with other names", { ...tls, _nativeTcpHandle: { ...handle, useUserBuffer: 1 } }],
  ];
  for (const [what, _handle] of cases) {
    const socket = { _handle, destroyed: false, writableLength: 0, read: () => null } as unknown as Socket;
    equal(DirectTls.take(socket, () => {}), undefined, what);
  }
  await withTlsPair(({ server }) => {
    server.write("on its way");
    equal(DirectTls.take(server, () => {}), undefined, "a write is on its way");
    server.destroy();
    equal(DirectTls.take(server, () => {}), undefined, "destroyed");
  });
});

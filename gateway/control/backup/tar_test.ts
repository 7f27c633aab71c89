import { deepEqual, equal, rejects } from "node:assert/strict";
import { withDeadline } from "../../../tests/support/wait_for.ts";
import { packTar, type TarPart, unpackTar } from "./tar.ts";

const text = (value: string) => new TextEncoder().encode(value);

function part(name: string, ...chunks: readonly Uint8Array[]): TarPart {
  return {
    name,
    bytes: chunks.reduce((sum, chunk) => sum + chunk.length, 0),
    async *read() {
      for (const chunk of chunks) yield await Promise.resolve(chunk);
    },
  };
}

async function* each<T>(...items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield await Promise.resolve(item);
}

async function read(source: AsyncIterable<Uint8Array>): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for await (const { header, body } of unpackTar(source)) {
    const decoder = new TextDecoder();
    let content = "";
    for await (const chunk of body) content += decoder.decode(chunk, { stream: true });
    found.push([header.name, content]);
  }
  return found;
}

const bytesOf = async (...parts: readonly TarPart[]) => {
  const chunks = await Array.fromAsync(packTar(each(...parts)));
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
};

Deno.test("tar: files come out in order, empty ones and those of many pieces too", async () => {
  const packed = packTar(each(part("a", text("one "), text("two")), part("empty"), part("dir/b", text("three"))));
  deepEqual(await read(packed), [["a", "one two"], ["empty", ""], ["dir/b", "three"]]);
});

Deno.test("tar: cut into pieces of any size it is the same", async () => {
  const whole = await bytesOf(part("a", text("x".repeat(700))), part("b", text("y")));
  for (const size of [1, 511, 512, 513, 5_000]) {
    const pieces = Array.from(
      { length: Math.ceil(whole.length / size) },
      (_, i) => whole.slice(i * size, (i + 1) * size),
    );
    deepEqual((await read(each(...pieces))).map(([name, content]) => [name, content.length]), [["a", 700], ["b", 1]]);
  }
});

Deno.test("tar: the same files give the same bytes, whoever packs them and when", async () => {
  deepEqual(await bytesOf(part("a", text("1"))), await bytesOf(part("a", text("1"))));
});

Deno.test("tar: files are for their owner only", async () => {
  for await (const { header, body } of unpackTar(packTar(each(part("a", text("1")))))) {
    deepEqual([header.mode, header.type, header.size], [0o600, "file", 1]);
    await Array.fromAsync(body);
  }
});

Deno.test("tar: a part that fails fails the packing with its own error", async () => {
  const failing: TarPart = {
    ...part("a", text("12345678")),
    async *read() {
      yield await Promise.resolve(text("1234"));
      throw new Error("the disk is gone");
    },
  };
  await rejects(Array.fromAsync(packTar(each(part("first", text("x")), failing))), /the disk is gone/);
});

Deno.test("tar: a reader that stops early ends the source and no fault is left over", async () => {
  let isEnded = false;
  async function* endless(): AsyncGenerator<TarPart> {
    try {
      for (let i = 0;; i++) yield await Promise.resolve(part(`f${i}`, text("x".repeat(10_000))));
    } finally {
      isEnded = true;
    }
  }
  let chunks = 0;
  for await (const _chunk of packTar(endless())) if (++chunks > 5) break;
  equal(isEnded, true);
});

for (const length of [0, 100, 512, 513, 1_024, 1_025, 1_536, 2_048]) {
  Deno.test(`tar: a source that fails after ${length} bytes fails the reading, it never waits for ever`, async () => {
    const whole = await bytesOf(part("a", text("1")), part("b", text("2")));
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(whole.slice(0, length));
      throw new Error("the line broke");
    }
    // Within a file's contents the reader of those hears that the stream is gone, else the cause.
    await withDeadline("reading", rejects(read(broken()), /the line broke|destroyed/), 5_000);
  });
}

Deno.test("tar: cut within a file, or with a changed header, it is refused", async () => {
  const whole = await bytesOf(part("a", text("x".repeat(600))));
  await rejects(read(each(whole.slice(0, 700))));
  const changed = whole.slice();
  changed[0]! ^= 1;
  await rejects(read(each(changed)), /header|checksum/i);
});

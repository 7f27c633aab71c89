import { deepEqual, equal, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { CORE_LIMITS } from "./limits.ts";
import { filling, openSealed, SealingWriter } from "./sealed_file.ts";

const KEY = new Uint8Array(32).fill(5);
const PIECE = CORE_LIMITS.sealedPieceBytes;
const SEALED = PIECE + 16;
const HEAD = 8;

function seal(plain: Uint8Array, step: number, key = KEY): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const writer = new SealingWriter(key, (bytes) => parts.push(Uint8Array.from(bytes)));
  for (let at = 0; at < plain.length; at += step) writer.update(plain.subarray(at, at + step));
  writer.finish();
  return new Uint8Array(Buffer.concat(parts));
}

/** A file that gives at most `most` bytes at a time. */
function fileOf(bytes: Uint8Array, most = 1_000) {
  let at = 0;
  return {
    read: (buffer: Uint8Array) => {
      const part = bytes.subarray(at, at + Math.min(most, buffer.length));
      buffer.set(part);
      at += part.length;
      return Promise.resolve(part.length === 0 ? null : part.length);
    },
  };
}

async function open(sealed: Uint8Array, key = KEY): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of openSealed(key, filling(fileOf(sealed)))) parts.push(part);
  return Buffer.concat(parts);
}

const plainOf = (length: number) => Uint8Array.from({ length }, (_, at) => (at * 7) & 0xff);

for (const length of [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 17]) {
  Deno.test(`sealed file: ${length} bytes come out as they went in, in whatever steps`, async () => {
    const plain = plainOf(length);
    const whole = seal(plain, Math.max(1, length));
    for (const step of [1_237, PIECE]) deepEqual(seal(plain, step), whole);
    equal(Buffer.compare(await open(whole), plain), 0);
    equal(whole.length, HEAD + length + 16 * Math.max(1, Math.ceil(length / PIECE)));
  });
}

Deno.test("sealed file: nothing of the content can be read from it", () => {
  const sealed = Buffer.from(seal(new TextEncoder().encode("the badge 04A224FF was refused ".repeat(100)), 500));
  equal(sealed.includes("badge"), false);
});

const THREE = seal(plainOf(2 * PIECE + 100), PIECE);
const pieceAt = (index: number) => THREE.subarray(HEAD + index * SEALED, HEAD + (index + 1) * SEALED);
const joined = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
const flipped = (at: number) => THREE.map((byte, index) => index === at ? byte ^ 1 : byte);

const BROKEN: readonly (readonly [string, Uint8Array])[] = [
  ["an empty file", new Uint8Array()],
  ["another form in its head", flipped(7)],
  ["nothing behind its head", THREE.slice(0, HEAD)],
  ["a bit flipped in the first piece", flipped(HEAD)],
  ["a bit flipped in a tag", flipped(HEAD + SEALED - 1)],
  ["a bit flipped in the last byte", flipped(THREE.length - 1)],
  ["its last byte missing", THREE.slice(0, -1)],
  ["its last piece missing", THREE.slice(0, HEAD + 2 * SEALED)],
  ["a piece cut within its tag", THREE.slice(0, HEAD + 2 * SEALED + 3)],
  ["two pieces exchanged", joined(THREE.slice(0, HEAD), pieceAt(1), pieceAt(0), pieceAt(2))],
  ["a piece left out", joined(THREE.slice(0, HEAD), pieceAt(0), pieceAt(2))],
  ["a piece twice", joined(THREE.slice(0, HEAD), pieceAt(0), pieceAt(0), pieceAt(1), pieceAt(2))],
  ["bytes behind its end", joined(THREE, new Uint8Array(1))],
  ["the pieces of another file", joined(THREE.slice(0, HEAD + SEALED), seal(plainOf(5), 5).slice(HEAD))],
];
for (const [what, bytes] of BROKEN) {
  Deno.test(`sealed file: ${what} is noticed`, () => rejects(open(bytes), { code: "UPLOAD_BROKEN" }));
}

Deno.test("sealed file: another file's key opens nothing", () =>
  rejects(open(THREE, new Uint8Array(32).fill(6)), { code: "UPLOAD_BROKEN" }));

import { deepEqual, equal, throws } from "node:assert/strict";
import { packBits, pdu, PduReader, u16 } from "./codec_bytes.ts";

Deno.test("modbus bytes: numbers are big-endian, what is left is known", () => {
  const reader = new PduReader(Uint8Array.of(1, 0x12, 0x34, 0xff, 0xff, 9));
  deepEqual([reader.left, reader.u8(), reader.left, reader.u16(), reader.u16(), reader.left], [
    6,
    1,
    5,
    0x1234,
    0xffff,
    1,
  ]);
  equal(reader.u8(), 9);
  equal(reader.left, 0);
});

Deno.test("modbus bytes: what is not there cannot be read", () => {
  throws(() => new PduReader(new Uint8Array(0)).u8(), RangeError);
  throws(() => new PduReader(Uint8Array.of(1)).u16(), RangeError);
  throws(() => new PduReader(Uint8Array.of(1, 2, 3)).registers(2), RangeError);
  throws(() => new PduReader(Uint8Array.of(1)).bits(9), RangeError);
});

Deno.test("modbus bytes: a part of a larger buffer is read from its own beginning", () => {
  const part = Uint8Array.of(9, 9, 1, 2, 3, 4, 9).subarray(2, 6);
  const reader = new PduReader(part);
  deepEqual([reader.left, reader.registers(2)], [4, [0x0102, 0x0304]]);
});

Deno.test("modbus bytes: what is taken out is a copy", () => {
  const bytes = Uint8Array.of(1, 2, 3), reader = new PduReader(bytes);
  const taken = reader.bytes(2);
  bytes.fill(0);
  deepEqual([[...taken], reader.left], [[1, 2], 1]);
});

/** Bits, and the bytes that carry them: the first bit is the lowest of the first byte. */
const BITS: readonly (readonly [string, readonly number[]])[] = [
  ["", []],
  ["1", [1]],
  ["0", [0]],
  ["00000001", [0x80]],
  ["10000000", [1]],
  ["100000001", [1, 1]],
  ["1111111111", [0xff, 3]],
  ["1011001111010110101", [0xcd, 0x6b, 0x05]],
];

for (const [bits, bytes] of BITS) {
  Deno.test(`modbus bytes: the bits "${bits}" are packed and read, lowest first`, () => {
    const flags = [...bits].map((bit) => bit === "1");
    deepEqual(packBits(flags), bytes);
    deepEqual(new PduReader(Uint8Array.from(bytes)).bits(flags.length), flags);
  });
}

Deno.test("modbus bytes: spare bits of the last byte are not read", () => {
  deepEqual(new PduReader(Uint8Array.of(0xfe)).bits(1), [false]);
  deepEqual(new PduReader(Uint8Array.of(0xff, 0xff)).bits(9), new Array(9).fill(true));
});

Deno.test("modbus bytes: a PDU is made of bytes, registers and byte lists in order", () => {
  deepEqual([...pdu(16, u16(1, 0xffff), 4, Uint8Array.of(7, 8))], [16, 0, 1, 0xff, 0xff, 4, 7, 8]);
  deepEqual([...pdu()], []);
  deepEqual(u16(0x10000 + 5), [0, 5], "only what a register holds");
});

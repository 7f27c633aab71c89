import { deepEqual, equal, throws } from "node:assert/strict";
import { encodeMbap, MbapDecoder } from "./codec_mbap.ts";
import { MODBUS_LIMITS } from "./limits.ts";
import { hex } from "./testing/examples.ts";

const isRefused = (header: Uint8Array): boolean => {
  try {
    deepEqual(new MbapDecoder().push(header), [], "a header alone is no frame");
    return false;
  } catch (error) {
    equal((error as { code: string }).code, "MODBUS_FRAME");
    return true;
  }
};

Deno.test("modbus mbap header: of all lengths those of a unit id with 1 to 253 bytes are taken", () => {
  const taken: number[] = [];
  for (let length = 0; length < 0x10000; length += length < 0x300 ? 1 : 251) {
    if (!isRefused(Uint8Array.of(0, 1, 0, 0, length >> 8, length & 0xff))) taken.push(length);
  }
  deepEqual(taken, Array.from({ length: MODBUS_LIMITS.pduBytes }, (_, at) => at + 2));
});

Deno.test("modbus mbap header: any bit of the protocol id that is set ends the stream", () => {
  for (let bit = 0; bit < 16; bit++) {
    const protocol = 1 << bit;
    equal(isRefused(Uint8Array.of(0, 1, protocol >> 8, protocol & 0xff, 0, 6)), true, `bit ${bit}`);
  }
  equal(isRefused(hex("ffff 0000 0006")), false, "any transaction id is a client's own affair");
});

/** What is wrong, the bytes, and what is said of it. */
const BROKEN: readonly (readonly [string, string, RegExp])[] = [
  ["plain HTTP", "4745 5420 2f20 4854 5450", /protocol id 21536, wanted 0/],
  ["a TLS hello on the plain port", "1603 0100 f401 0000", /protocol id 256, wanted 0/],
  ["frames of a serial line", "0103 006b 0003 7417", /protocol id 107, wanted 0/],
  ["no unit id", "0001 0000 0000", /length 0, wanted 2 to 254/],
  ["no function code", "0001 0000 0001 01", /length 1, wanted 2 to 254/],
  ["one byte more than a PDU", "0001 0000 00ff 01", /length 255, wanted 2 to 254/],
  ["the largest length", "0001 0000 ffff 01", /length 65535, wanted 2 to 254/],
];

for (const [what, bytes, said] of BROKEN) {
  Deno.test(`modbus mbap stream: ${what} ends it, wherever it was cut`, () => {
    throws(() => new MbapDecoder().push(hex(bytes)), { code: "MODBUS_FRAME", message: said });
    const bytewise = new MbapDecoder();
    throws(() => hex(bytes).forEach((byte) => bytewise.push(Uint8Array.of(byte))), { code: "MODBUS_FRAME" });
  });
}

Deno.test("modbus mbap stream: transaction, unit and every PDU length come out as they went in", () => {
  for (let length = 1; length <= MODBUS_LIMITS.pduBytes; length++) {
    const pdu = Uint8Array.from({ length }, (_, at) => at * 7 & 0xff);
    const frame = { transaction: length * 257, unit: length, pdu };
    const bytes = encodeMbap(frame);
    equal(bytes.length, 7 + length);
    deepEqual(new MbapDecoder().push(bytes), [frame]);
  }
});

Deno.test("modbus mbap stream: a hundred frames in one piece, and the beginning of one more that waits", () => {
  const frames = Array.from(
    { length: 100 },
    (_, at) => ({ transaction: at, unit: at & 0xff, pdu: hex("03 0000 0001") }),
  );
  const stream = Uint8Array.from(frames.flatMap((frame) => [...encodeMbap(frame)]));
  const decoder = new MbapDecoder();
  deepEqual(decoder.push(Uint8Array.of(...stream, 0, 100, 0)), frames);
  equal(decoder.waiting, 3);
  deepEqual(decoder.push(hex("00 0002 07 11")), [{ transaction: 100, unit: 7, pdu: hex("11") }]);
  equal(decoder.waiting, 0);
});

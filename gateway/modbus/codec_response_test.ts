import assert from "node:assert/strict";
import type { ModbusResponse } from "./codec.ts";
import { decodeRequest } from "./codec_request.ts";
import { decodeResponse, responseDataBytes } from "./codec_response.ts";

const hex = (text: string) => Uint8Array.from(text.match(/[0-9a-f]{2}/gi) ?? [], (byte) => parseInt(byte, 16));
const OTHER: ModbusResponse = { kind: "other" };
const bits = (text: string): ModbusResponse => ({ kind: "bits", bits: [...text].map((bit) => bit === "1") });

/** Request, response and what it says: the examples of V1.1b3 section 6. */
const VECTORS: readonly [string, string, ModbusResponse][] = [
  ["01 0013 0013", "01 03 cd6b05", bits("1011001111010110101")],
  ["02 00c4 0016", "02 03 acdb35", bits("0011010111011011101011")],
  ["03 006b 0003", "03 06 022b 0000 0064", { kind: "registers", registers: [555, 0, 100] }],
  ["04 0008 0001", "04 02 000a", { kind: "registers", registers: [10] }],
  ["05 00ac ff00", "05 00ac ff00", OTHER],
  ["06 0001 0003", "06 0001 0003", OTHER],
  ["07", "07 6d", OTHER],
  ["08 0000 a537", "08 0000 a537", OTHER],
  ["08 000b 0000", "08 000b 0105", OTHER],
  ["0b", "0b ffff 0108", OTHER],
  ["0c", "0c 08 0000 0108 0121 2000", OTHER],
  ["0f 0013 000a 02 cd01", "0f 0013 000a", OTHER],
  ["10 0001 0002 04 000a 0102", "10 0001 0002", OTHER],
  ["11", "11 03 42ff01", OTHER],
  ["14 0e 06 0004 0001 0002 06 0003 0009 0002", "14 0c 05 06 0dfe 0020 05 06 33cd 0040", OTHER],
  ["15 0d 06 0004 0007 0003 06af 04be 100d", "15 0d 06 0004 0007 0003 06af 04be 100d", OTHER],
  ["16 0004 00f2 0025", "16 0004 00f2 0025", OTHER],
  ["17 0003 0002 000e 0001 02 00ff", "17 04 00fe 0acd", { kind: "registers", registers: [254, 2765] }],
  ["18 04de", "18 0006 0002 01b8 1284", { kind: "registers", registers: [440, 4740] }],
  ["2b 0e 01 00", "2b 0e 01 01 00 00 01 00 03 414243", OTHER],
];

const read = (request: string, response: Uint8Array) => decodeResponse(decodeRequest(hex(request)), response);
const isOdd = (request: string, response: Uint8Array) =>
  assert.throws(() => read(request, response), { code: "MODBUS_RESPONSE" });

Deno.test("modbus response: the examples of the specification are read", () => {
  for (const [request, response, meaning] of VECTORS) assert.deepEqual(read(request, hex(response)), meaning, request);
});

Deno.test("modbus response: cut or lengthened by a byte none of the examples is taken", () => {
  for (const [request, response] of VECTORS) {
    const whole = hex(response);
    for (let length = 0; length < whole.length; length++) isOdd(request, whole.subarray(0, length));
    isOdd(request, Uint8Array.of(...whole, 0));
  }
});

Deno.test("modbus response: what answers another request is never handed on", () => {
  isOdd("03 006b 0003", hex("04 06 022b 0000 0064"));
  isOdd("03 006b 0002", hex("03 06 022b 0000 0064"));
  isOdd("06 0001 0003", hex("06 0001 0004"));
  isOdd("05 00ac ff00", hex("05 00ac 0000"));
  isOdd("10 0001 0002 04 000a 0102", hex("10 0001 0001"));
  isOdd("16 0004 00f2 0025", hex("16 0004 00f2 0024"));
  isOdd("08 000b 0000", hex("08 000c 0105"));
  isOdd("2b 0e 01 00", hex("2b 0e 02 01 00 00 01 00 03 414243"));
  isOdd("18 04de", hex("18 0042 0020" + "0000".repeat(32)));
});

Deno.test("modbus response: exceptions of a device keep their number", () => {
  assert.deepEqual(read("03 006b 0003", hex("83 02")), { kind: "exception", exception: 2 });
  assert.deepEqual(read("03 006b 0003", hex("83 0b")), { kind: "exception", exception: 11 });
  isOdd("03 006b 0003", hex("84 02"));
  isOdd("03 006b 0003", hex("83 00"));
  isOdd("03 006b 0003", hex("83 02 00"));
});

Deno.test("modbus response: its length follows from its beginning, and from nothing after it", () => {
  for (const [, response] of VECTORS) {
    const whole = hex(response), data = whole.subarray(1);
    assert.equal(responseDataBytes(whole[0]!, data), data.length, response);
    for (let length = 0; length < data.length; length++) {
      const told = responseDataBytes(whole[0]!, data.subarray(0, length));
      assert.ok(told === undefined || told === data.length, `${response} cut to ${length}`);
    }
  }
  assert.equal(responseDataBytes(0x83, new Uint8Array(0)), 1);
  assert.equal(responseDataBytes(0x63, hex("01 02 03")), undefined);
});

import { deepEqual, equal, throws } from "node:assert/strict";
import type { ModbusRequest, ModbusResponse } from "./codec.ts";
import { encodeMbap, MbapDecoder } from "./codec_mbap.ts";
import { decodeRequest, encodeRequest } from "./codec_request.ts";
import { decodeResponse } from "./codec_response.ts";
import { decodeRtu, encodeRtu } from "./codec_rtu.ts";
import { RtuStreamDecoder } from "./codec_rtu_stream.ts";
import { hex } from "./testing/examples.ts";

/** One exchange as others have printed it, checksums and all: nothing in it was made by this codec. */
interface Printed {
  readonly what: string;
  readonly request: string;
  readonly asks: ModbusRequest;
  readonly response: string;
  readonly says: ModbusResponse;
}

const registers = (...values: readonly number[]): ModbusResponse => ({ kind: "registers", registers: values });
const bits = (text: string): ModbusResponse => ({ kind: "bits", bits: [...text].map((bit) => bit === "1") });
const OTHER: ModbusResponse = { kind: "other" };

/** Frames of a serial line from tutorials and manuals. */
const SERIAL: readonly Printed[] = [
  {
    what: "37 coils of device 17",
    request: "11 01 0013 0025 0e84",
    asks: { function: 1, address: 19, quantity: 37 },
    response: "11 01 05 cd6bb20e1b 45e6",
    says: bits("1011001111010110010011010111000011011"),
  },
  {
    what: "22 inputs of device 17",
    request: "11 02 00c4 0016 baa9",
    asks: { function: 2, address: 196, quantity: 22 },
    response: "11 02 03 acdb35 2018",
    says: bits("0011010111011011101011"),
  },
  {
    what: "three holding registers of device 17",
    request: "11 03 006b 0003 7687",
    asks: { function: 3, address: 107, quantity: 3 },
    response: "11 03 06 ae41 5652 4340 49ad",
    says: registers(0xae41, 0x5652, 0x4340),
  },
  {
    what: "one input register of device 17",
    request: "11 04 0008 0001 b298",
    asks: { function: 4, address: 8, quantity: 1 },
    response: "11 04 02 000a f8f4",
    says: registers(10),
  },
  {
    what: "one coil on",
    request: "11 05 00ac ff00 4e8b",
    asks: { function: 5, address: 172, on: true },
    response: "11 05 00ac ff00 4e8b",
    says: OTHER,
  },
  {
    what: "one register",
    request: "11 06 0001 0003 9a9b",
    asks: { function: 6, address: 1, value: 3 },
    response: "11 06 0001 0003 9a9b",
    says: OTHER,
  },
  {
    what: "ten coils",
    request: "11 0f 0013 000a 02 cd01 bf0b",
    asks: {
      function: 15,
      address: 19,
      bits: [true, false, true, true, false, false, true, true, true, false],
    },
    response: "11 0f 0013 000a 2699",
    says: OTHER,
  },
  {
    what: "two registers",
    request: "11 10 0001 0002 04 000a 0102 c6f0",
    asks: { function: 16, address: 1, registers: [10, 0x102] },
    response: "11 10 0001 0002 1298",
    says: OTHER,
  },
  {
    what: "a coil that device 10 has not",
    request: "0a 01 04a1 0001 ac63",
    asks: { function: 1, address: 0x4a1, quantity: 1 },
    response: "0a 81 02 b053",
    says: { kind: "exception", exception: 2 },
  },
  {
    what: "the voltage of an Eastron meter, 230.2 V",
    request: "01 04 0000 0002 71cb",
    asks: { function: 4, address: 0, quantity: 2 },
    response: "01 04 04 4366 3334 1b38",
    says: registers(0x4366, 0x3334),
  },
];

for (const { what, request, asks, response, says } of SERIAL) {
  Deno.test(`modbus printed frames: ${what}: checksum and meaning, both ways`, () => {
    const asked = decodeRtu(hex(request)), answered = decodeRtu(hex(response));
    deepEqual(decodeRequest(asked.pdu), asks);
    deepEqual(encodeRtu({ address: asked.address, pdu: encodeRequest(asks) }), hex(request));
    deepEqual(decodeResponse(asks, answered.pdu), says);
    deepEqual(encodeRtu(answered), hex(response));
    equal(answered.address, asked.address);
  });
}

Deno.test("modbus printed frames: one after the other in a stream they come out as they were printed", () => {
  for (const way of ["request", "response"] as const) {
    const stream = Uint8Array.from(SERIAL.flatMap((printed) => [...hex(printed[way])]));
    const wanted = SERIAL.map((printed) => decodeRtu(hex(printed[way])));
    deepEqual(new RtuStreamDecoder(way).push(stream), wanted, "in one piece");
    const bytewise = new RtuStreamDecoder(way);
    deepEqual([...stream].flatMap((byte) => bytewise.push(Uint8Array.of(byte))), wanted, "byte by byte");
  }
});

Deno.test("modbus printed frames: no answer is taken for that of another exchange", () => {
  for (const [at, { asks }] of SERIAL.entries()) {
    for (const [other, { response }] of SERIAL.entries()) {
      const { pdu } = decodeRtu(hex(response));
      const isOwn = at === other || asks.function === 1 && pdu[0] === 0x81; // an exception fits each of its function code
      if (isOwn) decodeResponse(asks, pdu);
      else throws(() => decodeResponse(asks, pdu), { code: "MODBUS_RESPONSE" }, `${other} for ${at}`);
    }
  }
});

/** What energy managers send to stations and meters over TCP, by the public registers of each. */
const MANAGERS: readonly (readonly [string, string, ModbusRequest])[] = [
  ["evcc to a Bender controller: limit 16 A", "03e8 0000 0006 ff 06 03e8 0010", {
    function: 6,
    address: 1000,
    value: 16,
  }],
  ["evcc to a Bender controller: model", "0001 0000 0006 ff 03 008e 000a", {
    function: 3,
    address: 142,
    quantity: 10,
  }],
  ["evcc to an EVlink Pro AC: life bit", "0002 0000 0006 ff 06 0fa0 0001", { function: 6, address: 4000, value: 1 }],
  ["OpenEMS to an EVlink Parking: 10 A", "0003 0000 0006 01 06 012d 000a", { function: 6, address: 301, value: 10 }],
  ["evcc to an ABB Terra AC: 16,000 mA", "0004 0000 000b 01 10 4100 0002 04 0000 3e80", {
    function: 16,
    address: 0x4100,
    registers: [0, 16_000],
  }],
  ["evcc to a Mennekes Compact: heartbeat", "0005 0000 0006 32 06 0d00 55aa", {
    function: 6,
    address: 0x0d00,
    value: 0x55aa,
  }],
  ["a SunSpec client: the mark", "0006 0000 0006 01 03 9c40 0002", { function: 3, address: 40_000, quantity: 2 }],
  ["mbmd to a Carlo Gavazzi meter", "ffff 0000 0006 f7 04 0000 0036", { function: 4, address: 0, quantity: 54 }],
];

for (const [what, bytes, request] of MANAGERS) {
  Deno.test(`modbus frames of energy managers: ${what}`, () => {
    const [frame, ...more] = new MbapDecoder().push(hex(bytes));
    deepEqual(more, []);
    deepEqual(decodeRequest(frame!.pdu), request);
    deepEqual(encodeMbap({ ...frame!, pdu: encodeRequest(request) }), hex(bytes));
  });
}

Deno.test("modbus frames of energy managers: all at once in one piece of TCP, in their order", () => {
  const stream = Uint8Array.from(MANAGERS.flatMap(([, bytes]) => [...hex(bytes)]));
  deepEqual(new MbapDecoder().push(stream).map(({ pdu }) => decodeRequest(pdu)), MANAGERS.map(([, , asks]) => asks));
});

/** A charge seen on an EVlink Pro AC (evcc PR 9436): floats with the lower word first, a set point of 15 A. */
const CHARGE: readonly (readonly [string, string, string, number])[] = [
  ["current of phase 1", "03 0bb7 0002", "03 04 be77 4157", 13.48],
  ["power", "03 0bf3 0002", "03 04 d35a 4118", 9.55],
];

for (const [what, request, response, wanted] of CHARGE) {
  Deno.test(`modbus frames of a charge: ${what} is ${wanted}`, () => {
    const says = decodeResponse(decodeRequest(hex(request)), hex(response));
    if (says.kind !== "registers") throw new Error(says.kind);
    const view = new DataView(new ArrayBuffer(4));
    view.setUint16(0, says.registers[1]!);
    view.setUint16(2, says.registers[0]!);
    equal(Math.round(view.getFloat32(0) * 100) / 100, wanted);
  });
}

import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeException, EXCEPTION, type ModbusRequest } from "./codec.ts";
import { decodeRequest, encodeRequest } from "./codec_request.ts";
import { MODBUS_LIMITS } from "./limits.ts";

const hex = (text: string) => Uint8Array.from(text.match(/[0-9a-f]{2}/gi) ?? [], (byte) => parseInt(byte, 16));
const code = (bytes: Uint8Array): string => {
  try {
    decodeRequest(bytes);
    return "ok";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

/** The examples of V1.1b3 section 6, request by request. */
const VECTORS: readonly [string, string, ModbusRequest][] = [
  ["6.1 read coils", "01 0013 0013", { function: 1, address: 19, quantity: 19 }],
  ["6.2 read discrete inputs", "02 00c4 0016", { function: 2, address: 196, quantity: 22 }],
  ["6.3 read holding registers", "03 006b 0003", { function: 3, address: 107, quantity: 3 }],
  ["6.4 read input registers", "04 0008 0001", { function: 4, address: 8, quantity: 1 }],
  ["6.5 write single coil", "05 00ac ff00", { function: 5, address: 172, on: true }],
  ["6.6 write single register", "06 0001 0003", { function: 6, address: 1, value: 3 }],
  ["6.7 read exception status", "07", { function: 7 }],
  ["6.8 diagnostics", "08 0000 a537", { function: 8, subfunction: 0, data: hex("a537") }],
  ["6.9 get comm event counter", "0b", { function: 11 }],
  ["6.10 get comm event log", "0c", { function: 12 }],
  ["6.11 write multiple coils", "0f 0013 000a 02 cd01", {
    function: 15,
    address: 19,
    bits: [true, false, true, true, false, false, true, true, true, false],
  }],
  ["6.12 write multiple registers", "10 0001 0002 04 000a 0102", { function: 16, address: 1, registers: [10, 258] }],
  ["6.13 report server id", "11", { function: 17 }],
  ["6.14 read file record", "14 0e 06 0004 0001 0002 06 0003 0009 0002", {
    function: 20,
    references: [{ file: 4, record: 1, length: 2 }, { file: 3, record: 9, length: 2 }],
  }],
  ["6.15 write file record", "15 0d 06 0004 0007 0003 06af 04be 100d", {
    function: 21,
    records: [{ file: 4, record: 7, length: 3, registers: [0x06af, 0x04be, 0x100d] }],
  }],
  ["6.16 mask write register", "16 0004 00f2 0025", { function: 22, address: 4, and: 0xf2, or: 0x25 }],
  ["6.17 read/write multiple registers", "17 0003 0006 000e 0003 06 00ff 00ff 00ff", {
    function: 23,
    read: { address: 3, quantity: 6 },
    write: { address: 14, registers: [255, 255, 255] },
  }],
  ["6.18 read FIFO queue", "18 04de", { function: 24, address: 0x04de }],
  ["6.21 read device identification", "2b 0e 01 00", { function: 43, code: 1, object: 0 }],
];

for (const [name, bytes, request] of VECTORS) {
  Deno.test(`modbus request: the example of ${name} is read and written`, () => {
    assert.deepEqual(decodeRequest(hex(bytes)), request);
    assert.deepEqual(encodeRequest(request), hex(bytes));
  });
}

Deno.test("modbus request: cut or lengthened by a byte none of the examples is read", () => {
  for (const [name, bytes] of VECTORS) {
    const whole = hex(bytes);
    for (let length = 0; length < whole.length; length++) {
      assert.notEqual(code(whole.subarray(0, length)), "ok", `${name} cut to ${length}`);
    }
    assert.equal(code(Uint8Array.of(...whole, 0)), "MODBUS_VALUE", `${name} lengthened`);
  }
});

Deno.test("modbus request: every function code that is not known is exception 01, none is forwarded", () => {
  const known = new Set(VECTORS.map(([, bytes]) => hex(bytes)[0]!));
  for (let functionCode = 0; functionCode < 256; functionCode++) {
    if (!known.has(functionCode)) assert.equal(code(Uint8Array.of(functionCode, 0, 0, 0, 1)), "MODBUS_FUNCTION");
  }
  assert.equal(code(hex("2b 0d 00")), "MODBUS_FUNCTION", "CANopen in function code 43");
});

/** Quantity at the limit and one past it, per function code. */
const QUANTITIES: readonly [number, number, (quantity: number) => Uint8Array][] = [
  [1, MODBUS_LIMITS.readBits, (quantity) => encodeRequest({ function: 1, address: 0, quantity })],
  [2, MODBUS_LIMITS.readBits, (quantity) => encodeRequest({ function: 2, address: 0, quantity })],
  [3, MODBUS_LIMITS.readRegisters, (quantity) => encodeRequest({ function: 3, address: 0, quantity })],
  [4, MODBUS_LIMITS.readRegisters, (quantity) => encodeRequest({ function: 4, address: 0, quantity })],
  [15, MODBUS_LIMITS.writeBits, (quantity) => encodeRequest({ function: 15, address: 0, bits: bools(quantity) })],
  [
    16,
    MODBUS_LIMITS.writeRegisters,
    (quantity) => encodeRequest({ function: 16, address: 0, registers: zeros(quantity) }),
  ],
  [
    23,
    MODBUS_LIMITS.readRegisters,
    (quantity) =>
      encodeRequest({ function: 23, read: { address: 0, quantity }, write: { address: 0, registers: [1] } }),
  ],
  [
    23,
    MODBUS_LIMITS.readWriteRegisters,
    (quantity) =>
      encodeRequest({
        function: 23,
        read: { address: 0, quantity: 1 },
        write: { address: 0, registers: zeros(quantity) },
      }),
  ],
];
const bools = (length: number) => new Array<boolean>(length).fill(true);
const zeros = (length: number) => new Array<number>(length).fill(0);

Deno.test("modbus request: quantities at the limit are read; none, and one past it, are exception 03", () => {
  for (const [functionCode, most, request] of QUANTITIES) {
    assert.equal(code(request(most)), "ok", `${functionCode} with ${most}`);
    assert.equal(code(request(most + 1)), "MODBUS_VALUE", `${functionCode} with ${most + 1}`);
    assert.equal(code(request(0)), "MODBUS_VALUE", `${functionCode} with nothing`);
  }
});

Deno.test("modbus request: a span may end at address 65535 and not one past it", () => {
  assert.equal(code(encodeRequest({ function: 3, address: 65535, quantity: 1 })), "ok");
  assert.equal(code(encodeRequest({ function: 3, address: 65535, quantity: 2 })), "MODBUS_ADDRESS");
  assert.equal(code(encodeRequest({ function: 16, address: 65535, registers: [0, 0] })), "MODBUS_ADDRESS");
  const record = (at: number, length: number) =>
    code(encodeRequest({ function: 20, references: [{ file: 1, record: at, length }] }));
  assert.equal(record(9999, 1), "ok");
  assert.equal(record(9999, 2), "MODBUS_ADDRESS");
});

Deno.test("modbus request: a byte count that differs from the quantity is refused", () => {
  assert.equal(code(hex("10 0001 0002 04 000a 0102")), "ok");
  assert.equal(code(hex("10 0001 0002 02 000a 0102")), "MODBUS_VALUE");
  assert.equal(code(hex("10 0001 0001 04 000a 0102")), "MODBUS_VALUE");
  assert.equal(code(hex("0f 0013 000a 01 cd")), "MODBUS_VALUE");
});

Deno.test("modbus request: a coil is on, off or exception 03", () => {
  assert.equal(code(hex("05 00ac 0000")), "ok");
  assert.equal(code(hex("05 00ac 0001")), "MODBUS_VALUE");
});

Deno.test("modbus request: file records are asked for only as far as an answer can hold them", () => {
  const ask = (length: number) => code(encodeRequest({ function: 20, references: [{ file: 1, record: 0, length }] }));
  assert.equal(ask(124), "ok");
  assert.equal(ask(125), "MODBUS_VALUE");
});

Deno.test("modbus request: a PDU of 253 bytes is looked at, one more is not", () => {
  const echo = (bytes: number) => code(Uint8Array.from([8, 0, 0, ...new Array<number>(bytes - 3).fill(1)]));
  assert.equal(echo(253), "ok");
  assert.equal(echo(255), "MODBUS_VALUE");
  assert.equal(code(new Uint8Array(0)), "MODBUS_VALUE");
});

Deno.test("modbus request: written coils keep their number and order", () => {
  fc.assert(fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 1968 }), (bits) => {
    assert.deepEqual(decodeRequest(encodeRequest({ function: 15, address: 0, bits })), {
      function: 15,
      address: 0,
      bits,
    });
  }));
});

Deno.test("modbus exception: the function code has its highest bit set, whatever was asked", () => {
  assert.deepEqual(encodeException(3, EXCEPTION.gatewayTargetFailed), hex("83 0b"));
  assert.deepEqual(encodeException(0xc1, EXCEPTION.illegalFunction), hex("c1 01"));
});

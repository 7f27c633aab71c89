import { deepEqual, doesNotThrow, equal, match, throws } from "node:assert/strict";
import { decodeRequest } from "./codec_request.ts";
import { decodeResponse, exceptionTo, responseDataBytes } from "./codec_response.ts";
import { requestDataBytes } from "./codec_rtu_stream.ts";
import { EXCHANGES, hex } from "./testing/examples.ts";

const answer = (request: string, response: string) => decodeResponse(decodeRequest(hex(request)), hex(response));

/** Answers that fit no such request: what is wrong, the request, the answer, and what is said of it. */
const ODD: readonly (readonly [string, string, string, RegExp])[] = [
  ["nothing", "03 0000 0001", "", /0 bytes/],
  ["a function code alone", "03 0000 0001", "03", /1 bytes/],
  ["more than a PDU", "03 0000 0001", `03 02 0000${"00".repeat(250)}`, /254 bytes/],
  ["1: a byte too few for the coils", "01 0000 0009", "01 01 00", /a byte count of 1, wanted 2/],
  ["1: a byte too many", "01 0000 0008", "01 02 0000", /a byte count of 2, wanted 1/],
  ["1: a count that lies", "01 0000 0008", "01 01 0000", /a byte count of 1, wanted 1/],
  ["2: the answer of function code 1", "02 0000 0008", "01 01 00", /function code 1, wanted 2/],
  ["3: one register for two", "03 0000 0002", "03 02 0000", /a byte count of 2, wanted 4/],
  ["3: two registers for one", "03 0000 0001", "03 04 0000 0000", /a byte count of 4, wanted 2/],
  ["3: an odd count", "03 0000 0001", "03 03 000000", /a byte count of 3, wanted 2/],
  ["4: cut", "04 0000 0002", "04 04 0000", /a byte count of 4, wanted 4/],
  ["5: another address", "05 00ac ff00", "05 00ad ff00", /no echo/],
  ["5: off for on", "05 00ac ff00", "05 00ac 0000", /no echo/],
  ["6: another value", "06 0001 0003", "06 0001 0002", /no echo/],
  ["6: longer than its echo", "06 0001 0003", "06 0001 0003 00", /no echo/],
  ["7: two bytes", "07", "07 0000", /2 bytes of data, wanted 1/],
  ["8: query data that is not the query", "08 0000 a537", "08 0000 a538", /no echo/],
  ["8: another subfunction", "08 000b 0000", "08 000c 0000", /another diagnostic subfunction/],
  ["8: a counter of one byte", "08 000b 0000", "08 000b 00", /another diagnostic subfunction/],
  ["8: two counters", "08 000b 0000", "08 000b 0000 0000", /another diagnostic subfunction/],
  ["11: three bytes", "0b", "0b ffff 01", /3 bytes of data, wanted 4/],
  ["12: less than its head", "0c", "0c 05 0000 0108", /an event log that is cut/],
  ["12: a count that lies", "0c", "0c 07 0000 0108 0121 2000", /an event log that is cut/],
  ["15: another quantity", "0f 0013 000a 02 cd01", "0f 0013 0009", /no echo/],
  ["15: with the data", "0f 0013 000a 02 cd01", "0f 0013 000a 02 cd01", /no echo/],
  ["16: another address", "10 0001 0002 04 000a 0102", "10 0002 0002", /no echo/],
  ["17: a count that lies", "11", "11 04 42ff01", /a server id that is cut/],
  ["20: fewer records", "14 0e 06 0004 0001 0002 06 0003 0009 0002", "14 06 05 06 0dfe 0020", /another record/],
  ["20: a record too many", "14 07 06 0004 0001 0002", "14 0c 05 06 0dfe 0020 05 06 33cd 0040", /more records/],
  ["20: a shorter record", "14 07 06 0004 0001 0002", "14 04 03 06 0dfe", /another record/],
  ["20: another type", "14 07 06 0004 0001 0002", "14 06 05 07 0dfe 0020", /another record/],
  ["20: a count that lies", "14 07 06 0004 0001 0002", "14 05 05 06 0dfe 0020", /records that are cut/],
  ["21: another record", "15 09 06 0004 0007 0001 06af", "15 09 06 0004 0008 0001 06af", /no echo/],
  ["22: another mask", "16 0004 00f2 0025", "16 0004 00f3 0025", /no echo/],
  ["23: what was written, not what was read", "17 0003 0002 000e 0001 02 00ff", "17 02 00ff", /a byte count of 2/],
  ["24: half a head", "18 04de", "18 0006 00", /a queue that is cut/],
  ["24: more than 31 values", "18 04de", `18 0042 0020 ${"0000".repeat(32)}`, /a wrong queue/],
  ["24: a byte count that differs", "18 04de", "18 0004 0002 01b8 1284", /a wrong queue/],
  ["24: values that are not there", "18 04de", "18 0006 0002 01b8", /a wrong queue/],
  ["43: another kind", "2b 0e 01 00", "2b 0e 02 01 00 00 00", /another identification/],
  ["43: CANopen", "2b 0e 01 00", "2b 0d 01 01 00 00 00", /another identification/],
  ["43: half a head", "2b 0e 01 00", "2b 0e 01 01 00", /an identification that is cut/],
  ["43: an object too few", "2b 0e 01 00", "2b 0e 01 01 00 00 02 00 01 41", /of the wrong length/],
  ["43: bytes behind the last object", "2b 0e 01 00", "2b 0e 01 01 00 00 01 00 01 41 42", /of the wrong length/],
  ["exception 0", "03 0000 0001", "83 00", /an exception of no sense/],
  ["an exception with data", "03 0000 0001", "83 02 00", /an exception of no sense/],
  ["another's exception", "03 0000 0001", "84 02", /function code 132, wanted 3/],
];

for (const [name, request, response, said] of ODD) {
  Deno.test(`modbus answer: ${name} is handed on to nobody`, () => {
    throws(() => answer(request, response), (error: { code: string; message: string }) => {
      equal(error.code, "MODBUS_RESPONSE");
      match(error.message, said);
      return true;
    });
  });
}

/** Answers at their bounds that are right. */
const RIGHT: readonly (readonly [string, string, string])[] = [
  ["2000 coils", "01 0000 07d0", `01 fa ${"ff".repeat(250)}`],
  ["125 registers", "03 0000 007d", `03 fa ${"0102".repeat(125)}`],
  ["an empty queue", "18 0000", "18 0002 0000"],
  ["a queue of 31", "18 0000", `18 0040 001f ${"0001".repeat(31)}`],
  ["an event log without events", "0c", "0c 06 0000 0000 0000"],
  ["a server id without additional data", "11", "11 01 ff"],
  ["query data as long as a PDU", `08 0000 ${"a5".repeat(250)}`, `08 0000 ${"a5".repeat(250)}`],
  ["an identification without objects", "2b 0e 04 07", "2b 0e 04 83 00 00 00"],
  ["an exception that no standard knows", "03 0000 0001", "83 ff"],
];

for (const [name, request, response] of RIGHT) {
  Deno.test(`modbus answer: ${name} is taken`, () => doesNotThrow(() => answer(request, response)));
}

Deno.test("modbus answer: each function code's example answers its own request and no other's", () => {
  for (const [code, request] of EXCHANGES) {
    for (const [other, , response] of EXCHANGES) {
      if (code === other) answer(request, response);
      else throws(() => answer(request, response), { code: "MODBUS_RESPONSE" }, `${other} for ${code}`);
    }
  }
});

Deno.test("modbus answer: the gateway's own exceptions are answers to what was asked", () => {
  for (const [, request] of EXCHANGES) {
    const asked = decodeRequest(hex(request));
    for (const exception of [1, 2, 3, 6, 10, 11]) {
      deepEqual(decodeResponse(asked, exceptionTo(asked, exception)), { kind: "exception", exception });
    }
  }
});

Deno.test("modbus lengths: a frame's length follows from its beginning, both ways, for every function code", () => {
  for (const [code, ...both] of EXCHANGES) {
    for (const [text, lengthOf] of [[both[0], requestDataBytes], [both[1], responseDataBytes]] as const) {
      const data = hex(text).subarray(1);
      equal(lengthOf(code, data), data.length, text);
      for (let known = 0; known < data.length; known++) {
        const told = lengthOf(code, data.subarray(0, known));
        equal(told === undefined || told === data.length, true, `${text}: ${told} after ${known}`);
      }
    }
  }
});

Deno.test("modbus lengths: an exception has one byte, whatever it answers; a code that nobody knows has no length", () => {
  for (let code = 0x80; code < 0x100; code++) equal(responseDataBytes(code, new Uint8Array(0)), 1);
  for (const code of [0, 9, 10, 13, 14, 18, 19, 25, 42, 44, 100, 127]) {
    equal(responseDataBytes(code, hex("ffff ffff")), undefined, String(code));
  }
});

import { deepEqual, equal } from "node:assert/strict";
import { FUNCTION } from "./codec.ts";
import { decodeRequest, encodeRequest } from "./codec_request.ts";
import { EXCHANGES, hex } from "./testing/examples.ts";

/** "ok", or the exception that a client gets for such a request. */
function verdict(bytes: Uint8Array): string {
  try {
    deepEqual(encodeRequest(decodeRequest(bytes)), bytes, "what is taken goes to the device as it came");
    return "ok";
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === undefined || !code.startsWith("MODBUS_")) throw error;
    return { MODBUS_FUNCTION: "01", MODBUS_ADDRESS: "02", MODBUS_VALUE: "03" }[code] ?? code;
  }
}

const zeros = (bytes: number) => "00".repeat(bytes);
const word = (value: number) => value.toString(16).padStart(4, "0");

/** Each function code at its bounds: what it is about, the request, and what becomes of it. */
const CASES: readonly (readonly [string, string, "ok" | "01" | "02" | "03"])[] = [
  ["1: one coil", "01 0000 0001", "ok"],
  ["1: no coil", "01 0000 0000", "03"],
  ["1: 2000 coils", `01 0000 ${word(2000)}`, "ok"],
  ["1: 2001 coils", `01 0000 ${word(2001)}`, "03"],
  ["1: the last coil", "01 ffff 0001", "ok"],
  ["1: one past the last coil", "01 ffff 0002", "02"],
  ["2: 2000 inputs up to the last", `02 ${word(65536 - 2000)} ${word(2000)}`, "ok"],
  ["2: 2000 inputs one past the last", `02 ${word(65536 - 1999)} ${word(2000)}`, "02"],
  ["2: 2001 inputs", `02 0000 ${word(2001)}`, "03"],
  ["3: 125 registers", "03 0000 007d", "ok"],
  ["3: 126 registers", "03 0000 007e", "03"],
  ["3: no register", "03 0000 0000", "03"],
  ["3: 125 registers up to the last", `03 ${word(65536 - 125)} 007d`, "ok"],
  ["3: 125 registers one past the last", `03 ${word(65536 - 124)} 007d`, "02"],
  ["3: 18946 registers, as a fuzzer asked", "03 0000 4a02", "03"],
  ["4: 125 registers", "04 0000 007d", "ok"],
  ["4: 126 registers", "04 0000 007e", "03"],
  ["4: past the last", "04 ffff 0002", "02"],
  ["5: on at the last address", "05 ffff ff00", "ok"],
  ["5: off", "05 0000 0000", "ok"],
  ["5: neither", "05 0000 ff01", "03"],
  ["5: nearly on", "05 0000 fe00", "03"],
  ["6: the largest value at the last address", "06 ffff ffff", "ok"],
  ["6: a byte too few", "06 0000 00", "03"],
  ["7: with data", "07 00", "03"],
  ["8: no subfunction", "08", "03"],
  ["8: a subfunction without data", "08 0001", "03"],
  ["8: half a word of data", "08 0000 00", "03"],
  ["8: one and a half words", "08 0000 0000 00", "03"],
  ["8: as much data as a PDU holds", `08 0000 ${zeros(250)}`, "ok"],
  ["8: more than a PDU holds", `08 0000 ${zeros(252)}`, "03"],
  ["11: with data", "0b 00", "03"],
  ["12: with data", "0c 0000", "03"],
  ["15: one coil", "0f 0000 0001 01 01", "ok"],
  ["15: no coil", "0f 0000 0000 00", "03"],
  ["15: 1968 coils", `0f 0000 ${word(1968)} f6 ${zeros(246)}`, "ok"],
  ["15: 1969 coils", `0f 0000 ${word(1969)} f7 ${zeros(247)}`, "03"],
  ["15: eight coils in two bytes", "0f 0000 0008 02 0000", "03"],
  ["15: nine coils in one byte", "0f 0000 0009 01 00", "03"],
  ["15: bytes that do not follow", "0f 0000 0009 02 00", "03"],
  ["15: past the last", "0f ffff 0002 01 00", "02"],
  ["15: no byte count", "0f 0000 0001", "03"],
  ["16: one register", "10 0000 0001 02 0000", "ok"],
  ["16: no register", "10 0000 0000 00", "03"],
  ["16: 123 registers", `10 0000 007b f6 ${zeros(246)}`, "ok"],
  ["16: 124 registers", `10 0000 007c f8 ${zeros(248)}`, "03"],
  ["16: a count that says less", "10 0000 0002 02 0000 0000", "03"],
  ["16: a count that says more", "10 0000 0001 04 0000", "03"],
  ["16: past the last", "10 ffff 0002 04 0000 0000", "02"],
  ["16: no byte count", "10 0000 0001", "03"],
  ["17: with data", "11 00", "03"],
  ["20: no reference", "14 00", "03"],
  ["20: no count", "14", "03"],
  ["20: half a reference", "14 06 06 0001 0000 00", "03"],
  ["20: eight bytes are no reference", "14 08 06 0001 0000 0001 00", "03"],
  ["20: another type", "14 07 05 0001 0000 0001", "03"],
  ["20: file 0", "14 07 06 0000 0000 0001", "03"],
  ["20: the last file and record", `14 07 06 ffff ${word(9999)} 0001`, "ok"],
  ["20: one past the last record", `14 07 06 0001 ${word(9999)} 0002`, "02"],
  ["20: a record that does not exist", `14 07 06 0001 ${word(10000)} 0001`, "02"],
  ["20: no length", "14 07 06 0001 0000 0000", "03"],
  ["20: as long as an answer can be", "14 07 06 0001 0000 007c", "ok"],
  ["20: longer than an answer can be", "14 07 06 0001 0000 007d", "03"],
  ["20: 35 references", `14 f5 ${"06000100000001".repeat(35)}`, "ok"],
  ["20: 36 references", `14 fc ${"06000100000001".repeat(36)}`, "03"],
  ["21: one register", "15 09 06 0001 0000 0001 0000", "ok"],
  ["21: no count", "15", "03"],
  ["21: no record", "15 00", "03"],
  ["21: a record without registers", "15 07 06 0001 0000 0000", "03"],
  ["21: registers that are not there", "15 09 06 0001 0000 0002 0000", "03"],
  ["21: half a second record", "15 0c 06 0001 0000 0001 0000 06 0001", "03"],
  ["21: a count that says less", "15 08 06 0001 0000 0001 0000", "03"],
  ["21: another type", "15 09 07 0001 0000 0001 0000", "03"],
  ["21: file 0", "15 09 06 0000 0000 0001 0000", "03"],
  ["21: past the last record", `15 0b 06 0001 ${word(9999)} 0002 0000 0000`, "02"],
  ["21: as much as a PDU holds", `15 fb 06 0001 0000 007a ${zeros(244)}`, "ok"],
  ["22: at the last address", "16 ffff 0000 ffff", "ok"],
  ["22: a word too few", "16 0000 0000", "03"],
  ["22: a word too many", "16 0000 0000 0000 0000", "03"],
  ["23: one of each", "17 0000 0001 0000 0001 02 0000", "ok"],
  ["23: 125 read, 121 written", `17 0000 007d 0000 0079 f2 ${zeros(242)}`, "ok"],
  ["23: 126 read", "17 0000 007e 0000 0001 02 0000", "03"],
  ["23: 122 written", `17 0000 0001 0000 007a f4 ${zeros(244)}`, "03"],
  ["23: nothing read", "17 0000 0000 0000 0001 02 0000", "03"],
  ["23: nothing written", "17 0000 0001 0000 0000 00", "03"],
  ["23: read past the last", "17 ffff 0002 0000 0001 02 0000", "02"],
  ["23: written past the last", "17 0000 0001 ffff 0002 04 0000 0000", "02"],
  ["23: a count that says less", "17 0000 0001 0000 0002 02 0000 0000", "03"],
  ["23: no byte count", "17 0000 0001 0000 0001", "03"],
  ["24: at the last address", "18 ffff", "ok"],
  ["24: half an address", "18 00", "03"],
  ["24: more than an address", "18 0000 00", "03"],
  ["43: kind 1, any object", "2b 0e 01 ff", "ok"],
  ["43: kind 4", "2b 0e 04 00", "ok"],
  ["43: kind 0", "2b 0e 00 00", "03"],
  ["43: kind 5", "2b 0e 05 00", "03"],
  ["43: no type", "2b", "03"],
  ["43: no kind", "2b 0e", "03"],
  ["43: CANopen", "2b 0d 01 00", "01"],
  ["43: more than an object", "2b 0e 01 00 00", "03"],
  ["nothing", "", "03"],
  ["0 is no function code", "00 0000 0001", "01"],
  ["9, 10, 13, 14, 18 and 19 are none here", "09 0000 0001", "01"],
  ["the answer of a device", "83 02", "01"],
  ["a maker's own code", "41 0000", "01"],
  ["the largest code", "ff", "01"],
];

for (const [name, bytes, wanted] of CASES) {
  Deno.test(`modbus request at its bounds: ${name}: ${wanted}`, () => equal(verdict(hex(bytes)), wanted));
}

Deno.test("modbus request at its bounds: every known function code has cases", () => {
  const tested = new Set(CASES.map(([name]) => Number(/^\d+(?=:)/.exec(name)?.[0])));
  deepEqual(Object.values(FUNCTION).filter((code) => !tested.has(code)), []);
  deepEqual(EXCHANGES.map(([code]) => code), Object.values(FUNCTION));
});

Deno.test("modbus request at its bounds: one byte more is refused for every function code, but where data has any length", () => {
  for (const [code, request] of EXCHANGES) {
    equal(verdict(Uint8Array.of(...hex(request), 0)), "03", `function code ${code}`);
  }
});

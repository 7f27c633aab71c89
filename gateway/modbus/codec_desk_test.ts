import { deepEqual, equal, throws } from "node:assert/strict";
import { mutate } from "../../tests/support/mutate.ts";
import { ProtocolError } from "../core/errors.ts";
import { decodeAnswers, decodeAsks, type DeskAsk, encodeAnswers, encodeAsks } from "./codec_desk.ts";
import { MODBUS_LIMITS } from "./limits.ts";

const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const pduOf = (length: number) => new Uint8Array(length).fill(3);

const ASKS: readonly DeskAsk[] = [
  { sequence: 1, connection: 7, unit: 11, pdu: Uint8Array.of(3, 0, 0, 0, 1) },
  { sequence: 0xffff_ffff, connection: 0x0102_0304, unit: 255, pdu: Uint8Array.of(7) },
];

Deno.test("modbus desk codec: requests as bytes, one after the other", () => {
  equal(hex(encodeAsks(ASKS)), "0000000100000007" + "0b05" + "0300000001" + "ffffffff01020304" + "ff01" + "07");
  deepEqual(decodeAsks(encodeAsks(ASKS)), ASKS);
});

Deno.test("modbus desk codec: answers as bytes, an empty one for a request that nobody answers", () => {
  const answers = [
    { sequence: 1, pdu: Uint8Array.of(0x83, 2) },
    { sequence: 2, pdu: new Uint8Array(0) },
    { sequence: 3, pdu: Uint8Array.of(6, 0, 1, 0, 2) },
  ];
  equal(hex(encodeAnswers(answers)), "00000001" + "028302" + "00000002" + "00" + "00000003" + "050600010002");
  deepEqual(decodeAnswers(encodeAnswers(answers)), answers);
});

Deno.test("modbus desk codec: no entries are no bytes", () => {
  equal(encodeAsks([]).length, 0);
  deepEqual(decodeAsks(new Uint8Array(0)), []);
  deepEqual(decodeAnswers(new Uint8Array(0)), []);
});

Deno.test("modbus desk codec: a PDU as long as allowed, and not a byte longer", () => {
  const most = { sequence: 1, connection: 1, unit: 1, pdu: pduOf(MODBUS_LIMITS.pduBytes) };
  deepEqual(decodeAsks(encodeAsks([most])), [most]);
  const tooLong = pduOf(MODBUS_LIMITS.pduBytes + 1);
  throws(() => encodeAsks([{ ...most, pdu: tooLong }]), { code: "MODBUS_FRAME" });
  throws(() => encodeAnswers([{ sequence: 1, pdu: tooLong }]), { code: "MODBUS_FRAME" });
});

Deno.test("modbus desk codec: a message that is cut anywhere is refused, unless an entry ends there", () => {
  const whole = encodeAsks(ASKS), first = encodeAsks(ASKS.slice(0, 1)).length;
  for (let end = 1; end < whole.length; end++) {
    const cut = whole.subarray(0, end);
    if (end === first) deepEqual(decodeAsks(cut), ASKS.slice(0, 1));
    else throws(() => decodeAsks(cut), { code: "MODBUS_FRAME" }, `cut at ${end}`);
  }
});

Deno.test("modbus desk codec: a view into a larger buffer is read from its own beginning", () => {
  const bytes = encodeAsks(ASKS), larger = new Uint8Array(bytes.length + 5);
  larger.set(bytes, 3);
  deepEqual(decodeAsks(larger.subarray(3, 3 + bytes.length)), ASKS);
});

Deno.test("modbus desk codec: changed bytes are entries or refused, never another error (seeded)", () => {
  const vectors = [encodeAsks(ASKS), encodeAnswers(ASKS), encodeAsks([...ASKS, ...ASKS])];
  for (const bytes of mutate(vectors, { count: 10_000, seed: 11 })) {
    for (const decode of [decodeAsks, decodeAnswers]) {
      try {
        const total = decode(bytes).reduce((sum, { pdu }) => sum + pdu.length, 0);
        equal(total <= bytes.length, true);
      } catch (error) {
        equal(error instanceof ProtocolError, true, String(error));
      }
    }
  }
});

import assert from "node:assert/strict";
import { encodeMbap, MbapDecoder, type MbapFrame } from "./codec_mbap.ts";
import { crc16, decodeRtu, encodeRtu, type RtuFrame } from "./codec_rtu.ts";
import { type RtuDirection, RtuStreamDecoder } from "./codec_rtu_stream.ts";
import { MODBUS_LIMITS } from "./limits.ts";
import { EXCHANGES } from "./testing/examples.ts";
import { mutate, seeded } from "../../tests/support/mutate.ts";

const hex = (text: string) => Uint8Array.from(text.match(/[0-9a-f]{2}/gi) ?? [], (byte) => parseInt(byte, 16));
const joined = (parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

/** Feeds bytes in pieces of random length; answers all that came out. */
function inPieces<T>(decoder: { push(bytes: Uint8Array): T[] }, bytes: Uint8Array, seed: number): T[] {
  const random = seeded(seed), out: T[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + random(9);
    out.push(...decoder.push(bytes.subarray(at, end)));
    at = end;
  }
  return out;
}

const FRAMES: readonly MbapFrame[] = [
  { transaction: 0x1501, unit: 0xff, pdu: hex("04 0000 0001") },
  { transaction: 0, unit: 0, pdu: hex("07") },
  { transaction: 65535, unit: 17, pdu: Uint8Array.from({ length: 253 }, (_, index) => index) },
];

Deno.test("modbus mbap: the example of the messaging guide is written and read", () => {
  assert.deepEqual(encodeMbap(FRAMES[0]!), hex("1501 0000 0006 ff 04 0000 0001"));
  assert.deepEqual(new MbapDecoder().push(encodeMbap(FRAMES[0]!)), [FRAMES[0]]);
});

Deno.test("modbus mbap: frames come out whole, however TCP cuts or joins them", () => {
  const stream = joined(FRAMES.map(encodeMbap));
  for (let seed = 0; seed < 200; seed++) {
    const decoder = new MbapDecoder();
    assert.deepEqual(inPieces(decoder, stream, seed), FRAMES);
    assert.equal(decoder.waiting, 0);
  }
});

Deno.test("modbus mbap: another protocol id and lengths beyond 2 to 254 end the stream", () => {
  const begin = (text: string) => () => new MbapDecoder().push(hex(text));
  for (const text of ["0001 0001 0006", "0001 0000 0001", "0001 0000 0000", "0001 0000 00ff", "0001 0000 ffff"]) {
    assert.throws(begin(text), { code: "MODBUS_FRAME" }, text);
  }
  assert.deepEqual(begin("0001 0000 0002")(), []);
  assert.deepEqual(begin("0001 0000 00fe")(), []);
});

Deno.test("modbus mbap: a decoder keeps less than one frame, whatever comes (seeded)", () => {
  const originals = FRAMES.map(encodeMbap);
  for (const bytes of mutate([joined(originals)], { count: 5_000, seed: 3 })) {
    const decoder = new MbapDecoder();
    try {
      decoder.push(bytes);
    } catch (error) {
      assert.equal((error as { code: string }).code, "MODBUS_FRAME");
    }
    assert.ok(decoder.waiting < 260);
  }
});

const RTU: Readonly<Record<RtuDirection, readonly RtuFrame[]>> = {
  request: [
    { address: 1, pdu: hex("03 006b 0003") },
    { address: 17, pdu: hex("10 0001 0002 04 000a 0102") },
    { address: 247, pdu: hex("0f 0013 000a 02 cd01") },
    { address: 2, pdu: hex("07") },
    { address: 3, pdu: hex("17 0003 0006 000e 0003 06 00ff 00ff 00ff") },
    { address: 4, pdu: hex("14 07 06 0004 0001 0002") },
    { address: 5, pdu: hex("2b 0e 01 00") },
    { address: 6, pdu: hex("16 0004 00f2 0025") },
    { address: 7, pdu: hex("18 04de") },
  ],
  response: [
    { address: 1, pdu: hex("03 06 022b 0000 0064") },
    { address: 17, pdu: hex("10 0001 0002") },
    { address: 247, pdu: hex("8f 02") },
    { address: 2, pdu: hex("07 6d") },
    { address: 5, pdu: hex("2b 0e 01 01 00 00 01 00 03 414243") },
    { address: 7, pdu: hex("18 0006 0002 01b8 1284") },
  ],
};

Deno.test("modbus rtu: the checksum of the serial line guide, low byte first", () => {
  assert.equal(crc16(hex("02 07")), 0x1241);
  assert.deepEqual(encodeRtu({ address: 2, pdu: hex("07") }), hex("02 07 41 12"));
  assert.deepEqual(decodeRtu(hex("02 07 41 12")), { address: 2, pdu: hex("07") });
});

Deno.test("modbus rtu: any flipped bit of a frame is found", () => {
  const bytes = encodeRtu(RTU.request[1]!);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = bytes.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    assert.throws(() => decodeRtu(changed), { code: "MODBUS_FRAME" });
  }
});

Deno.test("modbus rtu: 4 to 256 bytes are a frame, one less or more is none", () => {
  const whole = (bytes: number) => encodeRtu({ address: 1, pdu: new Uint8Array(bytes - 3).fill(8) });
  assert.equal(decodeRtu(whole(4)).pdu.length, 1);
  assert.equal(decodeRtu(whole(256)).pdu.length, 253);
  assert.throws(() => decodeRtu(whole(257)), { code: "MODBUS_FRAME" });
  assert.throws(() => decodeRtu(hex("02 07 41")), { code: "MODBUS_FRAME" });
});

for (const direction of ["request", "response"] as const) {
  Deno.test(`modbus rtu over tcp: each ${direction} ends where its beginning says, however TCP cuts or joins`, () => {
    const stream = joined(RTU[direction].map(encodeRtu));
    for (let seed = 0; seed < 200; seed++) {
      assert.deepEqual(inPieces(new RtuStreamDecoder(direction), stream, seed), RTU[direction]);
    }
  });

  Deno.test(`modbus rtu over tcp: a mutated ${direction} is found or the stream ends (seeded, 8,000)`, () => {
    for (const bytes of mutate(RTU[direction].map(encodeRtu), { count: 8_000, seed: 7 })) {
      try {
        for (const frame of new RtuStreamDecoder(direction).push(bytes)) assert.ok(frame.pdu.length > 0);
      } catch (error) {
        assert.equal((error as { code: string }).code, "MODBUS_FRAME");
      }
    }
  });
}

Deno.test("modbus rtu over tcp: a frame that claims more than 256 bytes, or has an unknown function code, ends the stream", () => {
  const push = (text: string) => () => new RtuStreamDecoder("request").push(hex(text));
  assert.throws(push("01 10 0000 007b ff 00"), { code: "MODBUS_FRAME" });
  assert.throws(push("01 63 0000"), { code: "MODBUS_FRAME" });
  assert.throws(push("01 83 0000"), { code: "MODBUS_FRAME" });
});

/** A frame of every function code, both ways, as RTU. */
const ALL: Readonly<Record<RtuDirection, readonly RtuFrame[]>> = {
  request: EXCHANGES.map(([code, request]) => ({ address: code, pdu: hex(request) })),
  response: EXCHANGES.map(([code, , response]) => ({ address: code, pdu: hex(response) })),
};

for (const direction of ["request", "response"] as const) {
  for (const frame of ALL[direction]) {
    Deno.test(`modbus rtu over tcp: a ${direction} of function code ${frame.pdu[0]} is whole with its last byte, wherever it was cut`, () => {
      const bytes = encodeRtu(frame);
      for (let cut = 1; cut < bytes.length; cut++) {
        const decoder = new RtuStreamDecoder(direction);
        assert.deepEqual(decoder.push(bytes.subarray(0, cut)), [], `cut at ${cut}`);
        assert.deepEqual(decoder.push(bytes.subarray(cut)), [frame], `cut at ${cut}`);
      }
    });
  }

  Deno.test(`modbus rtu over tcp: a ${direction} with any byte changed is never taken for the one that was sent`, () => {
    for (const frame of ALL[direction]) {
      const bytes = encodeRtu(frame);
      for (let at = 0; at < bytes.length; at++) {
        const changed = bytes.slice();
        changed[at]! ^= 0xff;
        try {
          for (const read of new RtuStreamDecoder(direction).push(changed)) assert.notDeepEqual(read, frame);
        } catch (error) {
          assert.equal((error as { code: string }).code, "MODBUS_FRAME");
        }
      }
    }
  });
}

Deno.test("modbus mbap: a frame of every function code, both ways, is whole with its last byte, wherever it was cut", () => {
  for (const { pdu, address } of [...ALL.request, ...ALL.response]) {
    const frame = { transaction: 0x0102, unit: address, pdu }, bytes = encodeMbap(frame);
    for (let cut = 1; cut < bytes.length; cut++) {
      const decoder = new MbapDecoder();
      assert.deepEqual(decoder.push(bytes.subarray(0, cut)), []);
      assert.equal(decoder.waiting, cut);
      assert.deepEqual(decoder.push(bytes.subarray(cut)), [frame]);
    }
  }
});

Deno.test("modbus mbap: what came out does not change with the buffer that it came in", () => {
  const bytes = encodeMbap({ transaction: 1, unit: 2, pdu: hex("03 0000 0001") });
  const [frame] = new MbapDecoder().push(bytes);
  bytes.fill(0xff);
  assert.deepEqual(frame, { transaction: 1, unit: 2, pdu: hex("03 0000 0001") });
});

Deno.test("modbus mbap: after frames that are right one that is none ends the stream", () => {
  const good = encodeMbap({ transaction: 1, unit: 2, pdu: hex("07") });
  const decoder = new MbapDecoder();
  assert.equal(decoder.push(good).length, 1);
  assert.throws(() => decoder.push(joined([good, hex("0002 0100 0002 01 07")])), { code: "MODBUS_FRAME" });
});

Deno.test("modbus rtu: the longest PDU has as many bytes as a frame may have, and one more is refused", () => {
  const longest = encodeRtu({ address: 1, pdu: new Uint8Array(MODBUS_LIMITS.pduBytes) });
  assert.equal(longest.length, MODBUS_LIMITS.rtuBytes);
  assert.equal(decodeRtu(longest).pdu.length, MODBUS_LIMITS.pduBytes);
  const longer = encodeRtu({ address: 1, pdu: new Uint8Array(MODBUS_LIMITS.pduBytes + 1) });
  assert.throws(() => decodeRtu(longer), { code: "MODBUS_FRAME" });
});

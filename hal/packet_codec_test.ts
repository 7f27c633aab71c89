import assert from "node:assert/strict";
import { ProtocolError } from "../gateway/core/errors.ts";
import { mutate } from "../tests/support/mutate.ts";
import { HAL_LIMITS } from "./limits.ts";
import { encodePacket, PacketReader, type PacketRecord } from "./packet_codec.ts";

const OUTGOING = {
  destinationMac: "ff:ff:ff:ff:ff:ff",
  source: 0xfffffffe,
  destination: 0xffffffff,
  sourcePort: 67,
  destinationPort: 68,
  payload: Uint8Array.of(1, 2, 3),
};
const RECORDS: readonly PacketRecord[] = [
  { kind: "datagram", datagram: { ...OUTGOING, sourceMac: "02:00:00:00:00:0a" } },
  { kind: "claim", claim: { mac: "02:00:00:00:00:0b", address: 0x0a140001 } },
  { kind: "send", datagram: { ...OUTGOING, payload: new Uint8Array(0) } },
  { kind: "probe", address: 0x0a1400ff },
];

Deno.test("packet codec: records come out as they went in, however the stream is cut", () => {
  const stream = RECORDS.flatMap((record) => [...encodePacket(record)]);
  for (const size of [1, 2, 3, 7, 64, stream.length]) {
    const reader = new PacketReader();
    const out: PacketRecord[] = [];
    for (let at = 0; at < stream.length; at += size) {
      out.push(...reader.push(Uint8Array.from(stream.slice(at, at + size))));
    }
    assert.deepEqual(out, RECORDS, `pieces of ${size}`);
  }
});

Deno.test("packet codec: the bytes of a claim and of a probe", () => {
  assert.deepEqual([...encodePacket(RECORDS[1]!)], [0, 11, 2, 2, 0, 0, 0, 0, 0x0b, 10, 20, 0, 1]);
  assert.deepEqual([...encodePacket(RECORDS[3]!)], [0, 5, 4, 10, 20, 0, 255]);
});

Deno.test("packet codec: a payload at the limit is carried, one past it is refused", () => {
  const record = (length: number): PacketRecord => ({
    kind: "send",
    datagram: { ...OUTGOING, payload: new Uint8Array(length) },
  });
  const [back] = [...new PacketReader().push(encodePacket(record(HAL_LIMITS.packetBytes)))];
  assert.deepEqual(back, record(HAL_LIMITS.packetBytes));
  assert.throws(() => encodePacket(record(HAL_LIMITS.packetBytes + 1)), /1501 bytes/);
  const tooLong = new Uint8Array(2);
  new DataView(tooLong.buffer).setUint16(0, 1 + 24 + HAL_LIMITS.packetBytes + 1);
  assert.throws(() => [...new PacketReader().push(tooLong)], (error) => error instanceof ProtocolError);
});

for (const bytes of [[0, 0], [0, 1, 9], [0, 1, 2], [0, 4, 4, 0, 0, 0], [0, 3, 1, 0, 0]]) {
  Deno.test(`packet codec: ${bytes} is refused`, () => {
    assert.throws(() => [...new PacketReader().push(Uint8Array.from(bytes))], (error) => {
      return error instanceof ProtocolError && error.code === "HAL_FRAME";
    });
  });
}

Deno.test("packet codec: 10,000 mutated streams give records or a ProtocolError (seed 12)", () => {
  const streams = RECORDS.map(encodePacket);
  for (const stream of mutate(streams, { count: 10_000, seed: 12 })) {
    try {
      for (const record of new PacketReader().push(stream)) assert.ok(record.kind);
    } catch (error) {
      assert.ok(error instanceof ProtocolError, String(error));
    }
  }
});

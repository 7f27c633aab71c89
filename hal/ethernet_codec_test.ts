import assert from "node:assert/strict";
import { mutate } from "../tests/support/mutate.ts";
import { readClaim, readDatagram, writeDatagram, writeProbe } from "./ethernet_codec.ts";

const MAC = "02:00:00:00:00:01";
const OUT = {
  destinationMac: "02:00:00:00:00:02",
  source: 0x0a140001,
  destination: 0x0a14000b,
  sourcePort: 67,
  destinationPort: 68,
  payload: new TextEncoder().encode("offer"),
};
const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

Deno.test("ethernet codec: a datagram has the fields and checksums of RFC 791 and 768", () => {
  // Sums worked out by hand; that a kernel takes such frames is shown in tests/netns/hald_packets_test.ts.
  assert.equal(
    hex(writeDatagram(MAC, OUT)),
    "0200000000020200000000010800" + "4500002100000000401166990a1400010a14000b" + "00430044000d" + "a34d" +
      "6f66666572",
  );
});

Deno.test("ethernet codec: what is written is read again", () => {
  for (const length of [0, 1, 2, 548, 1_472]) {
    const payload = new Uint8Array(length).fill(0xab);
    assert.deepEqual(readDatagram(writeDatagram(MAC, { ...OUT, payload })), { ...OUT, payload, sourceMac: MAC });
  }
});

Deno.test("ethernet codec: padding behind a short frame is not payload", () => {
  const frame = new Uint8Array(64);
  frame.set(writeDatagram(MAC, OUT));
  assert.deepEqual(readDatagram(frame)?.payload, OUT.payload);
});

for (
  const [what, change] of [
    ["cut off", (frame: Uint8Array) => frame.subarray(0, frame.length - 1)],
    ["a fragment", (frame: Uint8Array) => frame.fill(0x20, 20, 21)],
    ["a later fragment", (frame: Uint8Array) => frame.fill(1, 21, 22)],
    ["IPv6", (frame: Uint8Array) => frame.fill(0x60, 14, 15)],
    ["TCP", (frame: Uint8Array) => frame.fill(6, 23, 24)],
    ["a header of 16 bytes", (frame: Uint8Array) => frame.fill(0x44, 14, 15)],
    ["a UDP length beyond the packet", (frame: Uint8Array) => frame.fill(0xff, 39, 40)],
    ["a UDP length below its header", (frame: Uint8Array) => frame.fill(7, 39, 40)],
    ["ARP", (frame: Uint8Array) => frame.fill(6, 13, 14)],
    ["nothing", () => new Uint8Array(0)],
  ] as const
) {
  Deno.test(`ethernet codec: ${what} is no datagram`, () => {
    assert.equal(readDatagram(change(writeDatagram(MAC, OUT))), undefined);
  });
}

Deno.test("ethernet codec: a probe asks without claiming, an answer claims", () => {
  const probe = writeProbe(MAC, OUT.destination);
  assert.equal(
    hex(probe),
    "ffffffffffff0200000000010806" + "0001080006040001" + "02000000000100000000" + "0000000000000a14000b",
  );
  assert.equal(readClaim(probe), undefined);
  const answer = probe.slice();
  answer.set([2], 21);
  answer.set([0x0a, 0x14, 0, 0x0b], 28);
  assert.deepEqual(readClaim(answer), { mac: MAC, address: OUT.destination });
  assert.equal(readClaim(answer.subarray(0, 41)), undefined);
  assert.equal(readClaim(answer.with(15, 6)), undefined, "not Ethernet");
  assert.equal(readClaim(writeDatagram(MAC, OUT)), undefined, "no ARP");
});

Deno.test("ethernet codec: 10,000 mutated frames are read or left (seed 11)", () => {
  const frames = [writeDatagram(MAC, OUT), writeProbe(MAC, OUT.destination)];
  let read = 0;
  for (const frame of mutate(frames, { count: 10_000, seed: 11 })) {
    const datagram = readDatagram(frame);
    if (datagram) read++;
    assert.ok(!datagram || datagram.payload.length <= frame.length);
    readClaim(frame);
  }
  assert.ok(read > 100, `only ${read} were still datagrams`);
});

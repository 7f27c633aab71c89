import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { mutate } from "../tests/support/mutate.ts";
import { HAL_LIMITS } from "./limits.ts";
import { LldpBook } from "./lldp.ts";
import { type LldpFrame, readLldp } from "./lldp_codec.ts";

const tlv = (type: number, ...body: number[]) => [type << 1 | body.length >> 8, body.length & 0xff, ...body];
const text = (value: string) => [...new TextEncoder().encode(value)];
const HEAD = [0x01, 0x80, 0xc2, 0, 0, 0x0e, 2, 0, 0, 0, 1, 1];
const CHASSIS = tlv(1, 4, 2, 0, 0, 0, 1, 1), PORT = tlv(2, 5, ...text("gi12")), LIFE = tlv(3, 0, 120), END = tlv(0);
const frame = (...tlvs: number[][]) => Uint8Array.from([...HEAD, 0x88, 0xcc, ...tlvs.flat()]);
const LEAST: LldpFrame = {
  source: "02:00:00:00:01:01",
  chassis: "02:00:00:00:01:01",
  port: "gi12",
  seconds: 120,
  isBridge: false,
};
const FULL = frame(
  CHASSIS,
  PORT,
  LIFE,
  tlv(4, ...text("GigabitEthernet 12")),
  tlv(5, ...text("sw-garage")),
  tlv(6, ...text("A switch of 24 ports")),
  tlv(7, 0, 0x14, 0, 0x04),
  tlv(8, 5, 1, 10, 20, 0, 2, 2, 0, 0, 0, 12, 0),
  tlv(127, 0x00, 0x80, 0xc2, 1, 0, 20),
  END,
);

Deno.test("lldp: everything that a switch says of itself", () => {
  equal(readLldp(FULL), {
    ...LEAST,
    ...{ portDescription: "GigabitEthernet 12", name: "sw-garage", description: "A switch of 24 ports" },
    ...{ address: "10.20.0.2", vlan: 20, isBridge: true },
  });
});

const GOOD: readonly (readonly [string, Uint8Array, Partial<LldpFrame>])[] = [
  ["the least that is one", frame(CHASSIS, PORT, LIFE, END), {}],
  ["no end mark", frame(CHASSIS, PORT, LIFE), {}],
  ["padding behind the end", frame(CHASSIS, PORT, LIFE, END, Array(40).fill(0)), {}],
  ["what is behind the end mark", frame(CHASSIS, PORT, LIFE, END, tlv(5, ...text("liar"))), {}],
  ["a TLV that is cut off", frame(CHASSIS, PORT, LIFE, [5 << 1, 40, 0x41]), {}],
  ["a VLAN tag", Uint8Array.from([...HEAD, 0x81, 0, 0, 20, 0x88, 0xcc, ...CHASSIS, ...PORT, ...LIFE]), {}],
  ["a chassis by network address", frame(tlv(1, 5, 1, 10, 20, 0, 2), PORT, LIFE), { chassis: "10.20.0.2" }],
  ["a chassis by name", frame(tlv(1, 7, ...text("garage")), PORT, LIFE), { chassis: "garage" }],
  ["a port by MAC address", frame(CHASSIS, tlv(2, 3, 2, 0, 0, 0, 0, 0x11), LIFE), { port: "02:00:00:00:00:11" }],
  ["a port by network address", frame(CHASSIS, tlv(2, 4, 1, 10, 0, 0, 1), LIFE), { port: "10.0.0.1" }],
  ["a good-bye", frame(CHASSIS, PORT, tlv(3, 0, 0)), { seconds: 0 }],
  ["the longest life", frame(CHASSIS, PORT, tlv(3, 0xff, 0xff)), { seconds: 65_535 }],
  ["a router that does not bridge", frame(CHASSIS, PORT, LIFE, tlv(7, 0, 0x14, 0, 0x10)), {}],
  ["capabilities that are cut off", frame(CHASSIS, PORT, LIFE, tlv(7, 0, 4)), {}],
  ["an IPv6 management address", frame(CHASSIS, PORT, LIFE, tlv(8, 17, 2, ...Array(16).fill(1))), {}],
  ["a management address longer than it is", frame(CHASSIS, PORT, LIFE, tlv(8, 9, 1, 10)), {}],
  ["no VLAN", frame(CHASSIS, PORT, LIFE, tlv(127, 0x00, 0x80, 0xc2, 1, 0, 0)), {}],
  ["a VLAN that cannot be", frame(CHASSIS, PORT, LIFE, tlv(127, 0x00, 0x80, 0xc2, 1, 0x0f, 0xff)), {}],
  ["words of another organisation", frame(CHASSIS, PORT, LIFE, tlv(127, 0, 0x12, 0x0f, 1, 0, 20)), {}],
  ["letters that a terminal acts upon", frame(CHASSIS, tlv(2, 5, ...text("g\u001b[2Ji\u202e1\n")), LIFE), {
    port: "g [2Ji 1",
  }],
];
for (const [name, bytes, wanted] of GOOD) {
  Deno.test(`lldp: a frame with ${name}`, () => equal(readLldp(bytes), { ...LEAST, ...wanted }));
}

const NONE: readonly (readonly [string, Uint8Array])[] = [
  ["nothing", new Uint8Array()],
  ["a head alone", Uint8Array.from(HEAD)],
  ["another protocol", Uint8Array.from([...HEAD, 0x08, 0x06, ...CHASSIS, ...PORT, ...LIFE])],
  ["another protocol behind a VLAN tag", Uint8Array.from([...HEAD, 0x81, 0, 0, 20, 0x08, 0x00, ...CHASSIS])],
  ["no TLV", frame()],
  ["an end at once", frame(END)],
  ["port before chassis", frame(PORT, CHASSIS, LIFE)],
  ["no port", frame(CHASSIS, LIFE, PORT)],
  ["no life", frame(CHASSIS, PORT, tlv(5, ...text("x")))],
  ["a life of one octet", frame(CHASSIS, PORT, tlv(3, 120))],
  ["an empty chassis", frame(tlv(1), PORT, LIFE)],
  ["a chassis without an id", frame(tlv(1, 7), PORT, LIFE)],
  ["a port of blanks", frame(CHASSIS, tlv(2, 5, ...text("  ")), LIFE)],
  ["a chassis by an address that is none", frame(tlv(1, 5, 2, 10, 20, 0, 2), PORT, LIFE)],
];
for (const [name, bytes] of NONE) {
  Deno.test(`lldp: no frame with ${name}`, () => equal(readLldp(bytes), undefined));
}

Deno.test("lldp: cut at every octet it is none, or one that says less", () => {
  for (let end = 0; end < FULL.length; end++) {
    const read = readLldp(FULL.subarray(0, end));
    ok(read === undefined || read.chassis === LEAST.chassis && read.port === LEAST.port, `at ${end}`);
  }
});

Deno.test("lldp: names and parts at their limits and one past them", () => {
  const { lldpChars, lldpParts } = HAL_LIMITS;
  const named = (length: number) =>
    readLldp(frame(CHASSIS, PORT, LIFE, tlv(5, ...text("x".repeat(length)))))?.name?.length;
  equal([named(lldpChars), named(lldpChars + 1)], [lldpChars, lldpChars]);
  const filled = (before: number) =>
    readLldp(frame(CHASSIS, PORT, LIFE, ...Array(before).fill(tlv(127, 1)), tlv(5, 0x41)))?.name;
  equal([filled(lldpParts - 4), filled(lldpParts - 3)], ["A", undefined]);
});

Deno.test("lldp codec: 10,000 mutated frames", () => {
  for (const bytes of mutate([FULL, frame(CHASSIS, PORT, LIFE, END)], { count: 10_000, seed: 20_261_121 })) {
    const read = readLldp(bytes);
    if (!read) continue;
    ok(read.chassis.length > 0 && read.port.length > 0 && read.seconds >= 0 && read.seconds <= 65_535);
    for (const said of Object.values(read)) ok(typeof said !== "string" || said.length <= HAL_LIMITS.lldpChars);
  }
});

const heard = (port: string, seconds = 120) => ({ ...LEAST, port, seconds });
const ports = (book: LldpBook, now: number) => book.all(now).map((one) => `${one.interface} ${one.port}`);

Deno.test("lldp book: a neighbour stays for its own time, and is renewed", () => {
  const book = new LldpBook();
  book.hear("eth1", heard("gi12"), 0);
  book.hear("eth0", heard("gi1"), 0);
  equal(ports(book, 119_999), ["eth0 gi1", "eth1 gi12"]);
  book.hear("eth1", heard("gi12"), 100_000);
  equal(ports(book, 120_000), ["eth1 gi12"]);
  equal(ports(book, 220_000), []);
});

Deno.test("lldp book: a good-bye is taken at once; the same port on two interfaces is two", () => {
  const book = new LldpBook();
  book.hear("eth1", heard("gi12"), 0);
  book.hear("eth2", heard("gi12"), 0);
  book.hear("eth1", heard("gi12", 0), 1);
  equal(ports(book, 2), ["eth2 gi12"]);
});

Deno.test("lldp book: as many as it keeps and one more; old ones make room", () => {
  const book = new LldpBook();
  const { lldpNeighbours } = HAL_LIMITS;
  for (let at = 0; at < lldpNeighbours; at++) book.hear("eth1", heard(`p${String(at).padStart(3, "0")}`, 60), 0);
  book.hear("eth1", heard("late"), 1);
  equal([book.all(1).length, ports(book, 1).includes("eth1 late")], [lldpNeighbours, false]);
  book.hear("eth1", heard("late"), 60_000);
  equal(ports(book, 60_000), ["eth1 late"]);
});

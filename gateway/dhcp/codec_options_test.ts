import { deepStrictEqual as equal, ok, throws } from "node:assert/strict";
import { ProtocolError } from "../core/errors.ts";
import {
  addressBytes,
  addressOption,
  decodeMessage,
  type DhcpMessage,
  encodeMessage,
  hex,
  numberBytes,
  replyRoom,
  textOption,
  typeOf,
} from "./codec.ts";
import { decodeRelayInfo, encodeRelayInfo } from "./codec_relay_info.ts";
import { DHCP_LIMITS } from "./limits.ts";
import { MESSAGE_TYPES, OPTION, RELAY } from "./options.ts";

/** A message of a device whose option field is this. */
function message(
  options: readonly number[],
  fixed: readonly (readonly [number, readonly number[]])[] = [],
): Uint8Array {
  const bytes = new Uint8Array(240 + options.length);
  bytes.set([1, 1, 6]);
  bytes.set([2, 0, 0, 0, 0, 0x11], 28);
  bytes.set([0x63, 0x82, 0x53, 0x63], 236);
  for (const [at, value] of fixed) bytes.set(value, at);
  bytes.set(options, 240);
  return bytes;
}
const malformed = (error: unknown) => error instanceof ProtocolError && error.code === "DHCP_MALFORMED";
const optionsOf = (options: readonly number[]) =>
  [...decodeMessage(message(options)).options].map(([code, value]) => `${code}=${hex(value)}`);

/** The option field of RFC 2132, whole or broken in every way a device breaks it. */
const FIELDS: readonly (readonly [string, readonly number[], readonly string[]])[] = [
  ["nothing, not even an end", [], []],
  ["an end alone", [255], []],
  ["pads alone", [0, 0, 0], []],
  ["pads between options", [0, 53, 1, 1, 0, 0, 12, 1, 0x61, 255], ["53=01", "12=61"]],
  ["no end", [53, 1, 1], ["53=01"]],
  ["rubbish behind the end", [53, 1, 1, 255, 99, 99, 99], ["53=01"]],
  ["an option without a value", [80, 0, 255], ["80="]],
  ["an option twice, which is one (RFC 3396)", [12, 1, 0x61, 53, 1, 1, 12, 2, 0x62, 0x63, 255], ["12=616263", "53=01"]],
  ["an option cut by an empty piece", [12, 1, 0x61, 12, 0, 12, 1, 0x62, 255], ["12=6162"]],
  ["a value that looks like an end", [43, 2, 255, 255, 53, 1, 1, 255], ["43=ffff", "53=01"]],
  ["codes that nobody knows", [254, 1, 9, 224, 2, 1, 2, 255], ["254=09", "224=0102"]],
];
for (const [name, field, wanted] of FIELDS) {
  Deno.test(`dhcp options: ${name}`, () => equal(optionsOf(field), wanted));
}

for (
  const [name, field] of [
    ["a code alone", [53]],
    ["a length beyond the end", [53, 2, 1]],
    ["a length of 255 with nothing behind it", [43, 255]],
    ["a good option, then a cut one", [53, 1, 1, 12, 9, 0x61]],
  ] as const
) {
  Deno.test(`dhcp options: ${name} is refused`, () => throws(() => decodeMessage(message(field)), malformed));
}

/** Option 52: which further fields hold options. */
const OVERLOADS: readonly (readonly [string, number, readonly string[]])[] = [
  ["file", 1, ["52=01", "60=66"]],
  ["sname", 2, ["52=02", "12=73"]],
  ["both, file first", 3, ["52=03", "60=66", "12=73"]],
  ["neither", 0, ["52=00"]],
  ["bits that mean nothing", 4, ["52=04"]],
];
for (const [name, value, wanted] of OVERLOADS) {
  Deno.test(`dhcp options: overload says ${name}`, () => {
    const fields = [[108, [60, 1, 0x66, 255]], [44, [12, 1, 0x73, 255]]] as const;
    const { options } = decodeMessage(message([52, 1, value, 255], fields));
    equal([...options].map(([code, own]) => `${code}=${hex(own)}`), wanted);
  });
}

Deno.test("dhcp options: one that goes on in file and sname is one", () => {
  const fields = [[108, [43, 2, 3, 4, 255]], [44, [43, 1, 5, 255]]] as const;
  const { options } = decodeMessage(message([43, 2, 1, 2, 52, 1, 3, 255], fields));
  equal(hex(options.get(43)!), "0102030405");
});

Deno.test("dhcp options: an overloaded field that is cut off is refused, as the option field is", () => {
  const full = [44, Array.from({ length: 64 }, (_, at) => at === 62 ? 12 : at === 63 ? 9 : 0)] as const;
  throws(() => decodeMessage(message([52, 1, 2, 255], [full])), malformed);
  equal(decodeMessage(message([52, 1, 1, 255], [full])).options.size, 1);
});

for (const [name, code] of Object.entries(MESSAGE_TYPES)) {
  Deno.test(`dhcp options: message type ${code} is ${name}`, () => {
    equal(typeOf(decodeMessage(message([53, 1, code, 255]))), name);
  });
}

/** The fixed part: place, octets, and what is read. */
const FIXED: readonly (readonly [keyof DhcpMessage, number, readonly number[], unknown])[] = [
  ["op", 0, [2], "reply"],
  ["hops", 3, [16], 16],
  ["xid", 4, [0xff, 0xff, 0xff, 0xff], 0xffffffff],
  ["secs", 8, [0x12, 0x34], 0x1234],
  ["broadcast", 10, [0x80, 0], true],
  ["broadcast", 10, [0x7f, 0xff], false],
  ["ciaddr", 12, [10, 20, 0, 11], 0x0a14000b],
  ["yiaddr", 16, [255, 255, 255, 255], 0xffffffff],
  ["siaddr", 20, [10, 20, 0, 1], 0x0a140001],
  ["giaddr", 24, [192, 0, 2, 1], 0xc0000201],
  ["chaddr", 28, [0xAA, 0xbb, 0xcc, 0xdd, 0xee, 0xff], "aa:bb:cc:dd:ee:ff"],
];
for (const [key, at, octets, wanted] of FIXED) {
  Deno.test(`dhcp codec: ${key} is ${String(wanted)}`, () => {
    const read = decodeMessage(message([53, 1, 1, 255], [[at, octets]]));
    equal(read[key], wanted);
    equal(decodeMessage(encodeMessage(read).bytes)[key], wanted, "and again after writing");
  });
}

const ADDRESS: readonly (readonly [string, readonly number[], number | undefined])[] = [
  ["four octets", [10, 20, 0, 11], 0x0a14000b],
  ["none", [], undefined],
  ["three", [10, 20, 0], undefined],
  ["five", [10, 20, 0, 11, 1], undefined],
  ["two addresses", [10, 20, 0, 11, 10, 20, 0, 12], undefined],
];
for (const [name, octets, wanted] of ADDRESS) {
  Deno.test(`dhcp options: an address of ${name}`, () => {
    equal(addressOption(decodeMessage(message([50, octets.length, ...octets, 255])), 50), wanted);
  });
}

Deno.test("dhcp options: numbers and addresses as octets", () => {
  equal([hex(numberBytes(3_600)), hex(addressBytes(0x0a140001, 0x0a140002)), hex(addressBytes())], [
    ...["00000e10", "0a1400010a140002", ""],
  ]);
  equal(hex(Uint8Array.of(0, 15, 255), ":"), "00:0f:ff");
});

Deno.test("dhcp options: what a device says of its room for answers, at every edge", () => {
  const room = (size: number) => replyRoom(decodeMessage(message([57, 2, size >> 8, size & 255, 255])));
  for (
    const [size, wanted] of [[575, 548], [576, 548], [577, 549], [1_500, 1_472], [1_501, 1_472], [
      65_535,
      1_472,
    ]] as const
  ) {
    equal(room(size), wanted, String(size));
  }
  equal([replyRoom(decodeMessage(message([57, 1, 9, 255]))), replyRoom(decodeMessage(message([255])))], [548, 548]);
});

Deno.test("dhcp options: the order in an answer is that of need, then of codes; option 82 last", () => {
  const codes = [OPTION.relayInfo, 66, 15, OPTION.dns, OPTION.router, OPTION.subnetMask, 51, OPTION.serverId, 53, 12];
  const options = new Map(codes.map((code) => [code, Uint8Array.of(1)]));
  const written = decodeMessage(encodeMessage({ ...decodeMessage(message([255])), options }).bytes).options;
  equal([...written.keys()], [53, 54, 51, 1, 3, 6, 12, 15, 66, 82]);
});

Deno.test("dhcp options: option 52 of a device is never written back", () => {
  const read = decodeMessage(message([52, 1, 1, 53, 1, 1, 255]));
  ok(!decodeMessage(encodeMessage(read).bytes).options.has(OPTION.overload));
});

Deno.test("dhcp options: text is shown as far as it can be", () => {
  const text = (...octets: number[]) => textOption(decodeMessage(message([12, octets.length, ...octets, 255])), 12);
  equal([text(0x63, 0x70), text(0x20, 0x7e), text(0x1f, 0x7f, 0x80), text()], ["cp", " ~", "???", undefined]);
});

/** Option 82 as relay agents and switches build it. */
const RELAYS: readonly (readonly [string, readonly number[], readonly string[]])[] = [
  ["a circuit", [1, 2, 0xa, 0xb], ["1=0a0b"]],
  ["circuit and remote", [1, 1, 9, 2, 2, 1, 2], ["1=09", "2=0102"]],
  ["nothing", [], []],
  ["an empty circuit", [1, 0], ["1="]],
  ["a circuit twice: the first counts", [1, 1, 9, 1, 1, 8], ["1=09"]],
  ["sub-options that nobody knows", [200, 1, 7], ["200=07"]],
];
for (const [name, octets, wanted] of RELAYS) {
  Deno.test(`dhcp relay info: ${name}`, () => {
    const read = decodeRelayInfo(Uint8Array.from(octets));
    equal([...read].map(([code, value]) => `${code}=${hex(value)}`), wanted);
    if (!name.includes("twice")) equal([...encodeRelayInfo(read)], [...octets]);
  });
}

for (const octets of [[1], [1, 2, 0], [1, 1, 9, 2], [5, 255]]) {
  Deno.test(`dhcp relay info: ${octets.join(" ")} is cut off`, () => {
    throws(() => decodeRelayInfo(Uint8Array.from(octets)), malformed);
  });
}

Deno.test("dhcp relay info: a sub-option at its length and one past it", () => {
  equal(encodeRelayInfo([[RELAY.remoteId, new Uint8Array(255)]]).length, 257);
  throws(() => encodeRelayInfo([[RELAY.remoteId, new Uint8Array(256)]]), /Sub-option 2 has 256 bytes/);
});

Deno.test("dhcp codec: a message at the longest and one past it, whatever is in it", () => {
  const pads = (size: number) => message(Array(size - 240).fill(0));
  equal(decodeMessage(pads(DHCP_LIMITS.messageBytesMax)).options.size, 0);
  throws(() => decodeMessage(pads(DHCP_LIMITS.messageBytesMax + 1)), malformed);
});

import { deepEqual, equal, throws } from "node:assert/strict";
import { ProtocolError } from "../core/errors.ts";
import { BerReader, type SnmpValue, TAG, tlv, writeInteger, writeOid } from "./codec_ber.ts";
import { decodeScoped, decodeV2c, decodeV3, encodeScoped, encodeV2c, encodeV3, type Pdu } from "./codec.ts";
import { SWITCH_LIMITS } from "./limits.ts";
import { answerPdu, numberValue } from "./testing/fake_switch.ts";

const hex = (text: string) => Uint8Array.fromHex(text.replaceAll(" ", ""));
const refused = (why: RegExp) => (error: unknown) =>
  error instanceof ProtocolError && error.code === "SNMP_MALFORMED" && why.test(error.message);

for (
  const [number, bytes] of [
    [0, "02 01 00"],
    [127, "02 01 7f"],
    [128, "02 02 00 80"],
    [255, "02 02 00 ff"],
    [65_536, "02 03 01 00 00"],
    [2_147_483_647, "02 04 7f ff ff ff"],
    [-1, "02 01 ff"],
    [-128, "02 01 80"],
    [-129, "02 02 ff 7f"],
  ] as const
) {
  Deno.test(`snmp codec: the number ${number} there and back`, () => {
    deepEqual(writeInteger(number), hex(bytes));
    equal(new BerReader(hex(bytes)).number(), number);
  });
}

for (
  const [oid, bytes] of [
    ["1.3.6.1.2.1.1.5.0", "06 08 2b 06 01 02 01 01 05 00"],
    ["1.0.8802.1.1.2", "06 06 28 c4 62 01 01 02"],
    ["2.999.3", "06 03 88 37 03"],
    ["1.3.6.4294967295", "06 07 2b 06 8f ff ff ff 7f"],
    ["0.0", "06 01 00"],
  ] as const
) {
  Deno.test(`snmp codec: the name ${oid} there and back`, () => {
    deepEqual(writeOid(oid), hex(bytes));
    equal(new BerReader(hex(bytes)).oid(), oid);
  });
}

const VALUES: readonly (readonly [string, string, SnmpValue])[] = [
  ["an integer", "02 01 05", { kind: "number", number: 5 }],
  ["a counter beyond 31 bits", "41 05 00 ff ff ff ff", { kind: "number", number: 4_294_967_295 }],
  ["a gauge", "42 01 07", { kind: "number", number: 7 }],
  ["time ticks", "43 02 01 00", { kind: "number", number: 256 }],
  ["a counter of 64 bits", "46 09 00 00 00 00 01 00 00 00 00", { kind: "number", number: 4_294_967_296 }],
  ["octets", "04 02 41 42", { kind: "octets", octets: hex("41 42") }],
  ["an address", "40 04 0a 14 00 02", { kind: "octets", octets: hex("0a 14 00 02") }],
  ["an opaque value", "44 01 01", { kind: "octets", octets: hex("01") }],
  ["a name", "06 02 2b 06", { kind: "oid", oid: "1.3.6" }],
  ["nothing", "05 00", { kind: "nothing" }],
  ["no such object", "80 00", { kind: "absent" }],
  ["no such instance", "81 00", { kind: "absent" }],
  ["the end of the view", "82 00", { kind: "end" }],
];
for (const [name, bytes, value] of VALUES) {
  Deno.test(`snmp codec: reads ${name}`, () => deepEqual(new BerReader(hex(bytes)).value(), value));
}

const BROKEN: readonly (readonly [string, string, RegExp])[] = [
  ["nothing at all", "", /ends where a value should begin/],
  ["a tag alone", "04", /cut off in a length/],
  ["a length beyond the end", "04 05 41", /longer than what it is in/],
  ["an indefinite length", "04 80 00 00", /indefinite/],
  ["a length of five octets", "04 85 00 00 00 00 01 41", /too long/],
  ["a length that is cut off", "04 82 01", /cut off/],
  ["an unknown type", "13 01 41", /type 0x13/],
  ["an empty number", "02 00", /0 octets/],
  ["a number of ten octets", "02 0a 00 00 00 00 00 00 00 00 00 00", /10 octets/],
  ["an empty name", "06 00", /empty/],
  ["a name that is cut off", "06 02 2b 86", /cut off/],
  ["a number of a name beyond 32 bits", "06 06 2b 9f ff ff ff 7f", /32 bits/],
];
for (const [name, bytes, why] of BROKEN) {
  Deno.test(`snmp codec: refuses ${name}`, () => {
    throws(() => new BerReader(hex(bytes)).value(), refused(why));
  });
}

Deno.test("snmp codec: a name at its limit and one past it", () => {
  const oid = (arcs: number) => tlv(TAG.oid, Uint8Array.from([0x2b, ...Array(arcs - 2).fill(1)]));
  equal(new BerReader(oid(SWITCH_LIMITS.oidArcs)).oid().split(".").length, SWITCH_LIMITS.oidArcs);
  throws(() => new BerReader(oid(SWITCH_LIMITS.oidArcs + 1)).oid(), refused(/over 128/));
});

Deno.test("snmp codec: values at their depth and one past it", () => {
  const nest = (levels: number) => {
    let bytes = tlv(TAG.sequence);
    for (let level = 1; level < levels; level++) bytes = tlv(TAG.sequence, bytes);
    let reader = new BerReader(bytes);
    for (let level = 0; level < levels; level++) reader = reader.enter(TAG.sequence);
  };
  nest(SWITCH_LIMITS.depth);
  throws(() => nest(SWITCH_LIMITS.depth + 1), refused(/8 deep/));
});

Deno.test("snmp codec: lengths of one, two and three octets", () => {
  for (const length of [0, 127, 128, 255, 256, 5_000]) {
    equal(new BerReader(tlv(TAG.octets, new Uint8Array(length))).octets().length, length);
  }
});

const QUESTION: Pdu = {
  kind: "bulk",
  requestId: 77,
  first: 0,
  second: 24,
  bindings: [{ oid: "1.3.6.1.2.1.2.2.1.2", value: { kind: "nothing" } }],
};

Deno.test("snmp codec: a question of SNMPv2c, octet by octet", () => {
  const bytes = encodeV2c("read", QUESTION);
  const expected = "30 25 02 01 01 04 04 72656164 a5 1a 02 01 4d 02 01 00 02 01 18 " +
    "30 0f 30 0d 06 09 2b 06 01 02 01 02 02 01 02 05 00";
  equal(bytes.toHex(), hex(expected).toHex());
  deepEqual(decodeV2c(bytes), { community: "read", pdu: QUESTION });
});

const message = (...parts: Uint8Array[]) => tlv(TAG.sequence, ...parts);
const COMMUNITY = tlv(TAG.octets, hex("72 65 61 64"));
const ANSWER = answerPdu(0xa2, { requestId: 1, rows: [["1.3.6.1", numberValue(3)]] });

const BAD_V2C: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ["another version", message(writeInteger(0), COMMUNITY, ANSWER), /version number 0, wanted 1/],
  [
    "something behind the message",
    Uint8Array.from([...message(writeInteger(1), COMMUNITY, ANSWER), 0]),
    /1 octets follow/,
  ],
  ["something behind the answer", message(writeInteger(1), COMMUNITY, ANSWER, writeInteger(1)), /3 octets follow/],
  ["a message that writes", message(writeInteger(1), COMMUNITY, tlv(0xa3, writeInteger(1))), /kind 0xa3/],
  ["no community", message(writeInteger(1), writeInteger(1), ANSWER), /0x2 where 0x4/],
  ["no sequence", tlv(0x31, writeInteger(1)), /0x31 where 0x30/],
];
for (const [name, bytes, why] of BAD_V2C) {
  Deno.test(`snmp codec: SNMPv2c with ${name}`, () => throws(() => decodeV2c(bytes), refused(why)));
}

Deno.test("snmp codec: as many values as a message may have, and one more", () => {
  const rows = (count: number) => Array.from({ length: count }, (_, at) => [`1.3.${at}`, numberValue(1)] as const);
  const made = (count: number) =>
    message(writeInteger(1), COMMUNITY, answerPdu(0xa2, { requestId: 1, rows: rows(count) }));
  equal(decodeV2c(made(SWITCH_LIMITS.bindings)).pdu.bindings.length, SWITCH_LIMITS.bindings);
  throws(() => decodeV2c(made(SWITCH_LIMITS.bindings + 1)), refused(/more than 512 values/));
});

Deno.test("snmp codec: a message at its length and one past it", () => {
  const made = (bytes: number) => {
    const empty = message(writeInteger(1), tlv(TAG.octets, new Uint8Array(1_000)), ANSWER).length - 1_000;
    return message(writeInteger(1), tlv(TAG.octets, new Uint8Array(bytes - empty)), ANSWER);
  };
  equal(made(SWITCH_LIMITS.messageBytes).length, SWITCH_LIMITS.messageBytes);
  decodeV2c(made(SWITCH_LIMITS.messageBytes));
  throws(() => decodeV2c(made(SWITCH_LIMITS.messageBytes + 1)), refused(/16385 octets, at most 16384/));
});

const HEAD = {
  messageId: 9,
  isAuthenticated: true,
  isEncrypted: false,
  engineId: hex("80001f8804"),
  boots: 3,
  time: 500,
  user: "reader",
};

Deno.test("snmp codec: SNMPv3 there and back, with the place of its authentication", () => {
  const scoped = encodeScoped(HEAD.engineId, QUESTION);
  const { bytes, authenticationAt } = encodeV3(HEAD, scoped, {
    authenticationBytes: 24,
    salt: hex("0102030405060708"),
  });
  bytes.set(new Uint8Array(24).fill(0xaa), authenticationAt);
  const read = decodeV3(bytes);
  equal(read.authenticationAt, authenticationAt);
  deepEqual([...read.authentication], Array(24).fill(0xaa));
  deepEqual([read.user, read.boots, read.time, read.messageId], ["reader", 3, 500, 9]);
  deepEqual([read.isAuthenticated, read.isEncrypted], [true, false]);
  deepEqual(read.salt.toHex(), "0102030405060708");
  deepEqual(decodeScoped(read.data), QUESTION);
});

Deno.test("snmp codec: an encrypted part stays as it is", () => {
  const { bytes } = encodeV3({ ...HEAD, isEncrypted: true }, hex("deadbeef"), {
    authenticationBytes: 12,
    salt: hex("00"),
  });
  const read = decodeV3(bytes);
  deepEqual([read.isEncrypted, read.data.toHex()], [true, "deadbeef"]);
});

Deno.test("snmp codec: SNMPv3 of another security model, with broken flags or of another version", () => {
  const { bytes } = encodeV3(HEAD, encodeScoped(HEAD.engineId, QUESTION), { authenticationBytes: 0, salt: hex("") });
  const global = new BerReader(bytes).enter(TAG.sequence);
  global.number();
  const at = global.at;
  const changed = (offset: number, value: number) => {
    const copy = Uint8Array.from(bytes);
    copy[at + offset] = value;
    return copy;
  };
  const model = bytes[at + 1]! + 1; // the last octet of the global part
  throws(() => decodeV3(changed(model, 2)), refused(/security model/));
  throws(() => decodeV2c(bytes), refused(/version number 3, wanted 1/));
  throws(() => decodeScoped(hex("30 00")), refused(/ends where/));
});

import assert from "node:assert/strict";
import { ProtocolError } from "../core/errors.ts";
import { mutate } from "../../tests/support/mutate.ts";
import {
  addressBytes,
  addressOption,
  addressText,
  decodeMessage,
  type DhcpMessage,
  encodeMessage,
  hex,
  replyRoom,
  textOption,
  typeOf,
} from "./codec.ts";
import { decodeRelayInfo, encodeRelayInfo } from "./codec_relay_info.ts";
import { DHCP_LIMITS } from "./limits.ts";
import { OPTION } from "./options.ts";

/** A DISCOVER as udhcpc 1.35 sends it: fixed part, cookie, options, padding to 300 bytes. */
function discoverBytes(options: readonly number[] = UDHCPC): Uint8Array {
  const bytes = new Uint8Array(Math.max(300, 240 + options.length));
  bytes.set([1, 1, 6, 0, 0x39, 0x03, 0xf3, 0x26, 0, 7, 0x80, 0]);
  bytes.set([0x02, 0, 0, 0, 1, 2], 28);
  bytes.set([0x63, 0x82, 0x53, 0x63], 236);
  bytes.set(options, 240);
  return bytes;
}

const UDHCPC = [
  ...[53, 1, 1, 61, 7, 1, 2, 0, 0, 0, 1, 2, 50, 4, 10, 20, 0, 11, 57, 2, 2, 0x40],
  ...[55, 7, 1, 3, 6, 12, 15, 28, 42, 60, 5, 0x75, 0x64, 0x68, 0x63, 0x70, 12, 3, 0x63, 0x70, 0x31, 255],
];

const REPLY: DhcpMessage = {
  op: "reply",
  hops: 0,
  xid: 0x3903f326,
  secs: 0,
  broadcast: true,
  ciaddr: 0,
  yiaddr: 0x0a14000b,
  siaddr: 0,
  giaddr: 0x0a140001,
  chaddr: "02:00:00:00:01:02",
  options: new Map<number, Uint8Array>([
    [OPTION.messageType, Uint8Array.of(2)],
    [OPTION.serverId, addressBytes(0x0a140001)],
  ]),
};

Deno.test("dhcp codec: reads a DISCOVER of udhcpc", () => {
  const message = decodeMessage(discoverBytes());
  const { options, ...fixed } = message;
  assert.deepEqual(fixed, {
    op: "request",
    hops: 0,
    xid: 0x3903f326,
    secs: 7,
    broadcast: true,
    ciaddr: 0,
    yiaddr: 0,
    siaddr: 0,
    giaddr: 0,
    chaddr: "02:00:00:00:01:02",
  });
  assert.equal(typeOf(message), "discover");
  assert.equal(addressOption(message, OPTION.requestedAddress), 0x0a14000b);
  assert.equal(textOption(message, OPTION.vendorClass), "udhcp");
  assert.equal(textOption(message, OPTION.hostname), "cp1");
  assert.deepEqual([...options.get(OPTION.parameterList)!], [1, 3, 6, 12, 15, 28, 42]);
  assert.equal(hex(options.get(OPTION.clientId)!), "01020000000102");
});

Deno.test("dhcp codec: a reply has the fields of RFC 2131 in their places", () => {
  const { bytes, left } = encodeMessage(REPLY);
  assert.equal(bytes.length, DHCP_LIMITS.replyBytesMin);
  assert.deepEqual(left, []);
  assert.equal(
    hex(bytes.subarray(0, 34)),
    "02010600" + "3903f326" + "00008000" + "00000000" + "0a14000b" + "00000000" + "0a140001" + "020000000102",
  );
  assert.equal(hex(bytes.subarray(236, 251)), "63825363" + "350102" + "36040a140001" + "ff00");
});

Deno.test("dhcp codec: what is written is read again", () => {
  const options = new Map([...REPLY.options, [OPTION.dns, addressBytes(1, 2, 0xffffffff)], [
    43,
    Uint8Array.of(0, 255, 1),
  ]]);
  const message = { ...REPLY, hops: 3, secs: 65_535, broadcast: false, ciaddr: 0xfffffffe, options };
  assert.deepEqual(decodeMessage(encodeMessage(message).bytes), message);
});

Deno.test("dhcp codec: a long option is cut and put together again (RFC 3396)", () => {
  for (const length of [0, 254, 255, 256, 510, 700]) {
    const value = Uint8Array.from({ length }, (_, at) => at);
    const options = new Map([...REPLY.options, [43, value]]);
    const { bytes } = encodeMessage({ ...REPLY, options }, DHCP_LIMITS.messageBytesMax);
    assert.deepEqual(decodeMessage(bytes).options.get(43), value, `${length} bytes`);
  }
});

Deno.test("dhcp codec: options that do not fit are left out, the important ones first, option 82 never", () => {
  const relay = encodeRelayInfo([[1, new Uint8Array(200)]]);
  const options = new Map([
    [OPTION.relayInfo, relay],
    [125, new Uint8Array(200)],
    [OPTION.router, addressBytes(1)],
    [43, new Uint8Array(80)],
    ...REPLY.options,
  ]);
  const { bytes, left } = encodeMessage({ ...REPLY, options });
  assert.ok(bytes.length <= DHCP_LIMITS.replyBytes, String(bytes.length));
  assert.deepEqual(left, [125]);
  const back = decodeMessage(bytes).options;
  assert.deepEqual([...back.keys()], [OPTION.messageType, OPTION.serverId, OPTION.router, 43, OPTION.relayInfo]);
  assert.equal(bytes[bytes.length - 1], 255, "the end mark stands last");
});

Deno.test("dhcp codec: a reply fills its room to the last byte and no further", () => {
  const used = encodeMessage({ ...REPLY, options: new Map([...REPLY.options, [43, new Uint8Array(255)]]) });
  assert.deepEqual(used.left, []);
  const room = 241 + 3 + 6 + 257;
  const options = new Map([...REPLY.options, [43, new Uint8Array(255)]]);
  assert.deepEqual(encodeMessage({ ...REPLY, options }, room).left, []);
  assert.deepEqual(encodeMessage({ ...REPLY, options }, room - 1).left, [43]);
});

Deno.test("dhcp codec: options in file and sname are read where option 52 says so", () => {
  const bytes = discoverBytes([52, 1, 3, 53, 1, 1, 255]);
  bytes.set([12, 2, 0x61, 0x62, 255], 108);
  bytes.set([60, 1, 0x78, 255], 44);
  const message = decodeMessage(bytes);
  assert.deepEqual([textOption(message, 12), textOption(message, 60)], ["ab", "x"]);
  const without = discoverBytes([53, 1, 1, 255]);
  without.set([12, 2, 0x61, 0x62, 255], 108);
  assert.equal(textOption(decodeMessage(without), 12), undefined);
});

for (
  const [what, bytes] of [
    ["239 bytes", discoverBytes().subarray(0, 239)],
    ["1473 bytes", new Uint8Array(1_473)],
    ["op 3", discoverBytes().with(0, 3)],
    ["another hardware type", discoverBytes().with(1, 6)],
    ["a hardware address of 16 bytes", discoverBytes().with(2, 16)],
    ["no cookie", discoverBytes().with(236, 0)],
    ["an option without a length", new Uint8Array([...discoverBytes().subarray(0, 240), 53])],
    ["an option beyond the end", new Uint8Array([...discoverBytes().subarray(0, 240), 53, 2, 1])],
  ] as const
) {
  Deno.test(`dhcp codec: ${what} is refused`, () => {
    assert.throws(
      () => decodeMessage(bytes),
      (error) => error instanceof ProtocolError && error.code === "DHCP_MALFORMED",
    );
  });
}

Deno.test("dhcp codec: messages of the shortest and longest length are read", () => {
  assert.equal(decodeMessage(discoverBytes([]).subarray(0, DHCP_LIMITS.messageBytesMin)).options.size, 0);
  const longest = new Uint8Array(DHCP_LIMITS.messageBytesMax);
  longest.set(discoverBytes());
  assert.equal(typeOf(decodeMessage(longest)), "discover");
});

Deno.test("dhcp codec: cut at every byte, a message is read or refused", () => {
  const whole = discoverBytes().subarray(0, 240 + UDHCPC.length);
  let refused = 0;
  for (let length = 0; length < whole.length; length++) {
    try {
      decodeMessage(whole.subarray(0, length));
    } catch (error) {
      assert.ok(error instanceof ProtocolError);
      refused++;
    }
  }
  assert.ok(refused >= 240 + 20, `${refused} refused`);
});

Deno.test("dhcp codec: a type of another length or number is none", () => {
  const typed = (...value: number[]) => typeOf({ ...REPLY, options: new Map([[53, Uint8Array.from(value)]]) });
  assert.deepEqual([typed(8), typed(9), typed(0), typed(1, 1), typed()], [
    ...["inform", undefined, undefined, undefined, undefined],
  ]);
});

Deno.test("dhcp codec: text for people is bounded and printable", () => {
  const text = (bytes: Uint8Array) => textOption({ ...REPLY, options: new Map([[12, bytes]]) }, 12);
  assert.equal(text(Uint8Array.of(0x61, 0, 0x1b, 0x7f, 0xff)), "a????");
  assert.equal(text(new Uint8Array(0)), undefined);
  assert.equal(text(new Uint8Array(DHCP_LIMITS.textChars).fill(0x61))!.length, DHCP_LIMITS.textChars);
  assert.equal(text(new Uint8Array(DHCP_LIMITS.textChars + 1).fill(0x61))!.length, DHCP_LIMITS.textChars);
});

Deno.test("dhcp codec: the room of a reply follows option 57, within what is sane", () => {
  const room = (...value: number[]) => replyRoom({ ...REPLY, options: new Map([[57, Uint8Array.from(value)]]) });
  assert.deepEqual([room(), room(2, 0x40), room(5, 0xdc), room(0, 0), room(255, 255)], [548, 548, 1_472, 548, 1_472]);
});

Deno.test("dhcp codec: addresses for people", () => {
  assert.deepEqual([0, 0x0a14000b, 0xffffffff].map(addressText), ["0.0.0.0", "10.20.0.11", "255.255.255.255"]);
});

Deno.test("dhcp codec: 10,000 mutated messages are read, and written again, or refused (seed 21)", () => {
  const originals = [discoverBytes(), encodeMessage(REPLY).bytes, discoverBytes([52, 1, 3, ...UDHCPC])];
  let read = 0;
  for (const bytes of mutate(originals, { count: 10_000, seed: 21 })) {
    try {
      const message = decodeMessage(bytes);
      read++;
      assert.ok(encodeMessage(message).bytes.length <= DHCP_LIMITS.messageBytesMax);
      const relay = message.options.get(OPTION.relayInfo);
      if (relay) decodeRelayInfo(relay);
    } catch (error) {
      assert.ok(error instanceof ProtocolError, String(error));
    }
  }
  assert.ok(read > 1_000, `only ${read} were still messages`);
});

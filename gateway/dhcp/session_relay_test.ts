import assert, { deepStrictEqual as equal } from "node:assert/strict";
import { addressBytes, decodeMessage, encodeMessage, numberBytes } from "./codec.ts";
import { decodeRelayInfo } from "./codec_relay_info.ts";
import { DHCP_LIMITS } from "./limits.ts";
import { MESSAGE_TYPES, type MessageType, OPTION } from "./options.ts";
import { type RelayEffect, RelaySession, type RelaySettings } from "./session_relay.ts";
import { ip, macOf, packet } from "./testing/session_rig.ts";

const NOW = { wall: 1_000_000, mono: 0 };
const SETTINGS: RelaySettings = {
  ...{ zone: "ot", self: ip(1), subnet: { from: ip(0), to: ip(255) }, circuitId: "eth1", remoteId: "garage-12" },
  allows: () => (code) => code === OPTION.router,
  judge: () => ({ treatment: "serve", rule: "dhcp.known" }),
};

interface Answer {
  readonly type?: MessageType;
  readonly mac?: string;
  readonly yiaddr?: number;
  readonly giaddr?: number;
  readonly more?: readonly (readonly [number, Uint8Array])[];
}

function answer(
  { type = "ack", mac = macOf(0x11), yiaddr = ip(11), giaddr = ip(1), more = [] }: Answer = {},
): Uint8Array {
  const options = new Map<number, Uint8Array>([
    [OPTION.messageType, Uint8Array.of(MESSAGE_TYPES[type])],
    [OPTION.serverId, addressBytes(ip(1))],
    [OPTION.leaseSeconds, numberBytes(600)],
    ...more,
  ]);
  return encodeMessage({
    ...{
      op: "reply",
      hops: 0,
      xid: 7,
      secs: 0,
      broadcast: false,
      ciaddr: 0,
      yiaddr,
      siaddr: 0,
      giaddr,
      chaddr: mac,
      options,
    },
  }).bytes;
}

const kinds = (effects: readonly RelayEffect[]) => effects.map((effect) => effect.do);

Deno.test("dhcp relay: a message goes on with the gateway's address, one hop more, and option 82 in standard fields", () => {
  const [effect] = new RelaySession(SETTINGS).receive(packet({ hostname: "cp1" }), false, NOW);
  assert.ok(effect?.do === "forward");
  const message = decodeMessage(effect.bytes);
  equal([message.giaddr, message.hops, message.chaddr], [ip(1), 1, macOf(0x11)]);
  const info = decodeRelayInfo(message.options.get(OPTION.relayInfo)!);
  const text = (code: number) => new TextDecoder().decode(info.get(code));
  equal([text(1), text(2)], ["eth1", "garage-12"]);
  equal([info.get(5), info.get(10), info.get(11)], [addressBytes(ip(0)), Uint8Array.of(0), addressBytes(ip(1))]);
  equal(new TextDecoder().decode(message.options.get(OPTION.hostname)), "cp1");
});

Deno.test("dhcp relay: a unicast renewal is marked as one (RFC 5010)", () => {
  const [effect] = new RelaySession(SETTINGS).receive(packet({ type: "request", ciaddr: ip(11) }), true, NOW);
  assert.ok(effect?.do === "forward");
  equal(decodeRelayInfo(decodeMessage(effect.bytes).options.get(OPTION.relayInfo)!).get(10), Uint8Array.of(0x80));
});

Deno.test("dhcp relay: what the policy refuses, and what another relay agent sends, is not forwarded", () => {
  const judge = () => ({ treatment: "ignore", rule: "dhcp.mac-mismatch", reason: "forged" } as const);
  equal(new RelaySession({ ...SETTINGS, judge }).receive(packet(), false, NOW), [
    { do: "refuse", mac: macOf(0x11), rule: "dhcp.mac-mismatch", reason: "forged" },
  ]);
  equal(kinds(new RelaySession(SETTINGS).receive(packet({ giaddr: ip(9) }), false, NOW)), ["refuse"]);
  const { message, ...rest } = packet();
  equal(new RelaySession(SETTINGS).receive({ ...rest, message: { ...message, op: "reply" } }, false, NOW), []);
});

Deno.test("dhcp relay: an answer loses option 82 and what the device may not have, and its lease is remembered", () => {
  const relay = new RelaySession(SETTINGS);
  relay.receive(packet(), false, NOW);
  const more = [[OPTION.relayInfo, Uint8Array.of(1, 1, 7)], [OPTION.tftpServer, Uint8Array.of(97)], [
    OPTION.router,
    addressBytes(ip(1)),
  ]] as const;
  const [send, learn] = relay.answered(answer({ more }), NOW);
  assert.ok(send?.do === "send" && learn?.do === "learn");
  equal([...send.reply.message.options.keys()].sort((a, b) => a - b), [
    ...[OPTION.router, OPTION.leaseSeconds, OPTION.messageType, OPTION.serverId],
  ]);
  equal([send.reply.message.giaddr, send.reply.to], [0, { mac: macOf(0x11), address: ip(11), port: 68 }]);
  equal(learn.lease, {
    ...{ zone: "ot", address: ip(11), mac: macOf(0x11), state: "bound", kind: "relayed" },
    ...{ since: NOW.wall, renewedAt: NOW.wall, expiresAt: NOW.wall + 600_000 },
  });
});

for (
  const [name, said, type, to] of [
    ["to all when the device wants it", { broadcast: true }, "offer", {
      mac: "ff:ff:ff:ff:ff:ff",
      address: 0xffffffff,
      port: 68,
    }],
    ["a refusal to all", {}, "nak", { mac: "ff:ff:ff:ff:ff:ff", address: 0xffffffff, port: 68 }],
    ["a renewal where it came from", { type: "request", ciaddr: ip(11) }, "ack", {
      mac: macOf(0x11),
      address: ip(11),
      port: 68,
    }],
  ] as const
) {
  Deno.test(`dhcp relay: an answer goes ${name}`, () => {
    const relay = new RelaySession(SETTINGS);
    relay.receive(packet(said), false, NOW);
    const [send] = relay.answered(answer({ type, yiaddr: type === "nak" ? 0 : ip(11) }), NOW);
    assert.ok(send?.do === "send");
    equal(send.reply.to, to);
  });
}

for (
  const [name, given, gives] of [
    ["that nobody asked for", { mac: macOf(0x12) }, []],
    ["that is a client's word", { type: "discover" }, []],
    ["with an address of another network", { yiaddr: 0xc0a80005 }, ["refuse"]],
    ["with this box's own address", { yiaddr: ip(1) }, ["refuse"]],
    ["for another relay agent", { giaddr: ip(9) }, ["refuse"]],
  ] as const
) {
  Deno.test(`dhcp relay: an answer ${name} reaches no device`, () => {
    const relay = new RelaySession(SETTINGS);
    relay.receive(packet(), false, NOW);
    equal(kinds(relay.answered(answer(given), NOW)), gives);
  });
}

Deno.test("dhcp relay: an ACK is taken once, an OFFER as often as servers send it, and nothing after its time", () => {
  const relay = new RelaySession(SETTINGS);
  relay.receive(packet(), false, NOW);
  equal([1, 2].map(() => relay.answered(answer({ type: "offer" }), NOW).length), [1, 1]);
  equal([1, 2].map(() => relay.answered(answer(), NOW).length), [2, 0]);
  relay.receive(packet(), false, NOW);
  const late = { wall: 0, mono: DHCP_LIMITS.relayedMs + 1 };
  equal(relay.answered(answer(), late), []);
});

for (const type of ["release", "decline"] as const) {
  Deno.test(`dhcp relay: an answer to a ${type}, which no server gives, reaches no device and is not remembered`, () => {
    const relay = new RelaySession(SETTINGS);
    relay.receive(packet({ type, ciaddr: ip(11), requested: ip(11) }), true, NOW);
    equal(relay.answered(answer(), NOW), []);
  });
}

Deno.test("dhcp relay: questions at the limit are remembered, one past it the oldest is forgotten", () => {
  const relay = new RelaySession(SETTINGS);
  const mac = (at: number) =>
    `02:01:00:00:${(at >> 8).toString(16).padStart(2, "0")}:${(at & 255).toString(16).padStart(2, "0")}`;
  for (let at = 0; at < DHCP_LIMITS.relayed; at++) relay.receive(packet({ mac: mac(at) }), false, NOW);
  equal(relay.answered(answer({ mac: mac(0), type: "offer" }), NOW).length, 1);
  relay.receive(packet({ mac: mac(60_000) }), false, NOW);
  equal(relay.answered(answer({ mac: mac(0), type: "offer" }), NOW).length, 0);
  relay.tick({ wall: 0, mono: DHCP_LIMITS.relayedMs + 1 });
  equal(relay.answered(answer({ mac: mac(1), type: "offer" }), NOW).length, 0);
});

Deno.test("dhcp relay: a release goes on and is told of, with the address that the device names; nothing else is", () => {
  const session = new RelaySession(SETTINGS);
  const released = session.receive(packet({ type: "release", ciaddr: ip(11) }), true, NOW);
  equal(kinds(released), ["forward", "released"]);
  equal(released[1], { do: "released", mac: macOf(0x11), address: ip(11) });
  equal(kinds(session.receive(packet({ type: "release" }), true, NOW)), ["forward"]);
  for (const type of ["discover", "request", "decline", "inform"] as const) {
    equal(kinds(session.receive(packet({ type, ciaddr: ip(11) }), true, NOW)), ["forward"], type);
  }
});

import assert, { deepStrictEqual as equal } from "node:assert/strict";
import { addressBytes, decodeMessage, encodeMessage } from "./codec.ts";
import { decodeRelayInfo, encodeRelayInfo } from "./codec_relay_info.ts";
import { DHCP_LIMITS } from "./limits.ts";
import { MESSAGE_TYPES, OPTION, RELAY } from "./options.ts";
import { type ConcentratorEffect, type ConcentratorGateway, ConcentratorSession } from "./session_concentrator.ts";
import { ip, macOf } from "./testing/session_rig.ts";

const SELF = 0x0a320001;
const GATEWAY: ConcentratorGateway = { name: "garage-12", subnets: [{ from: ip(0), to: ip(255) }] };

interface Asked {
  readonly remoteId?: string;
  readonly link?: number;
  readonly giaddr?: number;
  readonly hops?: number;
  readonly op?: "request" | "reply";
  readonly mac?: string;
}

function asked(
  { remoteId = "garage-12", link = ip(0), giaddr = ip(1), hops = 1, op = "request", mac = macOf(1) }: Asked = {},
) {
  const info = encodeRelayInfo([
    [RELAY.remoteId, new TextEncoder().encode(remoteId)],
    [RELAY.linkSelection, addressBytes(link)],
  ]);
  const options = new Map<number, Uint8Array>([
    [OPTION.messageType, Uint8Array.of(MESSAGE_TYPES.discover)],
    [OPTION.relayInfo, info],
  ]);
  return encodeMessage({
    ...{ op, hops, xid: 9, secs: 0, broadcast: false, ciaddr: 0, yiaddr: 0, siaddr: 0, giaddr, chaddr: mac, options },
  }).bytes;
}

function answer(yiaddr = ip(60), mac = macOf(1)) {
  const options = new Map([[OPTION.messageType, Uint8Array.of(MESSAGE_TYPES.offer)]]);
  return encodeMessage({
    ...{
      op: "reply",
      hops: 0,
      xid: 9,
      secs: 0,
      broadcast: false,
      ciaddr: 0,
      yiaddr,
      siaddr: 0,
      giaddr: SELF,
      chaddr: mac,
      options,
    },
  }).bytes;
}

const rules = (effects: readonly ConcentratorEffect[]) =>
  effects.map((effect) => effect.do === "refuse" ? effect.rule : effect.do);

Deno.test("dhcp concentrator: a question goes on in its own name, the choice of the subnet stays", () => {
  const [effect] = new ConcentratorSession(SELF, 67).asked(1, GATEWAY, asked(), 0);
  assert.ok(effect?.do === "ask");
  const message = decodeMessage(effect.bytes);
  const info = decodeRelayInfo(message.options.get(OPTION.relayInfo)!);
  equal([message.giaddr, message.hops, info.get(RELAY.linkSelection), info.has(RELAY.sourcePort)], [
    ...[SELF, 2, addressBytes(ip(0)), false],
  ]);
});

Deno.test("dhcp concentrator: on another port than 67 it says so (RFC 8357)", () => {
  const [effect] = new ConcentratorSession(SELF, 10_067).asked(1, GATEWAY, asked(), 0);
  assert.ok(effect?.do === "ask");
  const info = decodeRelayInfo(decodeMessage(effect.bytes).options.get(OPTION.relayInfo)!);
  equal(info.get(RELAY.sourcePort), new Uint8Array(0));
});

for (
  const [name, said, rule] of [
    ["in another gateway's name", { remoteId: "garage-13" }, "concentrator.remote-id"],
    ["without a name", { remoteId: "" }, "concentrator.remote-id"],
    ["for another subnet", { link: 0x0a150000 }, "concentrator.subnet"],
    ["from an address of another subnet", { giaddr: 0x0a150001 }, "concentrator.subnet"],
    ["after 16 relay agents", { hops: 16 }, "concentrator.hops"],
    ["that is an answer", { op: "reply" }, "concentrator.message"],
  ] as const
) {
  Deno.test(`dhcp concentrator: a question ${name} is refused by ${rule}`, () => {
    equal(rules(new ConcentratorSession(SELF, 67).asked(1, GATEWAY, asked(said), 0)), [rule]);
  });
}

Deno.test("dhcp concentrator: an answer goes back to who asked, to its own address", () => {
  const session = new ConcentratorSession(SELF, 67);
  session.asked(1, GATEWAY, asked(), 0);
  session.asked(
    2,
    { name: "garage-13", subnets: [{ from: 0x0a150000, to: 0x0a1500ff }] },
    asked({
      ...{ remoteId: "garage-13", link: 0x0a150000, giaddr: 0x0a150001, mac: macOf(2) },
    }),
    0,
  );
  const [effect] = session.answered(answer(), 0);
  assert.ok(effect?.do === "answer");
  equal([effect.connection, decodeMessage(effect.bytes).giaddr], [1, ip(1)]);
  equal(rules(session.answered(answer(ip(60), macOf(2)), 0)), ["concentrator.answer"], "an address of garage-12");
  equal(session.answered(answer(ip(60), macOf(3)), 0), [], "nobody asked");
  equal(session.answered(asked(), 0), [], "no answer");
});

Deno.test("dhcp concentrator: an answer that comes too late, or to a question forgotten for room, goes nowhere", () => {
  const session = new ConcentratorSession(SELF, 67);
  const mac = (at: number) =>
    `02:01:00:00:${(at >> 8).toString(16).padStart(2, "0")}:${(at & 255).toString(16).padStart(2, "0")}`;
  for (let at = 0; at < DHCP_LIMITS.relayed; at++) session.asked(1, GATEWAY, asked({ mac: mac(at) }), 0);
  equal(session.answered(answer(ip(60), mac(0)), 0).length, 1);
  session.asked(1, GATEWAY, asked({ mac: mac(60_000) }), 0);
  equal(session.answered(answer(ip(60), mac(0)), 0), []);
  equal(session.answered(answer(ip(60), mac(1)), DHCP_LIMITS.relayedMs + 1), []);
  session.tick(DHCP_LIMITS.relayedMs + 1);
  equal(session.answered(answer(ip(60), mac(1)), 0), []);
});

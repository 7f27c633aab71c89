import { deepStrictEqual as equal, throws } from "node:assert/strict";
import { DHCP_CLASSES, dhcpClassOf, OTHER_DEVICES, QUARANTINED } from "../../profiles/dhcp_classes.ts";
import type { Lease } from "../core/dhcp_api.ts";
import { decodeMessage, encodeMessage, replyRoom, textOption } from "./codec.ts";
import { encodeRelayInfo } from "./codec_relay_info.ts";
import { deviceOptions } from "./device_options.ts";
import { KnownDevices } from "./known_devices.ts";
import { LeaseTable } from "./lease.ts";
import { DHCP_LIMITS } from "./limits.ts";
import { OPTION, RELAY } from "./options.ts";
import { believesRelayInfo, judgePacket } from "./policy.ts";
import { fingerprintOf } from "./session_asker.ts";
import { Offers } from "./session_offers.ts";
import { datagram, zoneConfig } from "./testing/engine_rig.ts";
import { inShort, ip, macOf, packet, SessionRig } from "./testing/session_rig.ts";

const device = (vendor?: string) => ({ name: "d", isStation: true, ...vendor === undefined ? {} : { vendor } });
const codes = (options: ReadonlyMap<number, Uint8Array>) => [...options.keys()].sort((a, b) => a - b);

const FURTHER = [
  { code: OPTION.vendorSpecific, hex: "01" },
  { code: OPTION.tftpServer, hex: "02" },
  { code: 150, hex: "03" },
  { vendor: "Bender", code: OPTION.vendorInformation, hex: "04" },
];
const CLASSES: readonly (readonly [string, string | undefined, readonly number[]])[] = [
  ["a bender station", "bender", [1, 3, 6, 15, 28, 42, 43, 125]],
  ["the same in another case", "BENDER", [1, 3, 6, 15, 28, 42, 43, 125]],
  ["a schneider station", "schneider", [1, 3, 6, 15, 28, 42, 43, 66]],
  ["a station of another vendor", "alfen", [1, 3, 6, 15, 28, 42, 43, 66]],
  ["a device without a vendor", undefined, [1, 3, 6, 15, 28, 42, 43, 66]],
];
for (const [name, vendor, wanted] of CLASSES) {
  Deno.test(`dhcp options: ${name} gets what its class may have, and nothing else that is configured`, () => {
    const options = deviceOptions(zoneConfig({ domain: "ot.example", options: FURTHER }));
    equal(codes(options(device(vendor), "reservation")), wanted);
  });
}

Deno.test("dhcp options: in quarantine there is a mask and a broadcast address, whatever the device is", () => {
  const options = deviceOptions(zoneConfig({ options: FURTHER }));
  equal(codes(options({ ...device("bender"), hostname: "h" }, "quarantine")), [1, 28]);
});

Deno.test("dhcp options: a host name is the device's own, and lists that are empty are left out", () => {
  const options = deviceOptions(zoneConfig({ router: [], dns: [], ntp: [] }));
  const named = options({ ...device(), hostname: "cp-1" }, "pool");
  equal([codes(named), new TextDecoder().decode(named.get(OPTION.hostname))], [[1, 12, 28], "cp-1"]);
  equal(codes(options(device(), "pool")), [1, 28], "and nobody else's");
});

for (const [bits, mask] of [[0, 0], [8, 0xff000000], [24, 0xffffff00], [30, 0xfffffffc], [32, 0xffffffff]] as const) {
  Deno.test(`dhcp options: the mask of /${bits}`, () => {
    const config = zoneConfig({ subnet: { from: 0, to: 0xffffffff, bits } });
    const value = deviceOptions(config)(undefined, "pool").get(OPTION.subnetMask)!;
    equal(new DataView(value.buffer).getUint32(0), mask);
  });
}

Deno.test("dhcp classes: nobody may be told the gateway's own options by an installer, and quarantine leads nowhere", () => {
  for (const { name, options } of [...DHCP_CLASSES, OTHER_DEVICES]) {
    for (const own of [OPTION.relayInfo, OPTION.overload, OPTION.clientId]) equal(options.includes(own), false, name);
  }
  for (const way of [OPTION.router, OPTION.dns, OPTION.ntp]) equal(QUARANTINED.options.includes(way), false);
  equal(dhcpClassOf("nobody"), OTHER_DEVICES);
});

const KNOWN = new KnownDevices([
  { name: "by mac", isStation: true, mac: "02:00:00:00:00:AA", address: ip(1) },
  { name: "by id", isStation: true, clientId: "FF01" },
  { name: "by port", isStation: true, circuitId: "65746837" },
]);
const FOUND: readonly (readonly [string, Parameters<KnownDevices["find"]>, string | undefined])[] = [
  ["its MAC, in any case", ["02:00:00:00:00:aa", undefined, undefined], "by mac"],
  ["its client id", ["02:00:00:00:00:bb", "ff01", undefined], "by id"],
  ["its port", ["02:00:00:00:00:bb", undefined, "65746837"], "by port"],
  ["its port before its MAC", ["02:00:00:00:00:aa", undefined, "65746837"], "by port"],
  ["its MAC before its client id", ["02:00:00:00:00:aa", "ff01", undefined], "by mac"],
  ["nothing that is known", ["02:00:00:00:00:bb", "ff02", "00"], undefined],
  ["nothing at all", ["", undefined, undefined], undefined],
];
for (const [name, asked, wanted] of FOUND) {
  Deno.test(`dhcp devices: found by ${name}`, () => equal(KNOWN.find(...asked)?.name, wanted));
}

Deno.test("dhcp devices: an address is one device's", () => {
  equal([KNOWN.at(ip(1))?.name, KNOWN.at(ip(2)), KNOWN.macs()], ["by mac", undefined, ["02:00:00:00:00:aa"]]);
});

const info = encodeRelayInfo([[RELAY.circuitId, Uint8Array.of(7)]]);
const JUDGED: readonly (readonly [
  string,
  Parameters<typeof datagram>,
  Parameters<typeof zoneConfig>[0],
  boolean,
  string,
  string,
])[] = [
  ["a station", [{}], {}, true, "serve", "dhcp.known"],
  ["a stranger", [{}], {}, false, "ignore", "dhcp.unknown"],
  ["a stranger to be refused", [{}], { unknown: "nak" }, false, "nak", "dhcp.unknown"],
  ["a stranger for quarantine", [{}], { unknown: "quarantine" }, false, "quarantine", "dhcp.quarantined"],
  ["a station in another's name", [{}, { sourceMac: macOf(9) }], {}, true, "ignore", "dhcp.mac-mismatch"],
  [
    "what a listed relay sends",
    [{ giaddr: ip(9) }, { sourceMac: macOf(9) }],
    { relayAgents: [ip(9)] },
    true,
    "serve",
    "dhcp.known",
  ],
  ["what another relay sends", [{ giaddr: ip(8) }], { relayAgents: [ip(9)] }, true, "ignore", "dhcp.relay-unlisted"],
  ["option 82 of nobody", [{}, { info }], {}, true, "ignore", "dhcp.relay-info"],
  ["option 82 of a trusted switch", [{}, { info }], { trustsSwitches: true }, true, "serve", "dhcp.known"],
];
for (const [name, said, changes, isKnown, treatment, rule] of JUDGED) {
  Deno.test(`dhcp policy: ${name} is judged by ${rule}`, () => {
    const { payload, sourceMac, source } = datagram(...said);
    const judged = judgePacket(zoneConfig(changes), { message: decodeMessage(payload), sourceMac, source }, isKnown);
    equal([judged.treatment, judged.rule], [treatment, rule]);
  });
}

Deno.test("dhcp policy: option 82 is believed of listed relay agents and of trusted switches alone", () => {
  const config = zoneConfig({ relayAgents: [ip(9)] });
  equal([believesRelayInfo(config, ip(9)), believesRelayInfo(config, ip(8)), believesRelayInfo(config, 0)], [
    ...[true, false, false],
  ]);
  equal(believesRelayInfo(zoneConfig({ trustsSwitches: true }), 0), true);
});

const offer = (at: number, more: object = {}) => ({
  ...{ mac: `m${at}`, address: at, kind: "pool" as const, state: "offered" as const, until: 100, asker: at, ...more },
});
Deno.test("dhcp offers: at the limit one more waits its turn, and a newer one of the same device takes the old one's place", () => {
  const offers = new Offers();
  for (let at = 0; at < DHCP_LIMITS.offers; at++) equal(offers.add(offer(at)), true);
  equal(offers.add(offer(DHCP_LIMITS.offers)), false);
  equal(offers.add(offer(0, { address: 99_999 })), true);
  equal([offers.at(0), offers.at(99_999)?.mac, offers.of("m0")?.address], [undefined, "m0", 99_999]);
});

Deno.test("dhcp offers: an address that is held for one is not for another; what is over is forgotten, a probe is told", () => {
  const offers = new Offers();
  offers.add(offer(1));
  equal(offers.add(offer(2, { address: 1 })), false);
  offers.add(offer(3, { state: "probing", until: 50 }));
  equal(offers.due(49), []);
  equal(offers.due(50).map(({ mac }) => mac), ["m3"]);
  equal([offers.due(100).length, offers.of("m1"), offers.of("m3")?.state], [1, undefined, "probing"]);
  offers.remove("m3");
  offers.remove("nobody");
  equal(offers.at(3), undefined);
});

const lease = (address: number, mac: string, more: Partial<Lease> = {}): Lease => ({
  ...{ zone: "ot", address, mac, state: "bound", kind: "pool", since: 0, renewedAt: 1, expiresAt: 100, ...more },
});
Deno.test("dhcp leases: a device has its newest, an address its last; one that is removed is gone by both", () => {
  const table = new LeaseTable([lease(1, "a"), lease(2, "a", { renewedAt: 2 })]);
  equal([table.of("a")?.address, table.size], [2, 2]);
  table.put(lease(2, "b", { renewedAt: 3 }));
  equal([table.of("a"), table.of("b")?.address], [undefined, 2], "whose address went to another has none");
  table.remove(2);
  table.remove(2);
  equal([table.of("b"), table.get(2), table.size], [undefined, undefined, 1]);
});

const FREE: readonly (readonly [string, Partial<Lease> | undefined, string, boolean])[] = [
  ["that nobody had", undefined, "a", true],
  ["that is over", { expiresAt: 50 }, "b", true],
  ["that another has", {}, "b", false],
  ["that it has itself", {}, "a", true],
  ["that was given back", { state: "released" }, "b", true],
  ["that is set aside", { state: "declined" }, "b", false],
  ["that is set aside by its own word", { state: "declined" }, "a", false],
];
for (const [name, more, mac, wanted] of FREE) {
  Deno.test(`dhcp leases: an address ${name} is ${wanted ? "" : "not "}free`, () => {
    equal(new LeaseTable(more ? [lease(1, "a", more)] : []).isFreeFor(mac, 1, 50), wanted);
  });
}

Deno.test("dhcp codec: text of a client is kept to its limit, and what is no text becomes a question mark", () => {
  const text = (length: number) => {
    const more = [[OPTION.hostname, new Uint8Array(length).fill(0x61)]] as const;
    return textOption(packet({ more }).message, OPTION.hostname)?.length;
  };
  equal([text(DHCP_LIMITS.textChars), text(DHCP_LIMITS.textChars + 1), text(0)], [
    ...[DHCP_LIMITS.textChars, DHCP_LIMITS.textChars, undefined],
  ]);
  const more = [[OPTION.hostname, Uint8Array.of(0x3c, 0x0a, 0x7f, 0xc3, 0x41)]] as const;
  equal(textOption(packet({ more }).message, OPTION.hostname), "<???A");
});

for (
  const [name, value, wanted] of [
    ["says nothing", undefined, 548],
    ["takes less than everybody must", Uint8Array.of(0, 100), 548],
    ["takes a frame", Uint8Array.of(5, 220), 1_472],
    ["takes one byte more than a frame", Uint8Array.of(5, 221), 1_472],
    ["takes one byte less", Uint8Array.of(5, 219), 1_471],
    ["says it in three bytes", Uint8Array.of(0, 5, 220), 548],
  ] as const
) {
  Deno.test(`dhcp codec: a client that ${name} gets at most ${wanted} bytes`, () => {
    const more = value ? [[OPTION.maxSize, value]] as const : [];
    equal(replyRoom(packet({ more }).message), wanted);
  });
}

Deno.test("dhcp codec: a message at the shortest and longest is read, one byte beyond is not", () => {
  const { bytes } = encodeMessage(packet().message);
  const sized = (length: number) => {
    const message = new Uint8Array(length);
    message.set(bytes.subarray(0, Math.min(length, bytes.length)));
    if (length === DHCP_LIMITS.messageBytesMin) return message;
    return message;
  };
  for (const length of [DHCP_LIMITS.messageBytesMin, DHCP_LIMITS.messageBytesMax]) decodeMessage(sized(length));
  for (const length of [DHCP_LIMITS.messageBytesMin - 1, DHCP_LIMITS.messageBytesMax + 1]) {
    throws(() => decodeMessage(sized(length)), /bytes, wanted 240 to 1472/);
  }
});

Deno.test("dhcp session: a fingerprint is the order of what is asked for and the vendor class, bounded", () => {
  const asks = Array.from({ length: 200 }, (_, at) => at % 250 + 1);
  const fingerprint = fingerprintOf(
    packet({ asks, more: [[OPTION.vendorClass, new Uint8Array(300).fill(0x76)]] }).message,
  );
  equal(fingerprint.split(" ").map((part) => part.split(",").length), [64, 1]);
  equal(fingerprint.split(" ")[1]!.length, DHCP_LIMITS.textChars);
  equal(fingerprintOf(packet().message), "");
});

Deno.test("dhcp session: ids of a client are kept to their limit, so that one longer is the same device", () => {
  const known = [{ name: "d", isStation: false, clientId: "61".repeat(DHCP_LIMITS.textChars), address: ip(50) }];
  const rig = new SessionRig({}, { known });
  const more = [[OPTION.clientId, new Uint8Array(DHCP_LIMITS.textChars + 1).fill(0x61)]] as const;
  equal(inShort(rig.say({ mac: macOf(0x44), more })), ["offer .50"]);
});

Deno.test("dhcp session: answers that wait for the disk are bounded; one more is not taken and asks again", () => {
  const count = DHCP_LIMITS.waitingCommits + 1;
  const mac = (at: number) =>
    `02:07:00:00:${(at >> 8).toString(16).padStart(2, "0")}:${(at & 255).toString(16).padStart(2, "0")}`;
  const known = Array.from({ length: count }, (_, at) => ({ name: `d${at}`, isStation: false, mac: mac(at) }));
  const rig = new SessionRig({ pool: { from: ip(0x1000), to: ip(0x4000) }, subnet: { from: ip(0), to: ip(0xffff) } }, {
    known,
  });
  rig.storesAtOnce = false;
  const ask = (at: number) => inShort(rig.say({ mac: mac(at), type: "request", requested: ip(0x1000 + at) })).length;
  for (let at = 0; at < DHCP_LIMITS.waitingCommits; at++) equal(ask(at), 1);
  equal(ask(DHCP_LIMITS.waitingCommits), 0);
  rig.settle();
  equal(ask(DHCP_LIMITS.waitingCommits), 1);
});

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import type { KnownDevice } from "../core/dhcp_api.ts";
import { encodeRelayInfo } from "./codec_relay_info.ts";
import { OPTION, RELAY } from "./options.ts";
import { ServerEngine } from "./server_engine.ts";
import { datagram, EngineRig, FIRST, STRANGER, zoneConfig } from "./testing/engine_rig.ts";
import { ip, KNOWN, macOf } from "./testing/session_rig.ts";
import type { ZoneConfig } from "./worker_config.ts";

function serving(changes: Partial<ZoneConfig> = {}, known: readonly KnownDevice[] = KNOWN) {
  const rig = new EngineRig();
  const engine = new ServerEngine(zoneConfig(changes), rig.tools, [], known, "server");
  return { rig, engine };
}
const REQUEST = { type: "request", server: ip(1), requested: ip(11) } as const;
const kinds = ({ facts }: EngineRig) => facts.map((fact) => fact.kind === "refused" ? fact.rule : fact.kind);

Deno.test("dhcp server: an OFFER, and an ACK that leaves when its lease is on the disk, from this box to the device", async () => {
  const { rig, engine } = serving();
  engine.receive(datagram());
  const [offer] = rig.link.sent;
  equal([offer!.source, offer!.destination, offer!.sourcePort, offer!.destinationPort], [ip(1), ip(11), 67, 68]);
  equal(rig.sent(), [`offer .11 to ${FIRST}`]);
  engine.receive(datagram(REQUEST));
  equal(rig.sent(), [], "not yet stored");
  await rig.settled();
  equal(rig.sent(), [`ack .11 to ${FIRST}`]);
  equal(rig.stored.map(({ address, mac, state }) => [address, mac, state]), [[ip(11), FIRST, "bound"]]);
  equal([engine.leaseCount, engine.knows(FIRST), engine.leaseOf(FIRST)?.address], [1, true, ip(11)]);
  equal(engine.counts, { messages: 2, replies: 2, dropped: 0, malformed: 0 });
});

Deno.test("dhcp server: what the disk does not take is not acknowledged, and is when it takes it again", async () => {
  const { rig, engine } = serving();
  rig.diskFault = new Error("full");
  engine.receive(datagram(REQUEST));
  await rig.settled();
  equal([rig.sent(), engine.leaseCount], [[], 0]);
  rig.diskFault = undefined;
  engine.receive(datagram(REQUEST));
  await rig.settled();
  equal(rig.sent(), [`ack .11 to ${FIRST}`]);
});

Deno.test("dhcp server: a first grant is told of, its renewals are not", async () => {
  const { rig, engine } = serving();
  for (let count = 0; count < 3; count++) {
    engine.receive(datagram(count === 0 ? REQUEST : { type: "request", ciaddr: ip(11) }));
    await rig.settled();
  }
  equal([rig.sent().length, kinds(rig)], [3, ["granted"]]);
});

const bytes = datagram().payload;
const broken = (at: number, value: number) => Uint8Array.from(bytes, (byte, index) => index === at ? value : byte);
const MALFORMED: readonly (readonly [string, Uint8Array])[] = [
  ["nothing", new Uint8Array(0)],
  ["less than a message", bytes.slice(0, 239)],
  ["more than a frame carries", new Uint8Array(1_473)],
  ["another operation", broken(0, 3)],
  ["another kind of hardware", broken(1, 6)],
  ["another length of address", broken(2, 8)],
  ["no cookie", broken(236, 0)],
  ["an option that is cut off", broken(bytes.length - 1, 12)],
];
for (const [name, payload] of MALFORMED) {
  Deno.test(`dhcp server: ${name} is counted and answered by nothing`, () => {
    const { rig, engine } = serving();
    const padded = name.startsWith("an option") ? Uint8Array.of(...bytes.slice(0, 243), 12, 200) : payload;
    engine.receive({ ...datagram(), payload: padded });
    equal([rig.sent(), engine.counts.malformed, engine.counts.messages], [[], 1, 0]);
  });
}

Deno.test("dhcp server: one MAC has twice its rate at once, one message more is dropped, and a report says who it was", () => {
  const { rig, engine } = serving({ perMac: 3 });
  for (let count = 0; count < 6; count++) engine.receive(datagram());
  equal([rig.sent().length, engine.counts.dropped], [6, 0]);
  engine.receive(datagram());
  equal([rig.sent().length, engine.counts.dropped], [0, 1]);
  engine.report();
  engine.report();
  equal(rig.facts, [{ kind: "flood", zone: "ot", dropped: 1, mac: FIRST }]);
  rig.time.advance(1_000);
  engine.receive(datagram());
  equal(rig.sent().length, 1, "and has its rate again");
});

Deno.test("dhcp server: strangers share one rate, and a known device never waits for them", () => {
  const { rig, engine } = serving({ strangers: 2 });
  for (let last = 0x60; last < 0x70; last++) engine.receive(datagram({ mac: macOf(last) }));
  equal(engine.counts.dropped, 12);
  engine.receive(datagram());
  equal(rig.sent(), [`offer .11 to ${FIRST}`]);
});

Deno.test("dhcp server: a listed relay agent speaks for many and is not limited; an unlisted one is refused", () => {
  const listed = serving({ relayAgents: [ip(9)], perMac: 1 });
  for (let count = 0; count < 20; count++) {
    listed.engine.receive(datagram({ giaddr: ip(9) }, { sourceMac: macOf(9) }));
  }
  equal([listed.engine.counts.dropped, listed.rig.sent().length], [0, 20]);
  const { rig, engine } = serving({});
  engine.receive(datagram({ giaddr: ip(9) }, { sourceMac: macOf(9) }));
  equal([rig.sent(), kinds(rig)], [[], ["dhcp.relay-unlisted"]]);
});

const INFO = encodeRelayInfo([[RELAY.circuitId, new TextEncoder().encode("eth7")]]);
const AT_PORT: readonly KnownDevice[] = [{ name: "bay 7", isStation: true, circuitId: "65746837", address: ip(7) }];
Deno.test("dhcp server: option 82 of a switch that is trusted names the port; of any other it is forged", () => {
  const trusted = serving({ trustsSwitches: true }, AT_PORT);
  trusted.engine.receive(datagram({ mac: STRANGER }, { info: INFO }));
  equal(trusted.rig.lastReply().options.get(OPTION.relayInfo), INFO, "it comes back");
  equal(trusted.rig.sent(), [`offer .7 to ${STRANGER}`]);
  const other = serving({}, AT_PORT);
  other.engine.receive(datagram({ mac: STRANGER }, { info: INFO }));
  equal([other.rig.sent(), kinds(other.rig)], [[], ["dhcp.relay-info"]]);
});

Deno.test("dhcp server: option 82 that cannot be read is malformed where it is believed, and not looked at where it is not", () => {
  const info = Uint8Array.of(RELAY.circuitId, 9, 1);
  const believed = serving({ relayAgents: [ip(9)] });
  believed.engine.receive(datagram({ giaddr: ip(9) }, { sourceMac: macOf(9), info }));
  equal([believed.engine.counts.malformed, believed.rig.sent()], [1, []]);
  const { rig, engine } = serving({});
  engine.receive(datagram({}, { info }));
  equal([engine.counts.malformed, kinds(rig)], [0, ["dhcp.relay-info"]]);
});

const REFUSED: readonly (readonly [string, Parameters<typeof datagram>, string])[] = [
  ["in the name of another", [{}, { sourceMac: macOf(0x66) }], "dhcp.mac-mismatch"],
  ["from a group's MAC", [{ mac: "01:00:5e:00:00:01" }], "dhcp.mac-invalid"],
  ["from no MAC at all", [{ mac: "00:00:00:00:00:00" }], "dhcp.mac-invalid"],
  ["after sixteen relay agents", [{}, { hops: 16 }], "dhcp.hops"],
  ["of a stranger", [{ mac: STRANGER }], "dhcp.unknown"],
];
for (const [name, said, rule] of REFUSED) {
  Deno.test(`dhcp server: a message ${name} is told of by ${rule} and not answered`, () => {
    const { rig, engine } = serving();
    engine.receive(datagram(...said));
    equal([rig.sent(), kinds(rig)], [[], [rule]]);
  });
}

Deno.test("dhcp server: fifteen relay agents on the way are not too many", () => {
  const { rig, engine } = serving();
  engine.receive(datagram({}, { hops: 15 }));
  equal(rig.sent(), [`offer .11 to ${FIRST}`]);
});

Deno.test("dhcp server: a new address is asked for by ARP, and given when nobody has it", () => {
  const { rig, engine } = serving({ conflictProbeMs: 200 });
  engine.receive(datagram({ mac: macOf(0x12) }));
  equal([rig.link.probed, rig.sent()], [[ip(100)], []]);
  rig.time.advance(199);
  engine.tick();
  equal(rig.sent(), []);
  rig.time.advance(1);
  engine.tick();
  equal(rig.sent(), [`offer .100 to ${macOf(0x12)}`]);
});

Deno.test("dhcp server: a pool address that somebody claims is set aside on the disk, and the next one is asked for", async () => {
  const { rig, engine } = serving({ conflictProbeMs: 200 });
  engine.receive(datagram({ mac: macOf(0x12) }));
  engine.claimed(ip(100), macOf(0x77));
  await rig.settled();
  equal(rig.stored.map(({ address, state, mac }) => [address, state, mac]), [[ip(100), "declined", macOf(0x77)]]);
  equal([rig.link.probed, kinds(rig)], [[ip(100), ip(101)], ["conflict"]]);
});

Deno.test("dhcp server: an adopted device is served from its next question on, a forgotten lease is free", async () => {
  const { rig, engine } = serving();
  engine.receive(datagram({ mac: STRANGER }));
  equal(rig.sent(), []);
  engine.setKnown([...KNOWN, { name: "meter 2", isStation: false, mac: STRANGER, address: ip(50) }]);
  engine.receive(datagram({ mac: STRANGER }));
  equal(rig.sent(), [`offer .50 to ${STRANGER}`]);
  engine.receive(datagram(REQUEST));
  await rig.settled();
  equal(engine.leaseCount, 1);
  engine.forget([ip(11), ip(77)]);
  equal([engine.leaseCount, engine.knows(FIRST)], [0, false]);
});

Deno.test("dhcp server: without a link nothing is sent and nothing is lost of what was stored", async () => {
  const { rig, engine } = serving({ conflictProbeMs: 200 });
  rig.hasLink = false;
  engine.receive(datagram({ mac: macOf(0x12) }));
  engine.receive(datagram(REQUEST));
  await rig.settled();
  ok(rig.stored.length === 1 && rig.link.sent.length === 0 && rig.link.probed.length === 0);
});

Deno.test("dhcp server: the longest reply is what the client takes; what does not fit is left out, the most needed stays", () => {
  const long = { code: OPTION.tftpServer, hex: "61".repeat(200) };
  const vendor = { code: OPTION.vendorSpecific, hex: "62".repeat(200) };
  const { rig, engine } = serving({ options: [long, vendor] });
  engine.receive(datagram({ mac: macOf(0x12) }));
  const short = rig.lastReply().options;
  equal([short.has(OPTION.vendorSpecific), short.has(OPTION.tftpServer), short.has(OPTION.router)], [
    true,
    false,
    true,
  ]);
  engine.receive(datagram({ mac: macOf(0x13), more: [[OPTION.maxSize, Uint8Array.of(5, 220)]] }));
  equal(rig.lastReply().options.has(OPTION.tftpServer), true);
});

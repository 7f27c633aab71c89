import { deepStrictEqual as equal, match } from "node:assert/strict";
import { FakePacketLinks } from "../../hal/fake_packet_links.ts";
import { Metrics } from "../core/metrics.ts";
import type { Lease } from "../core/dhcp_api.ts";
import { addressBytes, decodeMessage, encodeMessage, typeOf } from "./codec.ts";
import { DHCP_LIMITS } from "./limits.ts";
import { MESSAGE_TYPES, OPTION } from "./options.ts";
import { datagram, EngineRig, FIRST, zoneConfig } from "./testing/engine_rig.ts";
import { ip, KNOWN, macOf } from "./testing/session_rig.ts";
import type { ZoneConfig } from "./worker_config.ts";
import { ZoneService } from "./zone_service.ts";

/** A zone over links that a test plays; `links.refuse` keeps them away. */
function opened(changes: Partial<ZoneConfig> = {}, leases: readonly Lease[] = []) {
  const rig = new EngineRig();
  const links = new FakePacketLinks();
  const counted = new Map<string, number>();
  const metered: string[] = [];
  const metrics = {
    count: (name: string, _: unknown, by = 1) => void counted.set(name, (counted.get(name) ?? 0) + by),
    set: () => {},
  } as unknown as Metrics;
  const { writer, tell, now, log } = rig.tools;
  const config = zoneConfig(changes);
  const zone = new ZoneService(
    config,
    {
      ...{ writer, tell, now, log, clock: rig.time, timers: rig.time, metrics },
      open: (request) => links.open(request),
      random: { bytes: (length: number) => new Uint8Array(length).fill(0xab) } as never,
      onLink: ({ interface: name }) => void metered.push(name),
    },
    leases,
    KNOWN,
  );
  return { rig, links, zone, counted, metered };
}

/** Another server's answer on the wire. */
function foreign(server: number, source = server, type: keyof typeof MESSAGE_TYPES = "offer") {
  const { bytes } = encodeMessage({
    ...{ op: "reply", hops: 0, xid: 1, secs: 0, broadcast: true, ciaddr: 0, yiaddr: ip(77), siaddr: 0, giaddr: 0 },
    chaddr: macOf(0x12),
    options: new Map([
      [OPTION.messageType, Uint8Array.of(MESSAGE_TYPES[type])],
      [OPTION.serverId, addressBytes(server)],
    ]),
  });
  return {
    kind: "datagram" as const,
    datagram: {
      ...{ sourceMac: macOf(0x66), destinationMac: "ff:ff:ff:ff:ff:ff", source, destination: 0xffffffff },
      ...{ sourcePort: 67, destinationPort: 68, payload: bytes },
    },
  };
}

Deno.test("dhcp zone: opens its interface to serve, and says so; a monitor only listens", async () => {
  for (const [mode, serve] of [["server", true], ["monitor", false]] as const) {
    const { links, zone, rig } = opened({ mode });
    equal(zone.away, "not opened yet");
    await zone.start();
    equal(links.opened.map(({ request }) => request), [{ interface: "ot0", serve }]);
    equal([zone.away, rig.facts], [undefined, [{ kind: "link", zone: "ot", isUp: true }]]);
    zone.close();
    equal([links.opened[0]!.isClosed, rig.time.armed], [true, 0]);
  }
});

Deno.test("dhcp zone: a link that is away is told of once per reason, served as soon as it comes, and metered then", async () => {
  const { links, zone, rig, metered } = opened();
  links.refuse = new Error("no interface ot0");
  await zone.start();
  rig.time.advance(DHCP_LIMITS.retryFirstMs);
  await rig.settled();
  equal(rig.facts, [{ kind: "link", zone: "ot", isUp: false, why: "no interface ot0" }]);
  match(JSON.stringify(zone.state()), /"state":"away: no interface ot0"/);
  links.refuse = undefined;
  rig.time.advance(DHCP_LIMITS.retryFirstMs * 4);
  await rig.settled();
  equal(rig.facts.at(-1), { kind: "link", zone: "ot", isUp: true });
  equal(metered, ["ot0"]);
  links.opened[0]!.end("the cable was pulled");
  equal([zone.away, rig.facts.at(-1)?.kind], ["the cable was pulled", "link"]);
  zone.close();
});

Deno.test("dhcp zone: what comes to port 67 is the engine's, an ARP claim too", async () => {
  const { links, zone } = opened({ conflictProbeMs: 200 });
  await zone.start();
  const [link] = links.opened;
  link!.hear({ kind: "datagram", datagram: datagram({ mac: macOf(0x12) }) });
  equal(link!.probed, [ip(100)]);
  link!.hear({ kind: "claim", claim: { address: ip(100), mac: macOf(0x77) } });
  equal(link!.probed, [ip(100), ip(101)]);
  zone.close();
});

Deno.test("dhcp zone: offers that nobody claims leave with the next tick", async () => {
  const { links, zone, rig } = opened({ conflictProbeMs: 200 });
  await zone.start();
  links.opened[0]!.hear({ kind: "datagram", datagram: datagram({ mac: macOf(0x12) }) });
  rig.time.advance(200 + DHCP_LIMITS.tickMs);
  equal(links.opened[0]!.sent.map(({ payload }) => typeOf(decodeMessage(payload))), ["offer"]);
  zone.close();
});

const SENSED: readonly (readonly [string, Partial<ZoneConfig>, ReturnType<typeof foreign>, boolean])[] = [
  ["another server's offer", {}, foreign(ip(66)), true],
  ["another server's ACK", {}, foreign(ip(66), ip(66), "ack"), true],
  ["another server's NAK", {}, foreign(ip(66), ip(66), "nak"), true],
  ["a trusted server's offer", { trustedServers: [ip(66)] }, foreign(ip(66)), false],
  ["an offer in a trusted server's name from elsewhere", { trustedServers: [ip(66)] }, foreign(ip(66), ip(67)), true],
  ["an offer in this box's name from elsewhere", {}, foreign(ip(1), ip(66)), true],
  ["a client's word to port 68", {}, foreign(ip(66), ip(66), "request"), false],
];
for (const mode of ["server", "monitor"] as const) {
  for (const [name, changes, event, isAlarm] of SENSED) {
    Deno.test(`dhcp zone, ${mode}: ${name} is ${isAlarm ? "" : "not "}told of`, async () => {
      const { links, zone, rig } = opened({ ...changes, mode });
      await zone.start();
      links.opened[0]!.hear(event);
      equal(rig.facts.some(({ kind }) => kind === "foreign-server"), isAlarm);
      zone.close();
    });
  }
}

Deno.test("dhcp zone: asks after other servers every rogueProbeSeconds, and never with 0", async () => {
  for (const [seconds, asked] of [[300, 2], [0, 0]] as const) {
    const { links, zone, rig } = opened({ rogueProbeSeconds: seconds });
    await zone.start();
    rig.time.advance(600_000);
    const questions = links.opened[0]!.sent.map(({ payload }) => decodeMessage(payload));
    equal(questions.map((message) => [typeOf(message), message.xid]), Array(asked).fill(["discover", 0xabababab]));
    zone.close();
  }
});

Deno.test("dhcp zone: counts are reported every ten seconds, each message once, with what was dropped", async () => {
  const { links, zone, rig, counted } = opened({ perMac: 1 });
  await zone.start();
  for (let count = 0; count < 3; count++) links.opened[0]!.hear({ kind: "datagram", datagram: datagram() });
  rig.time.advance(20_000);
  equal([...counted], [["bulkhead_dhcp_messages_total", 2], ["bulkhead_dhcp_replies_total", 2]]);
  equal(rig.facts.filter(({ kind }) => kind === "flood").length, 1);
  const { leases, answered, dropped, malformed } = zone.state() as Record<string, number>;
  equal([leases, answered, dropped, malformed], [0, 2, 1, 0]);
  zone.close();
});

Deno.test("dhcp zone: begins with the leases of the disk, and forgets one that a person took away", async () => {
  const lease: Lease = {
    ...{ zone: "ot", address: ip(11), mac: FIRST, state: "bound", kind: "reservation" },
    ...{ since: 0, renewedAt: 0, expiresAt: Date.UTC(2030, 0, 1) },
  };
  const { zone } = opened({}, [lease]);
  equal((zone.state() as { leases: number }).leases, 1);
  zone.forget([ip(11)]);
  equal((zone.state() as { leases: number }).leases, 0);
  zone.close();
});

Deno.test("dhcp zone: a monitor answers nobody and counts nothing", async () => {
  const { links, zone, rig, counted } = opened({ mode: "monitor" });
  await zone.start();
  links.opened[0]!.hear({ kind: "datagram", datagram: datagram() });
  rig.time.advance(10_000);
  equal([links.opened[0]!.sent, counted.size], [[], 0]);
  zone.setKnown([]);
  zone.close();
});

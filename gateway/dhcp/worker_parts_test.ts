import assert, { deepStrictEqual as equal } from "node:assert/strict";
import { FakePacketLink } from "../../hal/fake_packet_links.ts";
import type { PacketLink } from "../../hal/packet_link.ts";
import type { ControlApi } from "../core/control_api.ts";
import type { DhcpFact, Lease } from "../core/dhcp_api.ts";
import { nullLogger } from "../core/log.ts";
import type { Rpc } from "../core/rpc.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { decodeMessage, encodeMessage, typeOf } from "./codec.ts";
import { FactSender } from "./fact_sender.ts";
import { foreignServer, probeServers } from "./foreign_servers.ts";
import { SteadyLink } from "./hald_links.ts";
import { LeaseWriter } from "./lease_writer.ts";
import { DHCP_LIMITS } from "./limits.ts";
import { RateGuard } from "./rate_guard.ts";
import { ip, macOf } from "./testing/session_rig.ts";

/** Control as a test plays it. */
function control(call: (method: string, args: unknown) => Promise<unknown>): Rpc<ControlApi> {
  return { call: call as Rpc<ControlApi>["call"], notify: () => {}, close: () => {} };
}

const lease = (address: number): Lease => ({
  ...{ zone: "ot", address, mac: macOf(1), state: "bound", kind: "pool" },
  ...{ since: 0, renewedAt: 0, expiresAt: 1 },
});

Deno.test("dhcp guard: one MAC has its share and a burst of two seconds, others are not touched", () => {
  const guard = new RateGuard({ perMac: 5, strangers: 1_000 }, 0);
  const passed = (mac: string, now: number) =>
    Array.from({ length: 50 }, () => guard.admit(mac, true, now)).filter(Boolean).length;
  equal([passed("a", 0), passed("b", 0), passed("a", 0), passed("a", 1_000)], [10, 10, 0, 5]);
  equal(guard.report(), { dropped: 40 + 40 + 50 + 45, mac: "a" });
  equal(guard.report(), undefined);
});

Deno.test("dhcp guard: strangers together have one share, familiar devices never compete with them", () => {
  const guard = new RateGuard({ perMac: 10, strangers: 20 }, 0);
  const strangers = Array.from({ length: 500 }, (_, at) => guard.admit(`s${at}`, false, 0)).filter(Boolean).length;
  equal(strangers, 40);
  equal(guard.admit("known", true, 0), true);
});

Deno.test("dhcp guard: sources at the limit are remembered, one past it the oldest is forgotten", () => {
  const guard = new RateGuard({ perMac: 1, strangers: 1e9 }, 0);
  const empty = (mac: string) => [guard.admit(mac, true, 0), guard.admit(mac, true, 0), guard.admit(mac, true, 0)];
  equal(empty("first"), [true, true, false]);
  for (let at = 1; at < DHCP_LIMITS.sources; at++) guard.admit(`m${at}`, true, 0);
  equal(guard.admit("first", true, 0), false, "still remembered");
  for (let at = 0; at < DHCP_LIMITS.sources; at++) guard.admit(`n${at}`, true, 0);
  equal(guard.admit("first", true, 0), true, "forgotten");
});

Deno.test("dhcp guard: of sources at the limit the worst is told, of one past it only the number", () => {
  const drops = (first: number, count: number) => {
    const guard = new RateGuard({ perMac: 1, strangers: 1e9 }, 0);
    for (let at = first; at < first + count; at++) for (let time = 0; time < 3; time++) guard.admit(`m${at}`, true, 0);
    for (let time = 0; time < 9; time++) guard.admit(`m${first + count}`, true, 0);
    return guard.report();
  };
  equal(drops(0, DHCP_LIMITS.remembered - 1), {
    dropped: DHCP_LIMITS.remembered - 1 + 7,
    mac: `m${DHCP_LIMITS.remembered - 1}`,
  });
  const past = drops(0, DHCP_LIMITS.remembered);
  equal([past?.dropped, past?.mac], [DHCP_LIMITS.remembered + 7, "m0"]);
});

Deno.test("dhcp lease writer: what comes during a commit goes in the next one, in order and bounded", async () => {
  const commits: number[][] = [];
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const writer = new LeaseWriter(
    control(async (_, args) => {
      commits.push((args as { leases: Lease[] }).leases.map(({ address }) => address));
      await gates[commits.length - 1]?.promise;
    }),
    (error) => equal(error, undefined),
  );
  const done: number[] = [];
  const add = (address: number) => writer.add(lease(address), (isStored) => isStored && done.push(address));
  add(0);
  await waitFor("the first commit", () => commits.length === 1);
  for (let address = 1; address <= DHCP_LIMITS.commitLeases + 1; address++) add(address);
  equal(done, []);
  gates[0]!.resolve();
  await waitFor("the second commit", () => commits.length === 2);
  equal(done, [0]);
  gates[1]!.resolve();
  await waitFor("all", () => done.length === DHCP_LIMITS.commitLeases + 2);
  equal(commits.map(({ length }) => length), [1, DHCP_LIMITS.commitLeases, 1]);
  equal(done, [...done].sort((a, b) => a - b));
});

Deno.test("dhcp lease writer: a commit that fails is told to each of its leases, and the next one is tried", async () => {
  const results: unknown[] = [];
  let calls = 0;
  const writer = new LeaseWriter(
    control(() => calls++ === 0 ? Promise.reject(new Error("disk")) : Promise.resolve()),
    (error) => void results.push(error),
  );
  const stored: boolean[] = [];
  writer.add(lease(1), (isStored) => void stored.push(isStored));
  writer.add(lease(2), (isStored) => void stored.push(isStored));
  await waitFor("the failure", () => stored.length === 2);
  writer.add(lease(3), (isStored) => void stored.push(isStored));
  await waitFor("the next", () => stored.length === 3);
  equal(stored, [false, false, true]);
  assert.match(String(results[0]), /disk/);
  equal(results[1], undefined);
});

Deno.test("dhcp facts: go in groups; while control is away they wait, bounded, and nothing is sent twice", async () => {
  const time = new ManualTime();
  const sent: number[] = [];
  let isAway = true;
  const call = (_: string, args: unknown) => {
    if (isAway) return Promise.reject(new Error("away"));
    sent.push((args as { facts: DhcpFact[] }).facts.length);
    return Promise.resolve();
  };
  const sender = new FactSender(control(call), time, nullLogger);
  const fact: DhcpFact = { kind: "exhausted", zone: "ot", pool: "pool" };
  for (let count = 0; count < DHCP_LIMITS.facts + 1; count++) sender.add(fact);
  await sender.flush();
  isAway = false;
  await sender.flush();
  equal(sent, [DHCP_LIMITS.facts]);
  await sender.close();
  equal([sent.length, time.armed], [1, 0]);
});

Deno.test("dhcp link: comes back by itself, ever more slowly, and tells of each change", async () => {
  const time = new ManualTime();
  const links: FakePacketLink[] = [];
  const states: (string | undefined)[] = [];
  let isAway = true;
  const open = (request: { readonly interface: string; readonly serve: boolean }): Promise<PacketLink> => {
    if (isAway) return Promise.reject(new Error("hald is away"));
    const link = new FakePacketLink(request);
    links.push(link);
    return Promise.resolve(link);
  };
  const steady = new SteadyLink({
    ...{ request: { interface: "ot0", serve: true }, open, timers: time },
    ...{ onEvent: () => {}, onState: (why) => void states.push(why) },
  });
  await steady.start();
  equal([states, steady.current], [["hald is away"], undefined]);
  time.advance(DHCP_LIMITS.retryFirstMs);
  await waitFor("the second try", () => states.length === 2);
  isAway = false;
  time.advance(DHCP_LIMITS.retryFirstMs * 2 - 1);
  equal(states.length, 2);
  time.advance(1);
  await waitFor("the link", () => steady.current !== undefined);
  links[0]!.end("the interface is down");
  equal(states.slice(2), [undefined, "the interface is down"]);
  time.advance(DHCP_LIMITS.retryFirstMs);
  await waitFor("the next link", () => links.length === 2 && steady.current === links[1]);
  steady.close();
  equal([links[1]!.isClosed, time.armed], [true, 0]);
});

Deno.test("dhcp foreign servers: an OFFER, ACK or NAK of another server is one, our own and trusted ones are not", () => {
  const said = (type: number, server: number, source = server) => {
    const { bytes } = encodeMessage({
      ...{ op: "reply", hops: 0, xid: 1, secs: 0, broadcast: true, ciaddr: 0, yiaddr: ip(5), siaddr: 0, giaddr: 0 },
      ...{
        chaddr: macOf(1),
        options: new Map([[53, Uint8Array.of(type)], [54, Uint8Array.of(10, 20, 0, server & 255)]]),
      },
    });
    const datagram = {
      sourceMac: macOf(9),
      destinationMac: macOf(1),
      source,
      destination: 0,
      sourcePort: 67,
      destinationPort: 68,
    };
    return foreignServer("ot", [ip(1), ip(2)], { ...datagram, payload: bytes });
  };
  const fact = { kind: "foreign-server", zone: "ot", address: ip(66), mac: macOf(9) };
  equal([2, 5, 6].map((type) => said(type, ip(66))), [fact, fact, fact]);
  equal([said(2, ip(1)), said(5, ip(2)), said(1, ip(66)), said(8, ip(66))], [
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  equal(said(2, ip(1), ip(66)), { ...fact, address: ip(1) }, "it says it is us");
  const noise = {
    sourceMac: macOf(9),
    destinationMac: "",
    source: 0,
    destination: 0,
    sourcePort: 67,
    destinationPort: 68,
  };
  equal(foreignServer("ot", [], { ...noise, payload: new Uint8Array(300) }), undefined);
});

Deno.test("dhcp foreign servers: the question is a DISCOVER to all, from our own MAC", () => {
  const probe = probeServers(macOf(1), 0xdeadbeef);
  const message = decodeMessage(probe.payload);
  equal([typeOf(message), message.chaddr, message.xid, message.broadcast], ["discover", macOf(1), 0xdeadbeef, true]);
  equal([probe.destinationMac, probe.destination, probe.destinationPort], ["ff:ff:ff:ff:ff:ff", 0xffffffff, 67]);
});

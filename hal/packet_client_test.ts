import assert from "node:assert/strict";
import { HardwareError } from "../gateway/core/errors.ts";
import { systemClock } from "../gateway/core/clock.ts";
import { systemTimers } from "../gateway/core/timers.ts";
import { waitFor } from "../tests/support/wait_for.ts";
import { connectHald } from "./client.ts";
import { type FakeHald, startFakeHald } from "./fake_daemon.ts";
import { HAL_LIMITS } from "./limits.ts";
import { meterRules } from "./linux_packet_links.ts";
import { BoundedWriter } from "./packet_carrier.ts";
import { openHaldPackets } from "./packet_client.ts";
import type { LinkEvent } from "./packet_link.ts";

async function withHald(test: (hald: FakeHald, socket: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-packets-" });
  const hald = await startFakeHald(`${folder}/hal.sock`);
  try {
    await test(hald, `${folder}/hal.sock`);
  } finally {
    await hald.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const DATAGRAM = {
  destinationMac: "ff:ff:ff:ff:ff:ff",
  source: 0,
  destination: 0xffffffff,
  sourcePort: 68,
  destinationPort: 67,
  payload: Uint8Array.of(1, 2, 3),
};
const REQUEST = { interface: "ot0", serve: true };

Deno.test("packet client: events come through hald, sends and probes go through it", () =>
  withHald(async (hald, socket) => {
    const link = await openHaldPackets(socket, REQUEST);
    const events: LinkEvent[] = [];
    const ends: (string | undefined)[] = [];
    link.listen((event) => void events.push(event), (why) => void ends.push(why));
    const far = hald.packets.opened[0]!;
    await waitFor("hald to listen", () => far.isHeard);
    assert.deepEqual([link.mac, far.request], ["02:00:00:00:00:01", REQUEST]);
    const event: LinkEvent = { kind: "datagram", datagram: { ...DATAGRAM, sourceMac: "02:00:00:00:00:09" } };
    for (let count = 0; count < 100; count++) far.hear(event);
    link.send(DATAGRAM);
    link.probe(7);
    await waitFor("everything to arrive", () => events.length === 100 && far.probed.length === 1);
    assert.deepEqual([events[99], far.sent, far.probed], [event, [DATAGRAM], [7]]);
    link.close();
    await waitFor("hald to let go", () => far.isClosed);
    await waitFor("the end", () => ends.length === 1);
    assert.deepEqual(ends, [undefined]);
  }));

Deno.test("packet client: an interface that goes away ends the link with a reason", () =>
  withHald(async (hald, socket) => {
    const link = await openHaldPackets(socket, REQUEST);
    const ends: (string | undefined)[] = [];
    link.listen(() => {}, (why) => void ends.push(why));
    await waitFor("hald to listen", () => hald.packets.opened[0]!.isHeard);
    hald.packets.opened[0]!.end("the interface is down");
    await waitFor("the end", () => ends.length === 1);
    assert.match(String(ends[0]), /hald closed/);
  }));

Deno.test("packet client: what hald refuses is told with its code and hint", () =>
  withHald(async (hald, socket) => {
    hald.packets.refuse = new HardwareError("HAL_PACKET", 'Cannot find interface "ot0"', { hint: "See `ip link`" });
    await assert.rejects(openHaldPackets(socket, REQUEST), (error) => {
      return error instanceof HardwareError && error.code === "HAL_PACKET" && error.hint === "See `ip link`";
    });
  }));

Deno.test("packet client: without hald the error says so", async () => {
  await assert.rejects(openHaldPackets("/nowhere/hal.sock", REQUEST), (error) => {
    return error instanceof HardwareError && error.code === "HAL_UNREACHABLE" && /nowhere/.test(error.message);
  });
});

Deno.test("packet client: the stream verb is refused as a plain call, and the meter is a plain call", () =>
  withHald(async (hald, socket) => {
    const client = connectHald(socket, { clock: systemClock, timers: systemTimers });
    const meter = { interface: "ot0", perMac: 10, others: 100, known: ["02:00:00:00:00:0a"], relays: [] };
    await client.call("net.dhcp-meter", meter);
    assert.deepEqual(hald.packets.meters, [meter]);
    await assert.rejects(client.call("net.dhcp-meter", { ...meter, known: ["02:00"] }), /17/);
    client.close();
  }));

Deno.test("bounded writer: at the limit all is written, one past it is dropped and counted", async () => {
  const gate = Promise.withResolvers<void>();
  let written = 0;
  const connection = {
    read: () => Promise.resolve(null),
    write: async (bytes: Uint8Array) => {
      await gate.promise;
      written += bytes.length;
      return bytes.length;
    },
  };
  const writer = new BoundedWriter(connection, (error) => assert.fail(String(error)));
  writer.add(new Uint8Array(HAL_LIMITS.packetBacklogBytes));
  assert.equal(writer.dropped, 0);
  writer.add(new Uint8Array(1));
  assert.equal(writer.dropped, 1);
  gate.resolve();
  await waitFor("the write", () => written === HAL_LIMITS.packetBacklogBytes);
});

Deno.test("meter rules: known MACs pass after their own share, strangers share what is left, relay agents pass", () => {
  const meter = { interface: "eth1", perMac: 10, others: 200, known: ["02:00:00:00:00:0a"], relays: ["10.20.0.9"] };
  assert.deepEqual(meterRules(meter, 4).split("\n"), [
    "table netdev bulkhead_dhcp_4",
    "delete table netdev bulkhead_dhcp_4",
    "table netdev bulkhead_dhcp_4 {",
    "set known {",
    "type ether_addr",
    "elements = { 02:00:00:00:00:0a }",
    "}",
    "set talkers {",
    "type ether_addr",
    "size 65535",
    "flags dynamic,timeout",
    "timeout 1m",
    "}",
    "chain ingress {",
    'type filter hook ingress device "eth1" priority 0; policy accept;',
    "udp dport 67 ip saddr { 10.20.0.9 } accept",
    "udp dport 67 update @talkers { ether saddr limit rate over 10/second burst 20 packets } counter drop",
    "udp dport 67 ether saddr @known accept",
    "udp dport 67 limit rate over 200/second burst 200 packets counter drop",
    "}",
    "}",
    "",
  ]);
  assert.equal(
    meterRules({ ...meter, remove: true }, 4),
    "table netdev bulkhead_dhcp_4\ndelete table netdev bulkhead_dhcp_4\n",
  );
});

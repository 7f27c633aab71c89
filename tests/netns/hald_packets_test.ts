import assert from "node:assert/strict";
import { openHaldPackets } from "../../hal/packet_client.ts";
import type { AddressClaim, LinkEvent, PacketDatagram } from "../../hal/packet_link.ts";
import { HaldInNamespace } from "../support/hald_in_namespace.ts";
import { TestNet } from "../support/test_net.ts";
import { waitFor } from "../support/wait_for.ts";

const GW = "02:00:00:00:01:01";
const STATION = "02:00:00:00:01:02";

function collect() {
  const datagrams: PacketDatagram[] = [];
  const claims: AddressClaim[] = [];
  const ended: (string | undefined)[] = [];
  const onEvent = (event: LinkEvent) =>
    event.kind === "datagram" ? void datagrams.push(event.datagram) : void claims.push(event.claim);
  return { datagrams, claims, ended, onEvent, onEnd: (why?: string) => void ended.push(why) };
}

Deno.test("hald packets: DHCP comes in with the MAC that sent it, goes out to one MAC, and addresses are probed", async () => {
  await using net = new TestNet();
  const [gw, station] = [await net.add("gw"), await net.add("station")];
  await net.link("ot0", gw, "10.20.0.1/24", station, "10.20.0.11/24");
  await using hald = await HaldInNamespace.start(gw, ["ot0"]);
  const link = await openHaldPackets(hald.socket, { interface: "ot0", serve: true });
  const heard = collect();
  link.listen(heard.onEvent, heard.onEnd);
  assert.equal(link.mac, GW);

  const send = `const s = Deno.listenDatagram({ transport: "udp", hostname: "0.0.0.0", port: 68 });
    await s.send(new TextEncoder().encode("discover"), { transport: "udp", hostname: "10.20.0.255", port: 67 });
    await s.send(new TextEncoder().encode("other"), { transport: "udp", hostname: "10.20.0.1", port: 69 });
    await s.send(new TextEncoder().encode("renew"), { transport: "udp", hostname: "10.20.0.1", port: 67 });
    const [got, from] = await s.receive();
    console.log(new TextDecoder().decode(got), from.hostname, from.port);`;
  const client = net.ok(station, Deno.execPath(), "eval", "--unstable-net", send);
  await waitFor("two datagrams", () => heard.datagrams.length === 2);
  assert.deepEqual(
    heard.datagrams.map(({ sourceMac, destinationMac, destinationPort, payload }) => [
      ...[sourceMac, destinationMac, destinationPort, new TextDecoder().decode(payload)],
    ]),
    [[STATION, "ff:ff:ff:ff:ff:ff", 67, "discover"], [STATION, GW, 67, "renew"]],
  );
  link.send({
    destinationMac: STATION,
    source: 0x0a140001,
    destination: 0x0a14000b,
    sourcePort: 67,
    destinationPort: 68,
    payload: new TextEncoder().encode("offer"),
  });
  assert.equal((await client).trim(), "offer 10.20.0.1 67");

  link.probe(0x0a14000b);
  link.probe(0x0a14000c);
  await waitFor("the claim", () => heard.claims.length === 1);
  assert.deepEqual(heard.claims, [{ mac: STATION, address: 0x0a14000b }]);

  await assert.rejects(openHaldPackets(hald.socket, { interface: "ot0", serve: true }), /takes?|port 67/);
  await assert.rejects(openHaldPackets(hald.socket, { interface: "lo", serve: false }), /may not touch/);
  link.close();
  await waitFor("the end", () => heard.ended.length === 1);
  assert.deepEqual(heard.ended, [undefined]);
  const again = await openHaldPackets(hald.socket, { interface: "ot0", serve: true });
  const after = collect();
  again.listen(after.onEvent, after.onEnd);
  await net.ok(gw, "ip", "link", "del", "ot0");
  await waitFor("the interface's end", () => after.ended.length === 1);
  assert.match(String(after.ended[0]), /closed|down|ended/);
});

import assert from "node:assert/strict";
import { type ClientProgram, DhcpClients } from "../support/dhcp_clients.ts";
import { letOnly } from "../support/dhcp_drops.ts";
import { DhcpLab, type LabLease } from "../support/dhcp_lab.ts";
import { TestNet } from "../support/test_net.ts";
import { waitFor } from "../support/wait_for.ts";

const PROGRAMS: readonly ClientProgram[] = ["udhcpc", "dhclient", "dhcpcd"];
const ZONES = [
  { id: "ot", interface: "ot0", address: "10.20.0.1/24" },
  { id: "ot2", interface: "ot1", address: "10.21.0.1/24" },
];
Deno.test("dhcp clients: udhcpc, dhclient and dhcpcd bind, renew, rebind and release, on two OT interfaces at once", async () => {
  await using net = new TestNet();
  const gw = await net.add("gw");
  const ends = ZONES.map(({ interface: name, address }) => ({ name, address }));
  await using clients = await DhcpClients.plug(net, gw, ends, PROGRAMS.length);
  const devices = clients.ports.map((port, at) => ({
    port,
    program: PROGRAMS[at % PROGRAMS.length]!,
    address: `10.2${port.zone}.0.1${at}`,
    name: `CP00${at}`,
  }));
  const common = { reservationLeaseSeconds: 600, conflictProbeMs: 100, perMacPerSecond: 50 };
  await using lab = await DhcpLab.start(gw, {
    zones: ZONES,
    dhcp: { zone: "ot", ...common, more: [{ zone: "ot2", ...common }] },
    stations: devices.map(({ port, address, name }) => ({ id: name, mac: port.mac, address })),
  });
  const leases = async () =>
    new Map((await lab.command<LabLease[]>("dhcp leases", { all: true })).map((lease) => [lease.address, lease]));
  for (const { port, program } of devices) clients.start(port, program);
  for (const { port, program, address } of devices) {
    await waitFor(`${program} to bind ${address}`, async () => await clients.addressOf(port) === address);
  }
  const bound = await leases();
  assert.deepEqual(
    devices.map(({ address }) => [bound.get(address)?.state, bound.get(address)?.kind, bound.get(address)?.device]),
    devices.map(({ name }) => ["bound", "reservation", name]),
  );

  const ask = async (how: "renew" | "rebind", way: "unicast" | "broadcast") => {
    const before = await leases();
    await letOnly(net, gw, ZONES.map((zone) => zone.interface), way);
    for (const { port, program } of devices) await clients.again(port, program, how);
    await waitFor(`every client to ${how}`, async () => {
      const now = await leases();
      return devices.every(({ address }) => now.get(address)!.renewedAt > before.get(address)!.renewedAt);
    });
  };
  await ask("renew", "unicast");
  await ask("rebind", "broadcast");
  await letOnly(net, gw, [], "either");

  for (const { port, program } of devices) await clients.release(port, program);
  await waitFor("every client to release", async () => {
    const now = await leases();
    return devices.every(({ address }) => now.get(address)!.state === "released");
  });
  assert.equal((await leases()).size, devices.length, "nobody ever had a second address");
  assert.ok(!/"level":"error"/.test(lab.log), lab.log);
});

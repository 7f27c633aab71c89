import assert, { deepEqual, equal } from "node:assert/strict";
import { CentralDhcp } from "../support/central_dhcp.ts";
import { type ClientPort, type ClientProgram, DhcpClients } from "../support/dhcp_clients.ts";
import { letOnly } from "../support/dhcp_drops.ts";
import { DhcpLab, type LabLease, type LabSite } from "../support/dhcp_lab.ts";
import { TestNet } from "../support/test_net.ts";
import { waitFor } from "../support/wait_for.ts";

const PROGRAMS: readonly ClientProgram[] = ["udhcpc", "dhclient", "dhcpcd"];
const FALLBACK_SECONDS = 300;
/** What dnsmasq gives. */
const CENTRAL_SECONDS = 600;

function siteWith(relay: Record<string, unknown>): LabSite {
  return {
    zones: [{ id: "ot", interface: "ot0", address: "10.20.0.1/24" }],
    dhcp: { zone: "ot", mode: "relay", perMacPerSecond: 50, relay },
  };
}

/** State of the zone in `dhcp status`. */
async function stateOf(lab: DhcpLab): Promise<string> {
  const { states } = await lab.command<{ states: { zones: { state: string }[] }[] }>("dhcp status");
  return states[0]!.zones[0]!.state;
}

async function leaseOf(lab: DhcpLab, { mac }: ClientPort): Promise<LabLease | undefined> {
  return (await lab.command<LabLease[]>("dhcp leases")).find((lease) => lease.mac === mac);
}

/** Has every client ask again and waits until the central server has answered each of them. */
async function allAsk(how: "renew" | "rebind", lab: DhcpLab, clients: DhcpClients): Promise<void> {
  const since = new Map((await lab.command<LabLease[]>("dhcp leases")).map(({ mac, renewedAt }) => [mac, renewedAt]));
  for (const [at, program] of PROGRAMS.entries()) await clients.again(clients.ports[at]!, program, how);
  for (const [at, program] of PROGRAMS.entries()) {
    const port = clients.ports[at]!;
    await waitFor(`${program} to ${how}`, async () => {
      const { renewedAt, expiresAt } = (await leaseOf(lab, port))!;
      return renewedAt > since.get(port.mac)! && Math.round((expiresAt - renewedAt) / 1_000) === CENTRAL_SECONDS;
    });
  }
}

/** How often dnsmasq was asked for an address by a device that had none. */
async function discoveries({ folder }: CentralDhcp): Promise<number> {
  return (await Deno.readTextFile(`${folder}/dnsmasq.log`)).split("DHCPDISCOVER(").length - 1;
}

/** Every client gives its address back, and the server behind the tunnel knows. */
async function releaseAll(lab: DhcpLab, clients: DhcpClients, central: CentralDhcp): Promise<void> {
  for (const [at, program] of PROGRAMS.entries()) await clients.release(clients.ports[at]!, program);
  for (const [at, program] of PROGRAMS.entries()) {
    await waitFor(`the release of ${program}`, async () => await leaseOf(lab, clients.ports[at]!) === undefined);
    await waitFor(`dnsmasq to know it of ${program}`, async () => {
      return !(await Deno.readTextFile(`${central.folder}/leases`)).includes(clients.ports[at]!.mac);
    });
  }
}

async function bindAll(lab: DhcpLab, clients: DhcpClients, central: CentralDhcp): Promise<void> {
  const devices = PROGRAMS.map((program, at) => ({ program, port: clients.ports[at]! }));
  for (const { port, program } of devices) clients.start(port, program);
  for (const { port, program } of devices) {
    const address = await waitFor(`${program} to bind`, () => clients.addressOf(port));
    const lease = await waitFor("the binding to be known here", () => leaseOf(lab, port));
    deepEqual([lease.kind, lease.address], ["relayed", address], program);
  }
  const leases = await Deno.readTextFile(`${central.folder}/leases`);
  for (const { port } of devices) assert.ok(leases.includes(port.mac), "dnsmasq knows the device itself");
  const log = await Deno.readTextFile(`${central.folder}/dnsmasq.log`);
  assert.match(log, /server-identifier {2}10\.20\.0\.1/, "the server took the gateway's identity (RFC 5107)");
}

Deno.test("dhcp relay: udhcpc, dhclient and dhcpcd bind, renew, rebind and release at an unmodified dnsmasq through TLS; a gateway of another name gets nothing (EV-18)", async () => {
  await using net = new TestNet();
  const gw = await net.add("gw");
  await using clients = await DhcpClients.plug(net, gw, [{ name: "ot0", address: "10.20.0.1/24" }], PROGRAMS.length);
  await using central = await CentralDhcp.start(net, gw);
  await using lab = await DhcpLab.start(gw, siteWith(central.relay("stranger", FALLBACK_SECONDS)));
  // Another gateway's certificate of the same CA is not let in.
  await waitFor("the stranger to be turned away", async () => /tunnel: (?!not connected)/.test(await stateOf(lab)));
  await lab.kill("SIGTERM");
  await lab.write(siteWith(central.relay("client", FALLBACK_SECONDS)));
  await lab.run();
  await waitFor("the tunnel", async () => await stateOf(lab) === "serving");

  await bindAll(lab, clients, central);
  const asked = await discoveries(central);
  await letOnly(net, gw, ["ot0"], "unicast");
  await allAsk("renew", lab, clients);
  await letOnly(net, gw, ["ot0"], "broadcast");
  await allAsk("rebind", lab, clients);
  await letOnly(net, gw, ["ot0"], "either");
  equal(await discoveries(central), asked, "nobody had to begin anew");
  await releaseAll(lab, clients, central);
});

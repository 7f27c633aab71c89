import assert, { deepEqual, equal } from "node:assert/strict";
import { DhcpClients } from "../support/dhcp_clients.ts";
import { DhcpLab, type LabLease } from "../support/dhcp_lab.ts";
import { TestNet } from "../support/test_net.ts";
import { waitFor } from "../support/wait_for.ts";

interface Guarded {
  readonly net: TestNet;
  readonly gw: string;
  readonly clients: DhcpClients;
  readonly lab: DhcpLab;
}

/** A lab with four devices; the first is station CP001, the others are strangers. */
async function withGuard(test: (guarded: Guarded) => Promise<void>): Promise<void> {
  await using net = new TestNet();
  const gw = await net.add("gw");
  await using clients = await DhcpClients.plug(net, gw, [{ name: "ot0", address: "10.20.0.1/24" }], 4);
  await using lab = await DhcpLab.start(gw, {
    zones: [{ id: "ot", interface: "ot0", address: "10.20.0.1/24" }],
    dhcp: { zone: "ot", pool: "10.20.0.100-10.20.0.109", conflictProbeMs: 800, rogueProbeSeconds: 1 },
    stations: [{ id: "CP001", mac: clients.ports[0]!.mac, address: "10.20.0.11" }],
  });
  await test({ net, gw, clients, lab });
}

async function alarmOf(
  lab: DhcpLab,
  kind: string,
): Promise<{ readonly subject: string; readonly detail: string } | undefined> {
  const { alarms } = await lab.command<{ alarms: { kind: string; subject: string; detail: string }[] }>("alarms list");
  return alarms.find((alarm) => alarm.kind === kind);
}

Deno.test("dhcp guard: an unknown device waits in the inbox, is adopted, and gets an address that nobody squats on", () =>
  withGuard(async ({ net, clients, lab }) => {
    const [, stranger, squatter] = clients.ports;
    await net.ok(squatter!.namespace, "ip", "addr", "add", "10.20.0.100/24", "dev", squatter!.link);
    clients.start(stranger!, "udhcpc");
    const inbox = async () => await lab.command<{ mac: string; vendorClass: string }[]>("dhcp inbox");
    const seen = await waitFor("the inbox", async () => (await inbox()).find(({ mac }) => mac === stranger!.mac));
    assert.match(seen.vendorClass, /udhcp/);
    equal(await clients.addressOf(stranger!), undefined);
    await lab.command("dhcp adopt", { mac: stranger!.mac, name: "meter" });
    await waitFor("the address", async () => await clients.addressOf(stranger!) === "10.20.0.101");
    const conflict = await waitFor("the alarm", () => alarmOf(lab, "dhcp.address.conflict"));
    assert.ok(conflict.detail.startsWith(squatter!.mac), conflict.detail);
    const leases = await lab.command<LabLease[]>("dhcp leases");
    deepEqual(leases.map(({ address, state, mac }) => [address, state, mac]), [
      ["10.20.0.100", "declined", squatter!.mac],
      ["10.20.0.101", "bound", stranger!.mac],
    ]);
    await waitFor("the refusal in the audit trail", async () => {
      const audit = JSON.stringify(await lab.command("audit tail", { lines: "1000" }));
      return /dhcp\.message\.refused/.test(audit) && /dhcp\.unknown/.test(audit);
    });
  }));

Deno.test("dhcp guard: a foreign server is found by asking, and named with its MAC (EV-18)", () =>
  withGuard(async ({ net, clients, lab }) => {
    const rogue = clients.ports[3]!;
    await net.ok(rogue.namespace, "ip", "addr", "add", "10.20.0.66/24", "dev", rogue.link);
    net.spawn(rogue.namespace, ...["dnsmasq", "-d", "-C", "/dev/null", "--port=0", "--no-ping", "--user=root"], ...[
      ...["--dhcp-range=10.20.0.150,10.20.0.160,255.255.255.0,2m", `--dhcp-leasefile=${lab.folder}/rogue`],
    ]);
    const alarm = await waitFor("the alarm", () => alarmOf(lab, "dhcp.server.foreign"));
    deepEqual([alarm.subject, alarm.detail], ["ot 10.20.0.66", `it answers from ${rogue.mac}`]);
  }));

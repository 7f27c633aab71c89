import { equal } from "node:assert/strict";
import { CentralDhcp } from "../support/central_dhcp.ts";
import { type ClientPort, DhcpClients } from "../support/dhcp_clients.ts";
import { DhcpLab, type LabLease, type LabSite } from "../support/dhcp_lab.ts";
import { runCommand, runOk } from "../support/run_command.ts";
import { TestNet } from "../support/test_net.ts";
import { waitFor } from "../support/wait_for.ts";

const ZONE = { id: "ot", interface: "ot0", address: "10.20.0.1/24" };
const FALLBACK_SECONDS = 300;

interface Bay {
  readonly lab: DhcpLab;
  readonly clients: DhcpClients;
  /** A station with a lease, a station that has not asked yet. */
  readonly station: ClientPort;
  readonly second: ClientPort;
}

/** A lab in which the first of two stations has its address. */
async function withBay(
  dhcp: (net: TestNet, gw: string) => Promise<LabSite["dhcp"]>,
  test: (bay: Bay) => Promise<void>,
  disk?: string,
): Promise<void> {
  await using net = new TestNet();
  const gw = await net.add("gw");
  await using clients = await DhcpClients.plug(net, gw, [{ name: "ot0", address: ZONE.address }], 2);
  const stations = clients.ports.map(({ mac }, at) => ({ id: `CP00${at}`, mac, address: `10.20.0.1${at}` }));
  const site = { zones: [ZONE], dhcp: await dhcp(net, gw), stations };
  await using lab = await DhcpLab.start(gw, site, disk);
  const [station, second] = clients.ports;
  await waitFor("the zone to be served", async () => await stateOf(lab) === "serving");
  clients.start(station!, "udhcpc");
  await waitFor("the first station to bind", () => clients.addressOf(station!));
  await test({ lab, clients, station: station!, second: second! });
}

async function stateOf(lab: DhcpLab): Promise<string> {
  const { states } = await lab.command<{ states: { zones: { state: string }[] }[] }>("dhcp status");
  return states[0]!.zones[0]!.state;
}

async function hasAlarm(lab: DhcpLab, kind: string): Promise<boolean> {
  const { alarms } = await lab.command<{ alarms: { kind: string }[] }>("alarms list");
  return alarms.some((alarm) => alarm.kind === kind);
}

async function renewedAt(lab: DhcpLab, { mac }: ClientPort): Promise<number> {
  return (await lab.command<LabLease[]>("dhcp leases")).find((lease) => lease.mac === mac)!.renewedAt;
}

/** Has the first station renew and waits until its lease is newer. */
async function renews({ lab, clients, station }: Bay): Promise<void> {
  const before = await renewedAt(lab, station);
  await clients.renew(station); // It goes on asking by itself: first the server, then everybody.
  await waitFor("a renewal", async () => await renewedAt(lab, station) > before);
}

const SERVER = () => Promise.resolve({ zone: "ot", conflictProbeMs: 50, perMacPerSecond: 1_000 });

Deno.test("failure matrix: DHCP without hald", (t) =>
  withBay(SERVER, async (bay) => {
    const { lab, clients, station, second } = bay;
    await lab.hald.kill();
    await waitFor("the alarm", () => hasAlarm(lab, "dhcp.zone.unserved"));
    await t.step(
      "failure matrix: DHCP: hald or the interface / devices with an address: open: they keep it until its lease ends, a station's after a week",
      async () => {
        await clients.renew(station);
        equal(await clients.addressOf(station), "10.20.0.10");
      },
    );
    clients.start(second, "udhcpc");
    await t.step(
      "failure matrix: DHCP: hald or the interface / devices that ask: closed: nobody hears them, an alarm says so",
      async () => equal(await clients.addressOf(second), undefined),
    );
    await lab.hald.run();
    await t.step(
      "failure matrix: DHCP: hald or the interface / back in service: by itself within seconds",
      async () => {
        await waitFor("the second station to bind", () => clients.addressOf(second));
        await waitFor("the alarm to end", async () => !await hasAlarm(lab, "dhcp.zone.unserved"));
        await renews(bay);
      },
    );
  }));

Deno.test("failure matrix: DHCP without the disk", async (t) => {
  const disk = await Deno.makeTempDir({ prefix: "bulkhead-disk-" });
  await runOk(["mount", "-t", "tmpfs", "-o", "size=24m,mode=700", "tmpfs", disk]);
  try {
    await withBay(SERVER, async (bay) => {
      const { lab, clients, station, second } = bay;
      await runCommand(["dd", "if=/dev/zero", `of=${disk}/ballast`, "bs=4k"]);
      const before = await renewedAt(lab, station);
      clients.start(second, "udhcpc");
      await clients.renew(station);
      await waitFor("a lease that cannot be stored", () => lab.log.includes("dhcp.lease.unstored"));
      await t.step(
        "failure matrix: DHCP: the disk / devices with an address: open: they keep it, a renewal is not acknowledged and asked for again",
        async () => {
          equal(await renewedAt(lab, station), before);
          equal(await clients.addressOf(station), "10.20.0.10");
        },
      );
      await t.step(
        "failure matrix: DHCP: the disk / devices that ask: closed: no address is given that could be given twice",
        async () => equal(await clients.addressOf(second), undefined),
      );
      await Deno.remove(`${disk}/ballast`);
      await t.step(
        "failure matrix: DHCP: the disk / back in service: by itself with the first lease that fits",
        async () => {
          await waitFor("the second station to bind", () => clients.addressOf(second));
          await renews(bay);
        },
      );
    }, disk);
  } finally {
    await runOk(["umount", disk]);
    await Deno.remove(disk);
  }
});

Deno.test("failure matrix: DHCP without the central server", async (t) => {
  await using closing = new AsyncDisposableStack();
  let central: CentralDhcp | undefined;
  const relay = async (net: TestNet, gw: string) => {
    central = closing.use(await CentralDhcp.start(net, gw));
    return { zone: "ot", mode: "relay", perMacPerSecond: 1_000, relay: central.relay("client", FALLBACK_SECONDS) };
  };
  await withBay(relay, async (bay) => {
    const { lab, clients, second } = bay;
    await central!.kill();
    await waitFor("the alarm", () => hasAlarm(lab, "dhcp.tunnel.down"));
    await t.step(
      "failure matrix: DHCP: the tunnel to a central server / devices with an address: open: they keep it and renew it here, for fallbackSeconds at a time",
      () => renews(bay),
    );
    clients.start(second, "udhcpc");
    await t.step(
      "failure matrix: DHCP: the tunnel to a central server / devices that ask: open for those that have had an address; closed: nobody new gets one",
      async () => {
        await waitFor("the second station to be heard", async () => {
          return (await lab.command<{ mac: string }[]>("dhcp inbox")).some(({ mac }) => mac === second.mac);
        });
        equal(await clients.addressOf(second), undefined);
      },
    );
    central!.run();
    await t.step(
      "failure matrix: DHCP: the tunnel to a central server / back in service: by itself within seconds; the next renewal is the central server's",
      async () => {
        await waitFor("the second station to bind", () => clients.addressOf(second));
        await waitFor("the alarm to end", async () => !await hasAlarm(lab, "dhcp.tunnel.down"));
      },
    );
  });
});

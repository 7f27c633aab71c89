import { deepStrictEqual as equal, match } from "node:assert/strict";
import { STATIONS, SwitchLab } from "../support/switch_lab.ts";
import { waitFor } from "../support/wait_for.ts";

const USER = { user: "bulkhead", authPasswordFile: "auth", privacyPasswordFile: "privacy" };
const siteWith = (lab: SwitchLab, snmp: object) => ({
  version: 1,
  site: { id: "lab", dataDir: `${lab.folder}/data` },
  network: { zones: [{ id: "ot", role: "ot", interface: "ot0", address: "10.20.0.1/24" }] },
  hal: { socket: `${lab.folder}/hal.sock` },
  switches: [{ id: "sw-ot", address: "10.20.0.2", readSeconds: 15, snmp }],
  stations: [
    { id: "CP011", mac: STATIONS.s11, address: "10.20.0.11" },
    { id: "CP012", address: "10.20.0.12" }, // its MAC is known by who answers for its address
  ],
});

Deno.test("switches: hald hears lldpd at the other end of the box's cable, and its good-bye", async () => {
  await using lab = await SwitchLab.open();
  await lab.startLldp();
  const hald = await lab.startHald();
  const heard = async () => (await hald.call("net.lldp", {})).neighbours;
  const [neighbour] = await waitFor("lldpd on the cable", async () => {
    const found = await heard();
    return found.length > 0 ? found : undefined;
  });
  equal([neighbour!.interface, neighbour!.name, neighbour!.portDescription ?? neighbour!.port], [
    "ot0",
    "sw-lab",
    "box",
  ]);
  equal(neighbour!.description, "a switch of the lab");
  await lab.net.run(
    lab.of("sw"),
    "lldpcli",
    "-u",
    `${lab.folder}/lldpd`,
    "configure",
    "ports",
    "box",
    "lldp",
    "status",
    "disabled",
  );
  await waitFor("the neighbour to be forgotten", async () => (await heard()).length === 0, 30_000);
});

for (
  const [name, snmp] of [["SNMPv3", USER], ["SNMPv2c", {
    communityFile: "community",
    plaintext: "isolated-segment",
  }]] as const
) {
  Deno.test(`switches: the gateway reads a real switch by ${name}: ports of stations, a move, a pulled cable`, async () => {
    await using lab = await SwitchLab.open();
    await lab.startLldp();
    await lab.startHald();
    const command = await lab.startGateway(siteWith(lab, snmp));
    await lab.talk("s11", "s12");
    const shows = async (what: RegExp) => {
      await lab.talk("s11", "s12");
      await command("segmentation", "switches", "--now");
      return what.test((await command("segmentation", "switches")).stdout);
    };
    await waitFor("both ports", async () => {
      return await shows(/CP011 .*port p11 of sw-ot/) && await shows(/CP012 .*port p12 of sw-ot/);
    }, 60_000);
    const { stdout } = await command("segmentation", "switches");
    match(stdout, /sw-ot +sw-lab +read/);
    await waitFor("the end of the box's own cable", () => shows(/ot0 +sw-lab +box/));
    match((await command("why", "CP011")).stdout, /switch port +ok +port p11 of sw-ot/);
    if (name === "SNMPv2c") {
      match((await command("status")).stdout, /Switch "sw-ot" is read by SNMPv2c/);
      return;
    }
    // The station's cable goes into another port.
    await lab.replug("s11", "p13");
    await waitFor("the new port", () => shows(/CP011 .*port p13 of sw-ot/), 60_000);
    await waitFor("the record", async () => {
      return /switches\.station\.moved/.test((await command("audit", "tail", "--lines", "500")).stdout);
    });
    await waitFor("the alarm", async () => {
      return /switches\.station\.moved +CP011/.test((await command("alarms", "list")).stdout);
    });
    await lab.net.ok(lab.of("s11"), "ip", "link", "set", "net0", "down");
    const told = await waitFor("the port without link", async () => {
      await command("segmentation", "switches", "--now");
      const { stdout } = await command("why", "CP011");
      return /switch port +bad/.test(stdout) ? stdout : undefined;
    }, 120_000);
    match(told, /port p13 of sw-ot, where it was at .*, has no link/);
    match(told, /Fix: Check its power and the cable at port p13 of sw-ot/);
  });
}

Deno.test("switches: a wrong password, a switch that is off, and back: said in words, an alarm that ends", async () => {
  await using lab = await SwitchLab.open();
  await lab.startHald();
  const command = await lab.startGateway(siteWith(lab, { ...USER, user: "nobody" }));
  const shows = async (what: RegExp) => {
    await command("segmentation", "switches", "--now");
    return what.test((await command("segmentation", "switches")).stdout);
  };
  await waitFor(
    "the refusal",
    async () => (await command("segmentation", "switches")).stdout.includes("it knows no such user"),
    40_000,
  );
  const alarmed = async () => (await command("alarms", "list")).stdout.includes("switches.unreachable");
  await waitFor("the alarm", alarmed);
  await Deno.writeTextFile(`${lab.folder}/site.yaml`, JSON.stringify(siteWith(lab, USER)));
  equal((await command("reload")).code, 0);
  await waitFor("the reading", () => shows(/sw-ot +sw-lab +read/), 60_000);
  await waitFor("the end of the alarm", async () => !await alarmed());
  await lab.net.ok(lab.of("sw"), "ip", "link", "set", "br0", "down");
  await waitFor("the silence", () => shows(/sw-ot .*does not answer/), 60_000);
  await lab.net.ok(lab.of("sw"), "ip", "link", "set", "br0", "up");
  await waitFor("it to be back", () => shows(/sw-ot +sw-lab +read/), 60_000);
});

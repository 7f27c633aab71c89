import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { FakeLldpListener } from "../../../hal/fakes.ts";
import type { HaldBox } from "../../../hal/verb.ts";
import type { HaldClient } from "../../../hal/client.ts";
import { VERBS } from "../../../hal/verbs/mod.ts";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { Site } from "../../config/schema.ts";
import type { ControlContext } from "../../control/contract.ts";
import type { AlarmRaise, AuditEvent } from "../../core/control_api.ts";
import type { SwitchView } from "../../core/switches_api.ts";
import { nullLogger } from "../../core/log.ts";
import { nullMetrics } from "../../core/metrics.ts";
import { openStore } from "../../store/kv_store.ts";
import { SWITCH_LIMITS } from "../limits.ts";
import { createSwitchFeature } from "./feature.ts";
import type { PlacedStation } from "./station_ports.ts";

const MAC = "02:00:00:00:00:11";
const SNMP = { user: "u", authPasswordFile: "a", privacyPasswordFile: "p" };
const SITE = {
  version: 1,
  site: { id: "g" },
  network: { zones: [{ id: "ot", role: "ot", interface: "eth1.20", address: "10.20.0.1/24" }] },
  switches: [{ id: "sw-a", address: "10.20.0.2", snmp: SNMP }, { id: "sw-b", address: "10.20.0.3", snmp: SNMP }],
};
const EMPTY: SwitchView = { name: "", description: "", ports: [], devices: [], neighbours: [], isCut: false };
/** A switch on which the station hangs on this port. */
const seen = (port: number, more: Partial<SwitchView> = {}): SwitchView => ({
  ...EMPTY,
  name: "garage",
  ports: [{ index: 7, name: "gi7", isUp: true }, { index: 8, name: "gi8", isUp: true }],
  devices: [{ mac: MAC, port, vlan: 20 }],
  ...more,
});

async function rig(
  site: object = SITE,
  stations: PlacedStation[] = [{ id: "CP001", mac: MAC, address: "10.20.0.11" }],
) {
  const time = new ManualTime();
  const store = await openStore({ path: ":memory:", clock: time, timers: time });
  const [audited, raised, cleared]: [AuditEvent[], AlarmRaise[], string[]] = [[], [], []];
  const lldp = new FakeLldpListener();
  const box: { lldp?: FakeLldpListener } = { lldp };
  const context = {
    ...{ site: Site.parse(site), clock: time, timers: time, log: nullLogger, metrics: nullMetrics, store },
    audit: { record: (event: AuditEvent) => Promise.resolve({ sequence: audited.push(event) }) },
    alarms: {
      raise: (alarm: AlarmRaise) => Promise.resolve(void raised.push(alarm)),
      clear: (kind: string, subject: string) => Promise.resolve(void cleared.push(`${kind} ${subject}`)),
    },
  } as unknown as ControlContext;
  const call = (name: string, args: never) =>
    (VERBS.find((verb) => verb.name === name)!.run as (args: never, box: HaldBox) => Promise<unknown>)(
      args,
      box as unknown as HaldBox,
    );
  const hald = { call } as unknown as HaldClient;
  const open = () => createSwitchFeature({ context, hald, stations: () => Promise.resolve(stations) });
  const feature = await open();
  return {
    ...{ time, store, audited, raised, cleared, lldp, box, open, feature, context, stations },
    read: (id: string, view: SwitchView) => feature.handlers!["switches.read"]!({ id, view }),
    fail: (id: string, fault: string) => feature.handlers!["switches.read"]!({ id, fault }),
    show: () => feature.commands!["segmentation switches"]!({}, "eva"),
    [Symbol.asyncDispose]: async () => {
      await store.close();
    },
  };
}
const placed = (part: Awaited<ReturnType<typeof rig>>, station: PlacedStation = part.stations[0]!) =>
  part.feature.portOf(station);

Deno.test("switches in control: a station's port, as `why` has it", async () => {
  await using part = await rig();
  equal(placed(part).state, "unknown");
  await part.read("sw-a", seen(7));
  equal(placed(part), { state: "ok", detail: "port gi7 of sw-a, VLAN 20" });
  await part.read("sw-a", seen(7, { devices: [{ mac: MAC, port: 7, vlan: 1 }] }));
  match(placed(part).detail, /but its zone is VLAN 20/);
  equal(placed(part, { id: "CP009" }).detail, "its MAC address is not known");
});

Deno.test("switches in control: a site without switches says so", async () => {
  await using part = await rig({ version: 1, site: { id: "g" } });
  equal(placed(part).state, "not used");
  match((await part.show()).text, /No switch is read: name them under switches:/);
});

Deno.test("switches in control: an old view is not believed", async () => {
  await using part = await rig();
  await part.read("sw-a", seen(7));
  part.time.advance(SWITCH_LIMITS.staleMs - 1);
  equal(placed(part).state, "ok");
  part.time.advance(1);
  equal(placed(part).state, "unknown");
});

Deno.test("switches in control: a switch that is not read is an alarm with its reason, until it is", async () => {
  await using part = await rig();
  await part.fail("sw-a", "it knows no such user");
  equal(part.raised, [{ kind: "switches.unreachable", subject: "sw-a", detail: "it knows no such user" }]);
  match((await part.show()).text, /sw-a +- +it knows no such user/);
  match(placed(part).detail, /sw-a cannot be read/);
  await part.read("sw-a", seen(7));
  equal(part.cleared, ["switches.unreachable sw-a"]);
});

Deno.test("switches in control: words about a switch that the site has no more are dropped", async () => {
  await using part = await rig();
  await part.read("sw-gone", seen(7));
  equal([placed(part).state, part.cleared], ["unknown", []]);
});

Deno.test("switches in control: a station that appears on another port is recorded and an alarm, for a day", async () => {
  await using part = await rig();
  await part.read("sw-b", EMPTY);
  await part.read("sw-a", seen(7));
  equal([part.audited, part.raised], [[], []]); // the first sight is no move
  await part.read("sw-a", seen(8));
  const detail = { from: "port gi7 of sw-a (VLAN 20)", to: "port gi8 of sw-a (VLAN 20)" };
  equal(part.audited.map(({ event, target, detail }) => ({ event, target, detail })), [
    { event: "switches.station.moved", target: "CP001", detail },
  ]);
  equal(part.raised, [{
    kind: "switches.station.moved",
    subject: "CP001",
    detail: `from ${detail.from} to ${detail.to}`,
  }]);
  await part.read("sw-a", seen(8));
  equal(part.audited.length, 1);
  part.time.advance(86_400_001);
  await part.read("sw-a", seen(8));
  await part.read("sw-b", EMPTY);
  ok(part.cleared.includes("switches.station.moved CP001"));
});

Deno.test("EV-23: a station's port that loses its link is recorded once each time, and a switch that does not say is no loss", async () => {
  await using part = await rig();
  const gi7 = (isUp?: boolean) =>
    seen(7, { ports: [{ index: 7, name: "gi7", ...isUp === undefined ? {} : { isUp } }] });
  const unlinked = () => part.audited.filter(({ event }) => event === "switches.station.unlinked");
  await part.read("sw-b", EMPTY);
  await part.read("sw-a", gi7(true));
  await part.read("sw-a", { ...gi7(false), devices: [] }); // a port without a link forgets whom it knew
  await part.read("sw-a", { ...gi7(false), devices: [] });
  await part.read("sw-a", gi7());
  equal(unlinked().map(({ target, outcome, detail }) => ({ target, outcome, detail })), [
    { target: "CP001", outcome: "failed", detail: { port: "port gi7 of sw-a" } },
  ]);
  await part.read("sw-a", gi7(true));
  await part.read("sw-a", { ...gi7(false), devices: [] });
  equal(unlinked().length, 2);
});

const NO_MOVE: readonly (readonly [string, (part: Awaited<ReturnType<typeof rig>>) => Promise<void> | void])[] = [
  ["another switch was not read yet", async (part) => await part.read("sw-a", seen(8))],
  ["another switch cannot be read", async (part) => {
    await part.fail("sw-b", "it does not answer");
    await part.read("sw-a", seen(8));
  }],
  ["its port leads to another switch", async (part) => {
    await part.read("sw-b", EMPTY);
    const neighbours = [{ port: 8, chassis: "x", portId: "y", isBridge: true }];
    await part.read("sw-a", seen(8, { neighbours }));
  }],
  ["several devices are behind the port", async (part) => {
    await part.read("sw-b", EMPTY);
    const devices = [MAC, "02:00:00:00:00:12", "02:00:00:00:00:13"].map((mac) => ({ mac, port: 8 }));
    await part.read("sw-a", seen(8, { devices }));
  }],
  ["nobody has learned it", async (part) => {
    await part.read("sw-b", EMPTY);
    await part.read("sw-a", seen(7, { devices: [] }));
  }],
];
for (const [name, then] of NO_MOVE) {
  Deno.test(`switches in control: nobody has moved while ${name}`, async () => {
    await using part = await rig();
    await part.read("sw-b", EMPTY);
    await part.read("sw-a", seen(7));
    if (name.includes("not read yet")) part.feature.reconfigure!(Site.parse({ ...SITE, switches: [SITE.switches[0]] }));
    await then(part);
    equal(part.audited, []);
  });
}

Deno.test("switches in control: a move is seen over a restart, and the last port is remembered", async () => {
  await using part = await rig();
  await part.read("sw-b", EMPTY);
  await part.read("sw-a", seen(7));
  const next = await part.open();
  match(next.portOf(part.stations[0]!).detail, /it was on port gi7 of sw-a at 2026/);
  const down = [{ index: 7, name: "gi7", isUp: false }];
  await next.handlers!["switches.read"]!({ id: "sw-a", view: seen(7, { devices: [], ports: down }) });
  equal(next.portOf(part.stations[0]!).state, "bad");
});

Deno.test("switches in control: the ends of the box's own cables, and hald without ears", async () => {
  await using part = await rig();
  match((await part.show()).text, /No switch has named itself/);
  part.lldp.heard = [{
    interface: "eth1",
    chassis: "02:00:00:00:01:01",
    port: "24",
    name: "sw-a",
    vlan: 20,
    isBridge: true,
  }];
  match((await part.show()).text, /eth1 +sw-a +24 +20/);
  delete part.box.lldp;
  const { text, data } = await part.show();
  match(text, /hald does not listen/);
  equal((data as { isListening: boolean }).isListening, false);
});

Deno.test("switches in control: what machines get: switches with ports, and every station", async () => {
  await using part = await rig();
  await part.read("sw-b", { ...EMPTY, isCut: true });
  const neighbours = [{ port: 8, chassis: "c", portId: "p", name: "sw-core", isBridge: true }];
  await part.read("sw-a", seen(7, { neighbours }));
  const { data, ok: isGood, text } = await part.show();
  const { switches, stations } = data as unknown as {
    switches: { id: string; ports: { name: string; devices: number; neighbour: string | null }[] }[];
    stations: { station: string; state: string; place: { port: string } | null }[];
  };
  equal(isGood, true);
  equal(switches[0]!.ports.map(({ name, devices, neighbour }) => [name, devices, neighbour]), [["gi7", 1, null], [
    "gi8",
    0,
    "sw-core",
  ]]);
  equal(stations.map(({ station, state, place }) => [station, state, place?.port]), [["CP001", "ok", "gi7"]]);
  match(text, /sw-b .* its tables are too long/);
});

Deno.test("switches in control: a reload that takes a switch away ends its alarm and forgets its view", async () => {
  await using part = await rig();
  await part.fail("sw-b", "it does not answer");
  await part.feature.reconfigure!(Site.parse({ ...SITE, switches: [SITE.switches[0]] }));
  ok(part.cleared.includes("switches.unreachable sw-b"));
});

Deno.test("switches in control: --now has the Worker read, and says so when there is none", async () => {
  await using part = await rig();
  const called: string[] = [];
  const workers = { get: () => ({ call: (method: string) => Promise.resolve(void called.push(method)) }) };
  Object.assign(part.context, { workers });
  const { text } = await part.feature.commands!["segmentation switches"]!({ now: true }, "eva");
  equal([called, text.startsWith("The switches are read now")], [["switches.look"], true]);
});

Deno.test("switches in control: a move that two readings show at one moment is told once", async () => {
  await using part = await rig();
  await part.read("sw-b", EMPTY);
  await part.read("sw-a", seen(7));
  await Promise.all([part.read("sw-a", seen(8)), part.read("sw-b", EMPTY)]);
  equal(part.audited.map(({ event }) => event), ["switches.station.moved"]);
});

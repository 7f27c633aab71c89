import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { GatewayError, HardwareError } from "../core/errors.ts";
import { SEGMENTATION_LIMITS } from "./limits.ts";
import { segmentationBox, segmentationRig, SITE } from "./testing/segmentation_rig.ts";

const OPEN = { station: "CP001", port: "22", from: "10.99.0.9", minutes: "30", reason: "ticket 4711" };
const isInvalid = (error: unknown) => error instanceof GatewayError && error.code === "SEGMENTATION_INVALID";

Deno.test("segmentation commands: plan, apply, confirm, and then there is nothing to do", async () => {
  await using box = await opened();
  const { command, audited } = box.rig;
  const plan = await command("plan");
  match(plan.text, /\+ ocpp\.listeners\.tls\.listen\.ot\.tcp: ot -> box 10\.20\.0\.1 tcp\/8444/);
  match(plan.text, /! zone ot2 is shared/);
  match(plan.text, /The kernel would take it/);
  match((await command("apply", { "confirm-seconds": "30" })).text, /in force for 30 s/);
  equal(box.firewall.current.pending?.secondsLeft, 30);
  match((await command("show")).text, /WAITS: confirm within 30 s/);
  match((await command("confirm")).text, /Kept/);
  ok(box.firewall.current.confirmed);
  match((await command("plan")).text, /flows are those that are in force/);
  match((await command("apply")).text, /in force already/);
  deepEqual(audited.map(({ event, who }) => `${event} ${who}`), [
    "segmentation.applied eva",
    "segmentation.confirmed eva",
  ]);
  ok(
    box.firewall.settings.some(({ interface: name, key, value }) =>
      name === "eth1" && key === "ipv4.proxy_arp_pvlan" && value === 1
    ),
  );
});

Deno.test("segmentation commands: what the kernel refuses is told, and nothing is recorded or loaded", async () => {
  await using box = await opened();
  box.firewall.fault = new HardwareError("HAL_TOOL_FAILED", "nft: no such thing");
  const plan = await box.rig.command("plan");
  equal(plan.ok, false);
  match(plan.text, /NOT tried out: nft: no such thing/);
  await rejects(box.rig.command("apply"), /no such thing/);
  deepEqual(box.rig.audited, []);
  await rejects(box.rig.command("confirm"), isInvalid);
});

Deno.test("segmentation commands: a plan names what comes and goes, and text prints the ruleset", async () => {
  await using box = await opened();
  await box.rig.command("apply");
  await box.rig.command("confirm");
  box.rig.changeSite({ ...SITE, segmentation: { ...SITE.segmentation, flows: [], pingTargets: ["8.8.4.4"] } });
  const { text } = await box.rig.command("plan");
  match(text, /^- flow\.ems: mgmt 10\.99\.0\.9 -> ot2 10\.21\.0\.11 tcp\/502/m);
  match(text, /^\+ ping\.ot\.8\.8\.4\.4/m);
  ok(!text.includes("ocpp.listeners"), "what stays is not listed");
  match((await box.rig.command("plan", { text: true })).text, /^table inet bulkhead \{$/m);
});

Deno.test("segmentation commands: two do not apply at once, and undo ends the first", async () => {
  await using box = await opened();
  await box.rig.command("apply");
  await rejects(box.rig.command("apply"), isInvalid);
  match((await box.rig.command("undo")).text, /Undone/);
  equal(box.firewall.current.pending, undefined);
  await rejects(box.rig.command("undo"), isInvalid);
  await rejects(box.rig.command("apply", { "confirm-seconds": "4" }), isInvalid);
  await rejects(box.rig.command("apply", { "confirm-seconds": "3601" }), isInvalid);
});

Deno.test("segmentation: rules that hald undid are audited and alarmed once, by whoever runs control then", async () => {
  await using box = await opened();
  await box.rig.command("apply");
  await box.firewall.undo("nobody confirmed it in time");
  const restarted = await segmentationRig(box);
  await restarted.look(2);
  deepEqual(restarted.audited.map(({ event, detail }) => [event, detail?.why]), [
    ["segmentation.undone", "nobody confirmed it in time"],
  ]);
  equal(restarted.raised.filter(({ kind }) => kind === "segmentation.undone").length, 1);
  await restarted.feature.stop!();
});

Deno.test("segmentation: a site that changed is told until its rules are applied", async () => {
  await using box = await opened();
  await box.rig.command("apply");
  await box.rig.command("confirm");
  await box.rig.look();
  equal(box.rig.feature.health!().state, "ok");
  box.rig.changeSite({ ...SITE, stations: SITE.stations.slice(1) });
  await box.rig.look();
  equal(box.rig.feature.health!().state, "degraded");
  ok(box.rig.raised.some(({ kind }) => kind === "segmentation.differs"));
});

Deno.test("segmentation: confirmed rules that are not in the kernel are an alarm and no good health", async () => {
  await using box = await opened();
  await box.rig.command("apply");
  await box.rig.command("confirm");
  box.firewall.current = { ...box.firewall.current, isLoaded: false, missingInterfaces: ["eth2"] };
  await box.rig.look();
  equal(box.rig.feature.health!().state, "degraded");
  deepEqual(
    box.rig.raised.map(({ kind, detail }) => [kind, detail]),
    [["segmentation.not-loaded", undefined], ["segmentation.interface-missing", "eth2"]],
  );
});

Deno.test("segmentation: a refused flow is shown with its rule and how to allow it, and alarmed once per device", async () => {
  await using box = await opened();
  await box.rig.command("apply");
  await box.rig.command("confirm");
  const flow = { interface: "eth1", source: "10.20.0.11", protocol: "tcp", packets: 3 };
  box.firewall.refused.forward = [
    { ...flow, destination: "203.0.113.9", port: 443 },
    { ...flow, destination: "10.21.0.11", port: 22 },
    { ...flow, interface: "eth0", source: "198.51.100.7", destination: "10.20.0.11", port: 80 },
  ];
  await box.rig.look(3);
  deepEqual(box.rig.raised.filter(({ kind }) => kind === "segmentation.flow.denied"), [{
    kind: "segmentation.flow.denied",
    subject: "ot 10.20.0.11",
    detail: "203.0.113.9 tcp/443, 10.21.0.11 tcp/22",
  }]);
  const { text } = await box.rig.command("show");
  match(
    text,
    /ot 10\.20\.0\.11 +uplink 203\.0\.113\.9 +tcp\/443 +segmentation\.default-deny +segmentation\.redirect: \{ id: NAME, zone: ot, tcp: 443/,
  );
  match(text, /segmentation\.maintenance-port +segmentation open CP003 --port 22 --from 10\.20\.0\.11/);
  match(text, /uplink 198\.51\.100\.7 +ot 10\.20\.0\.11/, "an uplink is shown, not alarmed");
  box.rig.cleared.length = 0;
  await box.rig.look(SEGMENTATION_LIMITS.deniedQuietMs / SEGMENTATION_LIMITS.lookMs);
  ok(box.rig.cleared.includes("segmentation.flow.denied ot 10.20.0.11"), "quiet for an hour");
});

Deno.test("segmentation openings: stored, audited with the reason, pushed, closed, and forgotten when their time is over", async () => {
  await using box = await opened();
  const { command, audited } = box.rig;
  match((await command("open", OPEN)).text, /10\.99\.0\.9 reaches port 22 of CP001/);
  deepEqual(box.firewall.openings, [{ source: "10.99.0.9", station: "10.20.0.11", port: 22, seconds: 1_800 }]);
  await command("open", { ...OPEN, port: "23", minutes: "1" });
  match((await command("show")).text, /CP001 +22 +10\.99\.0\.9 +eva +ticket 4711/);
  await box.rig.look(6);
  match((await command("close", { station: "CP001", port: "22" })).text, /Closed port 22 for 10\.99\.0\.9/);
  match((await command("close", { station: "CP001" })).text, /No maintenance port of CP001 is open/);
  deepEqual(audited.map(({ event }) => event), [
    "segmentation.opening.made",
    "segmentation.opening.made",
    "segmentation.opening.ended",
    "segmentation.opening.closed",
  ]);
});

Deno.test("segmentation openings: they survive a restart, and are pushed again when rules were loaded anew", async () => {
  await using box = await opened();
  await box.rig.command("apply");
  await box.rig.command("confirm");
  await box.rig.command("open", OPEN);
  await box.rig.look();
  box.firewall.openings.length = 0; // the rules were flushed and loaded again
  box.firewall.current = { ...box.firewall.current, reloads: 1 };
  box.time.advance(60_000);
  const restarted = await segmentationRig(box);
  await restarted.look();
  equal(box.firewall.openings[0]?.port, 22);
  ok(box.firewall.openings[0]!.seconds < 1_800);
  equal(restarted.audited[0]?.event, "segmentation.reloaded");
  await restarted.feature.stop!();
});

Deno.test("segmentation openings: what the firewall does not take is not remembered as open", async () => {
  await using box = await opened();
  box.firewall.open = () => Promise.reject(new HardwareError("HAL_TOOL_FAILED", "no table"));
  await rejects(box.rig.command("open", OPEN), /no table/);
  match((await box.rig.command("show")).text, /No maintenance port is open/);
});

for (
  const [what, change, wanted] of [
    ["a station that is not there", { station: "cp001" }, /no station "cp001"/],
    ["a station without an address", { station: "CP004" }, /no address/],
    ["a port that is no maintenance port", { port: "443" }, /no maintenance port/],
    ["a port that is no number", { port: "22; drop" }, /--port is/],
    ["a source of another zone", { from: "10.20.0.13" }, /in no zone of maintenanceFrom/],
    ["a source that is no address", { from: "10.99.0.9 accept" }, /in no zone of maintenanceFrom/],
    ["no reason", { reason: " " }, /--reason is missing/],
    ["no time", { minutes: "0" }, /--minutes/],
    ["more than the longest time", { minutes: String(SEGMENTATION_LIMITS.openingMinutes + 1) }, /--minutes/],
  ] as const
) {
  Deno.test(`segmentation openings: ${what} opens nothing`, async () => {
    await using box = await opened();
    await rejects(
      box.rig.command("open", { ...OPEN, ...change }),
      (error) => isInvalid(error) && wanted.test(String(error)),
    );
    deepEqual([box.firewall.openings, box.rig.audited], [[], []]);
  });
}

Deno.test("segmentation openings: the longest time is taken; without maintenanceFrom nobody opens anything", async () => {
  await using box = await opened();
  await box.rig.command("open", { ...OPEN, minutes: String(SEGMENTATION_LIMITS.openingMinutes) });
  box.rig.changeSite({ ...SITE, segmentation: {} });
  await rejects(box.rig.command("open", OPEN), /Nobody may open maintenance ports/);
});

Deno.test("segmentation openings: up to the limit, and one past it is refused", async () => {
  await using box = await opened();
  for (let at = 0; at < SEGMENTATION_LIMITS.openings; at++) {
    await box.rig.command("open", { ...OPEN, from: `10.99.0.${at + 10}` });
  }
  await rejects(
    box.rig.command("open", OPEN),
    (error) => error instanceof GatewayError && error.code === "SEGMENTATION_LIMIT",
  );
  await box.rig.command("open", { ...OPEN, from: "10.99.0.10", minutes: "60" });
});

Deno.test("segmentation explain: which rule decides, and that a shared segment is not seen", async () => {
  await using box = await opened();
  const explain = async (from: string, to: string, what: string) =>
    (await box.rig.command("explain", { from, to, what })).text;
  match(await explain("10.20.0.11", "10.20.0.1", "tcp/8444"), /^Passes, by ocpp\.listeners\.tls/);
  match(await explain("10.20.0.11", "uplink/203.0.113.5", "tcp/443"), /^Refused by segmentation\.default-deny/);
  match(await explain("10.20.0.11", "10.20.0.12", "tcp/22"), /^Passes, by unit\.bay-07/);
  match(await explain("10.21.0.11", "10.21.0.12", "ping"), /do not come by this box/);
  for (
    const [from, what] of [["x", "ping"], ["10.20.0.11", "tcp/0"], ["10.20.0.11", "sctp/1"], [
      "1.2.3.4",
      "ping",
    ]] as const
  ) {
    await rejects(box.rig.command("explain", { from, to: "10.20.0.1", what }), isInvalid);
  }
});

Deno.test("segmentation probe: proven, claimed or none by zone, kept over a restart, and an alarm where the claim is wrong", async () => {
  const zones = [
    { zone: "ot", isolation: "private-vlan", probeInterface: "eth7" },
    { zone: "ot2", isolation: "protected-ports" },
  ];
  await using box = await opened({ ...SITE, segmentation: { ...SITE.segmentation, zones } });
  const heard = (mac: string, address: string) => ({ mac, leaks: ["arp" as const], address });
  box.probe.devices = [heard("02:00:00:00:00:01", "10.20.0.1")]; // the box's own eth0
  match((await box.rig.command("probe")).text, /^ot +proven [^]*^ot2 +switch-claimed [^]*Not tried: ot2/m);
  deepEqual(box.probe.asked, [["eth7", "10.20.0.1", "10.20.0.11", "10.20.0.12", "10.20.0.13"]]);
  box.probe.devices = [...box.probe.devices, heard("02:00:00:00:00:99", "10.20.0.12")];
  match((await box.rig.command("probe")).text, /ot +none +a station's port hears 10\.20\.0\.12 \(arp\)/);
  deepEqual(box.rig.raised.map(({ kind, subject }) => `${kind} ${subject}`), ["segmentation.isolation.broken ot"]);
  const restarted = await segmentationRig(box, box.rig.context.site);
  match((await restarted.command("show")).text, /ot +none +a station's port hears/);
  await restarted.feature.stop!();
});

Deno.test("segmentation: without the section every command says how to begin, and nothing is looked at", async () => {
  await using box = await opened({ ...SITE, segmentation: undefined });
  for (const name of ["plan", "apply", "show"]) {
    await rejects(box.rig.command(name), (error) => error instanceof GatewayError && error.code === "SEGMENTATION_OFF");
  }
  await box.rig.look();
  deepEqual([box.rig.feature.health!().state, box.rig.raised], ["ok", []]);
});

/** A box with a running feature; both end with the test. */
async function opened(site: object = SITE) {
  const box = await segmentationBox();
  const rig = await segmentationRig(box, site);
  return {
    ...box,
    rig,
    async [Symbol.asyncDispose]() {
      await rig.feature.stop!();
      await box.store.close();
    },
  };
}

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { CampaignRig, IMAGE } from "./testing/campaign_rig.ts";
import { NO_PAGES } from "./testing/no_pages.ts";

const three = [{ id: "a" }, { id: "b" }, { id: "c" }];

Deno.test("campaign engine: canary, soak, rest; confirmed by what BootNotification reports", async () => {
  await using rig = await CampaignRig.up({ stations: three });
  const id = await rig.campaign();
  equal(await rig.states(id), "a installing, b pending, c pending");
  await rig.pass(2);
  equal(await rig.states(id), "a checking, b pending, c pending");
  await rig.pass(6);
  equal(await rig.states(id), "a confirmed, b pending, c pending");
  await rig.pass(9);
  equal(await rig.states(id), "a confirmed, b installing, c installing");
  await rig.pass(10);
  equal(await rig.states(id), "a confirmed, b confirmed, c confirmed");
  equal((await rig.report<{ state: string }>(id)).state, "completed");
  deepEqual(
    [...rig.garage.values()].map(({ version, installs }) => [version, installs]),
    Array(3).fill(["5.33.11", 1]),
  );
  deepEqual([...rig.grants.values()], ["closed", "closed", "closed"]);
  equal(rig.alarms.size, 0);
});

Deno.test("campaign engine: a boot with the version is seen at once, not at the next look", async () => {
  await using rig = await CampaignRig.up({ stations: [{ id: "a", behaviour: { boots: "never" } }, { id: "b" }] });
  const id = await rig.campaign();
  await rig.pass(1);
  equal(await rig.states(id), "a installing, b pending");
  rig.station("a").behaviour = {};
  rig.boot(rig.station("a"));
  await rig.settle();
  equal(await rig.states(id), "a checking, b pending");
});

Deno.test("campaign engine: a station that is faulted before is not blamed for it afterwards", async () => {
  await using rig = await CampaignRig.up({ stations: [{ id: "a" }] });
  rig.station("a").faulted = true;
  rig.station("a").connectors = 4;
  rig.facts.get("a")!["connectors"] = 4;
  const id = await rig.campaign();
  await rig.pass(12);
  equal(await rig.states(id), "a confirmed");
});

Deno.test("campaign engine: a station of plain 1.6 gets the plain request when it knows no signed one", async () => {
  await using rig = await CampaignRig.up({ stations: [{ id: "a", behaviour: { isPlain: true } }] });
  const id = await rig.campaign();
  await rig.pass(12);
  equal(await rig.states(id), "a confirmed");
  deepEqual(rig.station("a").asked.map(({ action }) => action).slice(0, 2), ["SignedUpdateFirmware", "UpdateFirmware"]);
  equal("firmware" in rig.station("a").request!.payload, false);
});

Deno.test("campaign engine: vendor signature and certificate reach the station unchanged (L01.FR.11)", async () => {
  await using rig = await CampaignRig.up({ stations: [{ id: "a", behaviour: { protocol: "ocpp2.0.1" } }] });
  await rig.campaign();
  const { payload } = rig.station("a").request!, firmware = payload["firmware"] as Record<string, string>;
  deepEqual([firmware["signature"], firmware["signingCertificate"]], [
    IMAGE.signature!.signature,
    IMAGE.signature!.certificatePem,
  ]);
  equal(Number(payload["requestId"]) > 2 ** 30, true);
  match(firmware["location"]!, /\/ebee_firmware_5.33.11.deb$/);
});

Deno.test("campaign engine: nobody is told while a transaction runs, a connector is reserved or a CSMS updates it", async () => {
  await using rig = await CampaignRig.up({ stations: [{ id: "a" }] });
  const station = rig.station("a");
  station.busy = true;
  const id = await rig.campaign();
  await rig.pass(1);
  equal(await rig.states(id), "a downloaded");
  station.busy = false;
  station.reserved = true;
  await rig.pass(1);
  equal(await rig.states(id), "a downloaded");
  station.reserved = false;
  rig.busyWith.set("a", "its CSMS updates it");
  await rig.pass(1);
  equal(await rig.states(id), "a downloaded");
  equal(station.request, undefined);
  rig.busyWith.clear();
  await rig.pass(0.5);
  equal(await rig.states(id), "a installing");
});

Deno.test("campaign engine: a station that does not reconnect by itself proves its credentials once more", async () => {
  await using rig = await CampaignRig.up({ stations: [{ id: "a", behaviour: { keepsConnection: true } }] });
  const id = await rig.campaign();
  await rig.pass(12);
  equal(await rig.states(id), "a confirmed");
  ok(rig.station("a").since > Date.UTC(2026, 0, 1), "its connection was closed");
});

Deno.test("campaign engine: credentials of the controller's page are tried after the update; refused ones fail the unit", async () => {
  for (const [outcome, state] of [["proven", "confirmed"], ["refused", "failed"], ["unknown", "confirmed"]] as const) {
    const pages = {
      ...NO_PAGES,
      proveCredentials: () => Promise.resolve(outcome),
    };
    await using rig = await CampaignRig.up({ stations: [{ id: "a" }], pages });
    const id = await rig.campaign({ attempts: "1" });
    await rig.pass(12);
    equal(await rig.states(id), `a ${state}`, outcome);
  }
});

const PAIR = [
  { id: "P", unit: "bay", part: "primary" as const },
  { id: "S", unit: "bay", part: "secondary" as const },
];

Deno.test("campaign engine: BC-03: the secondary first, the primary when the secondary has the version, confirmed together", async () => {
  await using rig = await CampaignRig.up({ stations: PAIR });
  const id = await rig.campaign();
  await rig.pass(0.5);
  ok(rig.station("S").request);
  equal(rig.station("P").request, undefined);
  await rig.pass(1.5);
  equal(await rig.states(id), "bay installing");
  ok(rig.station("P").request);
  await rig.pass(8);
  equal(await rig.states(id), "bay confirmed");
});

Deno.test("campaign engine: a pair of which one part fails is tried again, and told of when it stays mixed", async () => {
  await using rig = await CampaignRig.up({
    stations: [{ ...PAIR[0]!, behaviour: { says: ["Downloaded", "Installing", "InstallationFailed"] } }, PAIR[1]!],
  });
  const id = await rig.campaign();
  await rig.pass(8);
  equal(await rig.states(id), "bay failed");
  match(rig.alarms.get("firmware.campaign.unit-mixed bay")!, /P 5\.22\.1/);
  equal(rig.station("S").installs, 1, "the part that has the version is left alone");
  equal(rig.station("P").asked.filter(({ action }) => action === "SignedUpdateFirmware").length, 2);
});

Deno.test("campaign engine: a mixed pair is made whole also when the campaign was aborted", async () => {
  const bad = { says: ["Downloaded", "Installing", "InstallationFailed"] };
  await using rig = await CampaignRig.up({ stations: [{ ...PAIR[0]!, behaviour: bad }, PAIR[1]!] });
  const id = await rig.campaign({ attempts: "3", retry: "10m" });
  await rig.pass(3);
  equal(await rig.states(id), "bay failed");
  await rig.run("campaign abort", { id, because: "test" });
  rig.station("P").behaviour = {};
  await rig.pass(20);
  equal(await rig.states(id), "bay confirmed");
  equal(rig.alarms.size, 0);
  const { state, endedAt } = await rig.report<{ state: string; endedAt: string }>(id);
  equal(state, "aborted");
  ok(endedAt !== "");
});

Deno.test("campaign engine: a part without OCPP waits for a person, for as long as it takes", async () => {
  await using rig = await CampaignRig.up({ stations: [PAIR[0]!, { ...PAIR[1]!, isMute: true }] });
  const id = await rig.campaign();
  await rig.pass(120);
  equal(await rig.states(id), "bay installing");
  match(rig.alarms.get("firmware.campaign.part-waits S")!, /ebee_firmware_5.33.11.deb.*firmware campaign done fw-1 S/);
  equal(rig.station("P").request, undefined);
  await rig.run("campaign done", { id, station: "S" }, "tim");
  await rig.pass(12);
  equal(await rig.states(id), "bay confirmed");
  equal(rig.alarms.size, 0);
});

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { seededRandom } from "../../../demo/seeded_random.ts";
import { CampaignRig } from "./testing/campaign_rig.ts";

const garage = (count: number) => Array.from({ length: count }, (_, at) => ({ id: `s${String(at).padStart(2, "0")}` }));

/** What becomes of a campaign when nobody kills control any more, within a few hours of the garage. */
async function inPeace(rig: CampaignRig, id: string) {
  const report = () => rig.report<{ state: string; counts: Record<string, number> }>(id);
  for (let minutes = 0; minutes < 240 && (await report()).state !== "completed"; minutes += 5) await rig.pass(5);
  return await report();
}

for (const seed of [1, 2, 3, 4, 5]) {
  Deno.test(`campaign engine: killed again and again, every unit is updated once and confirmed (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    await using rig = await CampaignRig.up({ stations: garage(12) });
    const id = await rig.campaign({ rings: "canary:1:1m;rest:100%", parallel: "5", healthy: "1m" });
    for (let round = 0; round < 60; round++) {
      if (random.fraction() < 0.35) await rig.crash();
      // Now and then the end comes in the midst of a look, not between two.
      rig.time.advance(5_000);
      await rig.turns(random.fraction() * 8);
      if (random.fraction() < 0.2) await rig.crash();
      await rig.pass(0.5);
    }
    const { state, counts } = await inPeace(rig, id);
    equal(state, "completed", JSON.stringify(counts));
    equal(counts["confirmed"], 12, JSON.stringify(counts));
    const stations = [...rig.garage.values()];
    deepEqual(new Set(stations.map(({ version }) => version)), new Set(["5.33.11"]));
    deepEqual(stations.filter(({ installs }) => installs !== 1).map(({ id, installs }) => `${id} ${installs}`), []);
    equal([...rig.grants.values()].filter((state) => state === "open").length, 0);
  });
}

Deno.test("campaign engine: what was stored and perhaps not sent is asked for before it is sent again", async () => {
  await using rig = await CampaignRig.up({ stations: [{ id: "a" }] });
  rig.isFrozen = true;
  const id = await rig.campaign();
  equal(await rig.states(id), "a installing");
  await rig.crash();
  rig.isFrozen = false;
  await rig.pass(1.5);
  deepEqual(rig.station("a").asked.map(({ action }) => action).slice(0, 1), ["ExtendedTriggerMessage"]);
  await rig.say("a", "Idle");
  await rig.pass(12);
  equal(await rig.states(id), "a confirmed");
  equal(rig.station("a").installs, 1);
});

Deno.test("campaign engine: a station that heard the request though its answer was lost is not told twice", async () => {
  await using rig = await CampaignRig.up({ stations: [{ id: "a" }] });
  rig.isFrozen = true;
  const id = await rig.campaign();
  rig.isFrozen = false;
  await rig.say("a", "Downloading");
  await rig.say("a", "Installed");
  rig.facts.set("a", { ...rig.facts.get("a"), firmwareVersion: "5.33.11" });
  rig.station("a").since = rig.time.now();
  await rig.pass(8);
  equal(await rig.states(id), "a confirmed");
  equal(rig.station("a").request, undefined);
});

Deno.test("campaign engine: a boot that was lost is asked for", async () => {
  await using rig = await CampaignRig.up({ stations: [{ id: "a", behaviour: { boots: "never" } }] });
  const id = await rig.campaign();
  await rig.pass(1);
  rig.station("a").version = "5.33.11"; // it has booted while nobody listened
  rig.station("a").since = rig.time.now();
  await rig.pass(12);
  equal(await rig.states(id), "a confirmed");
  const triggers = rig.station("a").asked.filter(({ action }) => action === "TriggerMessage");
  ok(triggers.some(({ payload }) => payload["requestedMessage"] === "BootNotification"));
});

Deno.test("campaign engine: a station that has forgotten its update gets another try", async () => {
  await using rig = await CampaignRig.up({ stations: [{ id: "a", behaviour: { says: ["Downloading"] } }] });
  const id = await rig.campaign();
  await rig.pass(0.5);
  rig.station("a").behaviour = {};
  await rig.say("a", "Idle");
  await rig.pass(0.1);
  equal(await rig.states(id), "a failed");
  await rig.pass(12);
  equal(await rig.states(id), "a confirmed");
});

Deno.test("campaign engine: statuses of another request, of a CSMS or of nobody change nothing", async () => {
  await using rig = await CampaignRig.up({ stations: [{ id: "a", behaviour: { says: [] } }, { id: "b" }] });
  const id = await rig.campaign();
  await rig.say("a", "InvalidSignature", 7);
  await rig.say("a", "InvalidSignature", 2 ** 30 + 999);
  await rig.say("b", "InvalidSignature");
  await rig.say("stranger", "InvalidSignature");
  equal(await rig.states(id), "a installing, b pending");
  await rig.say("a", "InvalidSignature", 2 ** 30 + 1);
  await rig.pass(0.1);
  equal(await rig.states(id), "a failed, b pending");
});

Deno.test("campaign engine: a status that came before a crash is not lost", async () => {
  await using rig = await CampaignRig.up({ stations: [{ id: "a", behaviour: { says: [] } }] });
  const id = await rig.campaign();
  await rig.say("a", "Downloading");
  await rig.crash();
  const { units } = await rig.report<{ units: { parts: { phase: string }[] }[] }>(id);
  equal(units[0]!.parts[0]!.phase, "downloading");
});

Deno.test("campaign engine: a station that goes away before it is told is told when it is back", async () => {
  await using rig = await CampaignRig.up({ stations: [{ id: "a" }] });
  rig.station("a").online = false;
  const id = await rig.campaign();
  await rig.pass(30);
  equal(await rig.states(id), "a pending");
  rig.station("a").online = true;
  await rig.pass(12);
  equal(await rig.states(id), "a confirmed");
});

Deno.test("campaign engine: one that loads ahead is called off when the campaign is aborted, one that installs is not (L01.FR.27)", async () => {
  const behaviour = { protocol: "ocpp2.0.1" } as const;
  await using rig = await CampaignRig.up({ stations: [{ id: "a", behaviour }, { id: "b", behaviour }] });
  const hours = { "download-hours": "00:00-24:00", "install-hours": "03:00-04:00" };
  const id = await rig.campaign({ rings: "all:100%", ...hours });
  await rig.pass(5);
  equal(await rig.states(id), "a downloaded, b downloaded");
  await rig.run("campaign abort", { id, because: "wrong file" });
  equal(await rig.states(id), "a skipped, b skipped");
  match(String((rig.station("a").request!.payload["firmware"] as Record<string, string>)["location"]), /\.invalid\//);
  equal([...rig.grants.values()].includes("open"), false);
  equal((await rig.report<{ endedAt: string }>(id)).endedAt !== "", true);
});

Deno.test("campaign engine: hours split loading and installing: loaded ahead in one, told to install in the other", async () => {
  await using rig = await CampaignRig.up({ stations: [{ id: "a", behaviour: { protocol: "ocpp2.0.1" } }] });
  const id = await rig.campaign({ "download-hours": "00:00-01:00", "install-hours": "02:00-04:00" });
  await rig.pass(30);
  equal(await rig.states(id), "a downloaded");
  ok(rig.station("a").isPreload);
  equal(rig.station("a").installs, 0);
  await rig.pass(92);
  ok(!rig.station("a").isPreload);
  await rig.pass(12);
  equal(await rig.states(id), "a confirmed");
  equal(rig.station("a").installs, 1);
});

Deno.test("campaign engine: plain 1.6 cannot wait with the installation, so it loads when it installs", async () => {
  await using rig = await CampaignRig.up({ stations: [{ id: "a", behaviour: { isPlain: true } }] });
  const id = await rig.campaign({ "download-hours": "00:00-01:00", "install-hours": "02:00-04:00" });
  await rig.pass(30);
  equal(await rig.states(id), "a downloaded");
  deepEqual(rig.station("a").asked.map(({ action }) => action), ["SignedUpdateFirmware"]);
  await rig.pass(105);
  equal(await rig.states(id), "a confirmed");
  equal(rig.station("a").installs, 1);
});

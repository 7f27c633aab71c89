import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import type { ControllerPages } from "./parts.ts";
import { CampaignRig } from "./testing/campaign_rig.ts";
import { NO_PAGES } from "./testing/no_pages.ts";
import type { StationBehaviour } from "./testing/fake_station.ts";

const NEW = "5.33.11", OLD = "5.22.1";
const none = (code: string, protocol: StationBehaviour["protocol"] = "ocpp1.6"): StationBehaviour => ({
  ...{ protocol, answer: { error: { code, description: "" } } },
});
interface Part {
  readonly station: string;
  readonly way: string;
  readonly awaitsPerson: boolean;
  readonly person: string;
  readonly proof: string;
  readonly version: string;
  readonly step?: { readonly en: string; readonly de: string };
}
type Report = { readonly units: readonly { readonly why: string; readonly parts: readonly Part[] }[] };
const partOf = async (rig: CampaignRig, id: string, station: string): Promise<Part> =>
  (await rig.report<Report>(id)).units.flatMap(({ parts }) => parts).find((part) => part.station === station)!;

for (const [code, protocol] of [["NotImplemented", "ocpp1.6"], ["NotSupported", "ocpp2.0.1"]] as const) {
  Deno.test(`campaign engine (${protocol}): a station that answers ${code} and has no driver becomes a step for a person, who is named, told what to do, and proven by its next boot`, async () => {
    await using rig = await CampaignRig.up({
      stations: [{ id: "a", behaviour: none(code, protocol) }, { id: "b", behaviour: { protocol } }],
    });
    const id = await rig.campaign();
    await rig.pass(60);
    equal(await rig.states(id), "a installing, b pending", "a canary waits as long as its person needs");
    equal(
      rig.station("a").asked.filter(({ action }) => /UpdateFirmware$/.test(action)).length,
      protocol === "ocpp1.6" ? 2 : 1,
    );
    const waits = await partOf(rig, id, "a");
    deepEqual([waits.way, waits.awaitsPerson, waits.person, waits.proof], ["guided", true, "eva", ""]);
    match(waits.step!.en, /vault/);
    match(waits.step!.de, /Tresor/);
    match(rig.alarms.get("firmware.campaign.part-waits a")!, /^eva: bring ebee_firmware_5\.33\.11\.deb .* to a, then/);
    equal(rig.grants.size, [...rig.grants.values()].filter((state) => state === "closed").length, "nothing to fetch");
    await rig.crash();
    await rig.pass(2);
    equal(await rig.states(id), "a installing, b pending");
    rig.boot(rig.station("a")); // somebody brought the image and the station restarts
    await rig.pass(30);
    equal(await rig.states(id), "a confirmed, b confirmed");
    equal((await partOf(rig, id, "a")).proof, "reported");
    equal(rig.alarms.has("firmware.campaign.part-waits a"), false);
  });
}

Deno.test("campaign engine: whoever takes a part on is named; a person's word is proven by what the station then reports", async () => {
  await using rig = await CampaignRig.up({ stations: [{ id: "a", behaviour: none("NotImplemented") }] });
  const id = await rig.campaign({ attempts: "1", confirm: "6m" });
  await rig.pass(1);
  await rejects(rig.run("campaign take", { id, station: "a", person: "no name" }), /is no name of a person/);
  await rejects(rig.run("campaign take", { id, station: "x" }), /no part of campaign/);
  await rig.run("campaign take", { id, station: "a", person: "tim" }, "eva");
  equal((await partOf(rig, id, "a")).person, "tim");
  match(rig.alarms.get("firmware.campaign.part-waits a")!, /^tim: bring/);
  ok(
    rig.audited.some(({ event, who, detail }) =>
      event === "firmware.campaign.part-taken" && who === "eva" && detail?.["person"] === "tim"
    ),
  );
  const { text, data } = await rig.run("campaign done", { id, station: "a" }, "tim");
  match(text, /next BootNotification is waited for/);
  deepEqual(data, { unit: "a", proof: "reported" });
  ok(rig.station("a").asked.some(({ payload }) => payload["requestedMessage"] === "BootNotification"), "it is asked");
  await rejects(rig.run("campaign done", { id, station: "a" }, "tim"), /Nobody was asked/, "once is enough");
  equal((await partOf(rig, id, "a")).version, OLD, "the word alone changes nothing");
  await rig.pass(10);
  equal(await rig.states(id), "a unconfirmed");
  match((await rig.report<Report>(id)).units[0]!.why, /a reports version 5\.22\.1, not 5\.33\.11/);
});

Deno.test("campaign engine: of a station that never tells its version a person's word is taken, audited and marked; its own word comes before it later", async () => {
  await using rig = await CampaignRig.up({ stations: [{ id: "a", behaviour: none("NotSupported") }] });
  rig.facts.set("a", { connectors: 1 });
  const id = await rig.campaign();
  await rig.pass(1);
  const { text } = await rig.run("campaign done", { id, station: "a" }, "tim");
  match(text, /your word stands, and is marked as one/);
  rig.station("a").since = rig.time.now();
  await rig.pass(12);
  equal(await rig.states(id), "a confirmed");
  const part = await partOf(rig, id, "a");
  deepEqual([part.proof, part.person, part.version], ["word", "tim", NEW]);
  match((await rig.run("campaign report", { id })).text, /only the word of tim/);
  match((await rig.run("campaign report", { id, format: "csv" })).text, /,word,tim/);
  ok(rig.audited.some(({ event, detail }) => event === "firmware.campaign.part-done" && detail?.["proof"] === "word"));
  deepEqual(rig.facts.get("a"), { connectors: 1, firmwareVersion: NEW, versionBy: "person:tim" });
});

/** Pages whose driver takes images, or reads versions. */
function readingPages(versions: Record<string, string | Error>, canUpload = false) {
  const reads: string[] = [];
  const pages: ControllerPages = {
    ...NO_PAGES,
    canUpload: () => canUpload,
    upload: () => Promise.resolve({ ok: true }),
    canReadVersion: () => true,
    readVersion: (station) => {
      reads.push(station);
      const version = versions[station];
      return version instanceof Error ? Promise.reject(version) : Promise.resolve(version);
    },
  };
  return { pages, reads };
}

Deno.test("campaign engine: a part that says nothing itself is proven by the driver of its page, not by a word", async () => {
  const versions: Record<string, string | Error> = { m: OLD }, { pages, reads } = readingPages(versions, true);
  await using rig = await CampaignRig.up({ stations: [{ id: "m", isMute: true, version: OLD }], pages });
  const id = await rig.campaign();
  await rig.pass(3);
  equal(await rig.states(id), "m installing");
  ok(reads.length > 0, "it is looked at while it installs");
  equal(rig.alarms.has("firmware.campaign.part-waits m"), false, "nobody has to go there");
  versions["m"] = new Error("it restarts");
  await rig.pass(2);
  versions["m"] = NEW;
  await rig.pass(10);
  equal(await rig.states(id), "m confirmed");
  equal((await partOf(rig, id, "m")).proof, "read");
});

Deno.test("campaign engine: a person's word about a part whose driver reads versions is checked there", async () => {
  const versions: Record<string, string | Error> = { m: OLD }, { pages } = readingPages(versions);
  await using rig = await CampaignRig.up({ stations: [{ id: "m", isMute: true, version: OLD }], pages });
  const id = await rig.campaign({ attempts: "1", confirm: "6m" });
  await rig.pass(1);
  const { data } = await rig.run("campaign done", { id, station: "m" }, "tim");
  deepEqual(data, { unit: "m", proof: "read" });
  await rig.pass(10);
  equal(await rig.states(id), "m unconfirmed", "the page shows the old version");
});

Deno.test("campaign engine: a station that knows no update is not asked while units only load ahead", async () => {
  await using rig = await CampaignRig.up({ stations: [{ id: "a", behaviour: none("NotImplemented", "ocpp2.0.1") }] });
  const id = await rig.campaign({ "download-hours": "00:00-24:00", "install-hours": "22:00-23:00" });
  await rig.pass(5);
  equal(await rig.states(id), "a downloaded");
  equal(rig.alarms.has("firmware.campaign.part-waits a"), false);
  for (const hours of [0, 22]) if (rig.time.now() % 86_400_000 < hours * 3_600_000) rig.time.advance(hours * 3_600_000);
  await rig.pass(2);
  equal(await rig.states(id), "a installing");
  ok(rig.alarms.has("firmware.campaign.part-waits a"));
});

Deno.test("campaign engine: a power cut before the person was asked asks once more", async () => {
  await using rig = await CampaignRig.up({ stations: [{ id: "m", isMute: true }], pages: NO_PAGES });
  const id = await rig.campaign();
  await rig.pass(0.5);
  rig.alarms.clear();
  await rig.crash();
  await rig.pass(1);
  equal(await rig.states(id), "m installing");
  await rig.run("campaign done", { id, station: "m" }, "tim");
  await rig.pass(12);
  equal(await rig.states(id), "m confirmed");
  equal((await partOf(rig, id, "m")).proof, "word");
});

import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import type { ControllerPages } from "./parts.ts";
import { CampaignRig } from "./testing/campaign_rig.ts";
import { NO_PAGES } from "./testing/no_pages.ts";

const PAIR = [
  { id: "P", unit: "bay", part: "primary" as const },
  { id: "S", unit: "bay", part: "secondary" as const },
];

/** Pages that take every image. @returns them, and to whom they brought one */
function takingPages(onUpload: (station: string) => void = () => {}) {
  const uploads: string[] = [];
  const pages: ControllerPages = {
    ...NO_PAGES,
    canUpload: () => true,
    upload: (station) => {
      uploads.push(station);
      onUpload(station);
      return Promise.resolve({ ok: true });
    },
  };
  return { pages, uploads };
}

Deno.test("campaign engine: a part that says nothing itself gets the image by its page; a person says that it has the version", async () => {
  const { pages, uploads } = takingPages();
  await using rig = await CampaignRig.up({ stations: [PAIR[0]!, { ...PAIR[1]!, isMute: true }], pages });
  const id = await rig.campaign();
  await rig.pass(120);
  equal(await rig.states(id), "bay installing", "however long it takes");
  deepEqual(uploads, ["S"]);
  equal(rig.station("P").request, undefined, "nobody knows yet what S has");
  const { units } = await rig.report<{ units: { parts: { station: string; awaitsPerson: boolean }[] }[] }>(id);
  deepEqual(units[0]!.parts.filter(({ awaitsPerson }) => awaitsPerson).map(({ station }) => station), ["S"]);
  match(rig.alarms.get("firmware.campaign.part-waits S")!, /page of S took .*5\.33\.11, then `firmware campaign done/);
  await rejects(rig.run("campaign done", { id, station: "S", version: "5.22.1" }, "tim"), /has version 5\.22\.1/);
  await rig.crash();
  await rig.run("campaign done", { id, station: "S" }, "tim");
  await rig.pass(12);
  equal(await rig.states(id), "bay confirmed");
  deepEqual([uploads, rig.alarms.size], [["S"], 0]);
});

Deno.test("campaign engine: a station that knows no update by OCPP gets it by its page, and is confirmed by what it boots with", async () => {
  const none = { answer: { error: { code: "NotImplemented", description: "" } } };
  const rigs: CampaignRig[] = [];
  const { pages, uploads } = takingPages((station) => {
    rigs[0]!.time.after(60_000, () => rigs[0]!.boot(rigs[0]!.station(station)));
  });
  await using rig = await CampaignRig.up({ stations: [{ id: "a", behaviour: none }, { id: "b" }], pages });
  rigs.push(rig);
  const id = await rig.campaign();
  await rejects(rig.run("campaign done", { id, station: "a" }, "tim"), /Nobody was asked/);
  await rig.pass(30);
  equal(await rig.states(id), "a confirmed, b confirmed");
  deepEqual(uploads, ["a"], "b takes it by OCPP");
  const { units } = await rig.report<{ units: { parts: { way: string }[]; history: { text: string }[] }[] }>(id);
  deepEqual(units.map(({ parts }) => parts[0]!.way), ["driver", "ocpp"]);
  ok(units[0]!.history.some(({ text }) => /a: it answered NotImplemented; its page is tried/.test(text)));
  deepEqual([...rig.grants.values()], ["closed", "closed"]);
});

Deno.test("campaign engine: a station that took the image by its page and boots with the old version is not confirmed, nor asked by OCPP again", async () => {
  const none = { answer: { error: { code: "NotImplemented", description: "" } } };
  const { pages, uploads } = takingPages();
  await using rig = await CampaignRig.up({ stations: [{ id: "a", behaviour: none }], pages });
  const id = await rig.campaign({ attempts: "2", confirm: "6m" });
  await rig.pass(30);
  equal(await rig.states(id), "a unconfirmed");
  deepEqual(uploads, ["a", "a"]);
  equal(rig.station("a").asked.filter(({ action }) => action === "SignedUpdateFirmware").length, 1);
});

Deno.test("campaign engine: a controller that stands alone and says nothing is not taken for one that is away", async () => {
  for (const pages of [undefined, takingPages().pages]) {
    await using rig = await CampaignRig.up({
      stations: [{ id: "a" }, { id: "m", isMute: true }],
      ...pages ? { pages } : {},
    });
    const id = await rig.campaign();
    await rig.pass(30);
    equal(await rig.states(id), "a confirmed, m installing");
    await rig.run("campaign done", { id, station: "m" }, "tim");
    await rig.pass(12);
    equal(await rig.states(id), "a confirmed, m confirmed");
  }
});

Deno.test("campaign engine: an upload that broke off, or that a power cut ended, is tried again", async () => {
  for (const first of ["broke off", "never ends"]) {
    const uploads: string[] = [];
    const pages: ControllerPages = {
      ...NO_PAGES,
      canUpload: () => true,
      upload: (station) => {
        if (uploads.push(station) > 1) return Promise.resolve({ ok: true });
        return first === "broke off"
          ? Promise.resolve({ ok: false, why: "away: its connection broke" })
          : Promise.withResolvers<never>().promise;
      },
    };
    await using rig = await CampaignRig.up({ stations: [{ id: "m", isMute: true }], pages });
    const id = await rig.campaign({ attempts: "2", confirm: "6m" });
    await rig.pass(0.5);
    if (first === "never ends") await rig.crash();
    await rig.pass(20);
    deepEqual([await rig.states(id), uploads], ["m installing", ["m", "m"]], first);
    ok(rig.alarms.has("firmware.campaign.part-waits m"));
    await rig.run("campaign done", { id, station: "m" }, "tim");
    await rig.pass(12);
    equal(await rig.states(id), "m confirmed", first);
  }
});

Deno.test("campaign engine: a part whose page has not taken the image yet is no person's to say done", async () => {
  const { pages } = takingPages();
  const slow = { ...pages, upload: () => Promise.withResolvers<never>().promise };
  await using rig = await CampaignRig.up({ stations: [{ id: "m", isMute: true }], pages: slow });
  const id = await rig.campaign();
  await rejects(rig.run("campaign done", { id, station: "m" }, "tim"), /Nobody was asked to update m by hand now/);
});

Deno.test("campaign engine: a driver that fails says why", async () => {
  const pages = {
    ...NO_PAGES,
    canUpload: () => true,
    upload: () => Promise.resolve({ ok: false, why: "its page refused the file", isFinal: true } as const),
  };
  await using rig = await CampaignRig.up({ stations: [PAIR[0]!, { ...PAIR[1]!, isMute: true }], pages });
  const id = await rig.campaign();
  await rig.pass(2);
  equal(await rig.states(id), "bay failed");
  match((await rig.report<{ units: { why: string }[] }>(id)).units[0]!.why, /S: its page refused the file/);
});

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type LightSite, withLightSite } from "../support/light_site.ts";
import { waitFor } from "../support/wait_for.ts";

type Site = LightSite;

interface Data {
  readonly stations: readonly { readonly station: string; readonly state: string; readonly why: string }[];
}

const statusOf = async (site: Site): Promise<Data> => (await site.command("csms migrate status")).data;

/** Stations of a migration by their state. */
async function states(site: Site): Promise<Record<string, number>> {
  const data = await statusOf(site);
  const counts: Record<string, number> = {};
  for (const { state } of data.stations) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

async function until(site: Site, wanted: Record<string, number>): Promise<void> {
  await waitFor(`the stations to be ${JSON.stringify(wanted)}`, async () => {
    const now = await states(site);
    return JSON.stringify(Object.entries(now).sort()) === JSON.stringify(Object.entries(wanted).sort());
  });
}

Deno.test("T12: 200 stations move to a new CSMS in one change, between transactions, over a crash, without touching one", () =>
  withLightSite(200, {}, async (site) => {
    const { old, next, stations } = site;
    const charging = stations.filter((_, at) => at % 10 === 3);
    await Promise.all(charging.map((station) => station.start()));
    match(
      (await site.command("csms migrate plan", { from: "old", to: "new", "wave-size": "200" })).text,
      /200 stations/,
    );
    equal(next.stations.length, 0, "a plan moves nobody");
    await site.command("csms migrate wave");
    await waitFor("those that do not charge to be at the new CSMS", () => next.stations.length === 180);
    equal(charging.every(({ isUp, connects }) => isUp && connects === 1), true, "who charges notices nothing");
    await Promise.all(charging.map((station) => station.meter()));
    deepEqual(old.stations, charging.map(({ id }) => id).sort());
    equal(old.of("MeterValues").length, 20);

    await site.crash();
    await waitFor("all to be back where they belong", () => next.stations.length === 180 && old.stations.length === 20);
    const data = await statusOf(site);
    await waitFor("all to be up again", () => stations.every(({ isUp }) => isUp));
    const waiting = data.stations.filter(({ state }) => state === "waiting");
    deepEqual(waiting.map(({ station }) => station), charging.map(({ id }) => id));

    await Promise.all(charging.map((station) => station.stop()));
    await until(site, { accepted: 200 });
    await waitFor("all to be at the new CSMS alone", () => next.stations.length === 200 && old.stations.length === 0);
    equal(old.of("StopTransaction").length, 20, "a transaction ends where it began");
    deepEqual([next.of("StopTransaction"), next.of("MeterValues"), next.of("StartTransaction")], [[], [], []]);
    ok(
      stations.every(({ asked }) => asked.every((action) => action === "TriggerMessage")),
      "nothing was set in a station",
    );
    const { text } = await site.command("csms migrate finish");
    match(text, /write csms: new/);
  }));

Deno.test("product: a migration goes in waves, a refusing CSMS holds the next one, and one command brings all back", () =>
  withLightSite(6, {}, async (site) => {
    const { old, next, stations } = site;
    next.rejected.add("CP001");
    next.unknown.add("CP002");
    await site.command("csms migrate plan", { from: "old", to: "new", "wave-size": "3" });
    await site.command("csms migrate shadow");
    await waitFor("the new CSMS to shadow", () => next.stations.length === 5);
    await stations[0]!.call("Heartbeat");
    await waitFor(
      "its answers to be compared",
      async () =>
        /CP000 .* 1 +0 /.test(
          (await site.command("csms migrate status")).text.replaceAll(/\s+/g, " ").replace(/(CP000)/, "$1"),
        ) ||
        JSON.stringify((await site.command("csms migrate status")).data).includes('"same":1'),
    );
    await site.command("csms migrate wave");
    await until(site, { accepted: 1, failed: 2, planned: 3 });
    await waitFor(
      "the refused ones to be at the old CSMS",
      () => old.stations.join() === "CP001,CP002,CP003,CP004,CP005",
    );
    const refusal = await site.command("csms migrate wave").catch((error) => error);
    match(String(refusal.message ?? refusal.text), /2 stations of the waves before are not accepted by new/);
    await stations[0]!.start();
    equal(stations[0]!.transactionId! > 9_000, true, "a transaction of the new CSMS");
    await site.command("csms migrate back");
    equal(next.stations.includes("CP000"), true, "it charges there");
    await stations[0]!.stop();
    await waitFor("all to be back", () => old.stations.length === 6);
    equal(next.of("StopTransaction").length, 1);
    match((await site.command("csms migrate finish")).text, /the migration is over/);
  }));

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { seededRandom } from "../../gateway/demo/seeded_random.ts";
import { type UpdatingSite, withUpdatingSite } from "../support/updating_garage.ts";
import { waitFor } from "../support/wait_for.ts";

// The whole product: 200 stations that load over HTTPS, install and boot; approvals by two persons; kill -9.

interface Report {
  readonly state: string;
  readonly why: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly units: readonly { readonly unit: string; readonly state: string; readonly why: string }[];
}

const STATIONS = 200, PAIRS = 10, UNITS = STATIONS - PAIRS;
const PARALLEL = 120, OUT_PERCENT = 70;
const LIMITS = {
  ...{ parallel: String(PARALLEL), "out-percent": String(OUT_PERCENT), "stop-failures": "40", "stop-percent": "60" },
  ...{ attempts: "5", retry: "2s", confirm: "10m", healthy: "1s" },
};

async function start(site: UpdatingSite, image: string, rings: string, more: Record<string, string> = {}) {
  const { data } = await site.command<{ id: string }>("firmware campaign new", { image, rings, ...LIMITS, ...more });
  await site.command("firmware campaign approve", { id: data.id }, "olga");
  await site.command("firmware campaign start", { id: data.id });
  return data.id;
}

const reportOf = async (site: UpdatingSite, id: string) =>
  (await site.command<Report>("firmware campaign report", { id })).data;

/** A report tells of every unit: it is asked for a few times a second, not as fast as it comes. */
async function stands(site: UpdatingSite, id: string, state: string): Promise<void> {
  await waitFor(
    `campaign ${id} to be ${state}`,
    async () => (await reportOf(site, id)).state === state,
    150_000,
    250,
    () => leftOf(site, id),
  );
}

/** Where a campaign stands, for a wait that was in vain: what is under way or has failed, and stations that are away. */
async function leftOf(site: UpdatingSite, id: string): Promise<unknown> {
  const { units, ...report } = await reportOf(site, id);
  const left = units.filter((unit) => unit.state !== "pending" && unit.state !== "confirmed");
  const away = site.stations.filter(({ isUp, isOut }) => !isUp || isOut)
    .map(({ id, version, isOut, statuses }) => ({ id, version, isOut, last: statuses.at(-1) }));
  return { report, left, away };
}

Deno.test("campaigns: a bad image stops in the canary; a good one reaches 200 stations while the gateway is killed ten times", () =>
  withUpdatingSite(STATIONS, PAIRS, async (site) => {
    const { stations } = site;
    const bad = await site.take("2.0.0", false);
    const stopped = await start(site, bad.sha256, "canary:1:1s;rest:100%", { attempts: "2" });
    await stands(site, stopped, "paused");
    const { why, counts, units } = await reportOf(site, stopped);
    match(why, /no unit of ring canary took it/);
    deepEqual([counts["failed"], counts["pending"]], [2, UNITS - 2], "one pair, one that stands alone");
    match(units.find(({ state }) => state === "failed")!.why, /could not install/);
    deepEqual(new Set(stations.map(({ version }) => version)), new Set(["1.0.0"]));
    const told = stations.filter(({ statuses }) => statuses.length > 0).map(({ id }) => id);
    equal(told.length, 2, `only the canary was told, and of a pair only the first: ${told}`);
    match((await site.command("alarms list")).text, /firmware\.campaign\.stopped/);
    await site.command("firmware campaign abort", { id: stopped, because: "bad image" });

    const good = await site.take("2.1.0", true);
    const id = await start(site, good.sha256, "canary:1:1s;rest:100%");
    const random = seededRandom(7);
    for (let kills = 0; kills < 10; kills++) {
      const before = stations.filter(({ version }) => version === "2.1.0").length;
      const goal = Math.min(STATIONS, before + Math.ceil(random.fraction() * 12));
      await waitFor(
        `station ${goal} to have it`,
        () => stations.filter(({ version }) => version === "2.1.0").length >= goal,
        120_000,
        undefined,
        () => leftOf(site, id),
      );
      await site.crash();
    }
    await waitFor(
      "the good image to be everywhere",
      () => stations.every(({ version }) => version === "2.1.0"),
      120_000,
      undefined,
      () => leftOf(site, id),
    );
    await stands(site, id, "completed");
    const end = await reportOf(site, id);
    equal(end.counts["confirmed"], UNITS, JSON.stringify(end.counts));
    deepEqual(
      stations.filter(({ version }) => version !== "2.1.0").map(({ id }) => id),
      [],
      "no station is mixed or left behind",
    );
    deepEqual(stations.filter(({ isBricked }) => isBricked).map(({ id }) => id), []);
    ok(site.mostOut() <= STATIONS * OUT_PERCENT / 100, `${site.mostOut()} were out of service at one time`);
    ok(site.mostOut() <= PARALLEL, `${site.mostOut()} installed at one time`);
    equal((await site.command<{ ok: boolean }>("audit verify") as { ok?: boolean }).ok !== false, true);
  }));

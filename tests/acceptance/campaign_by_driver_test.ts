import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { type CharxPages, charxPages } from "../../gateway/demo/controllers/charx.ts";
import { type SimDevice, startDevice } from "../../gateway/demo/controllers/simulated_device.ts";
import { PASSWORD, type UpdatingSite, withUpdatingSite } from "../support/updating_garage.ts";
import { waitFor } from "../support/wait_for.ts";

// The whole product: one campaign, each of its ways to a station (issue 7, point 5), and an image that was changed on the disk.
// CP000 takes images by OCPP; CP001 speaks OCPP and knows no update, so its page is used; PAGE has nothing but a page; USB
// has nothing that the gateway could reach.

interface Part {
  readonly way: string;
  readonly version: string;
}
interface Report {
  readonly state: string;
  readonly why: string;
  readonly holds: string;
  readonly units: readonly {
    readonly unit: string;
    readonly state: string;
    readonly why: string;
    readonly parts: readonly Part[];
  }[];
}

const LIMITS = {
  ...{ parallel: "10", "out-percent": "100", attempts: "2", retry: "1s", confirm: "10m", healthy: "1s" },
};
const reportOf = async (site: UpdatingSite, id: string) =>
  (await site.command<Report>("firmware campaign report", { id })).data;
const statesOf = ({ units }: Report) => Object.fromEntries(units.map(({ unit, state }) => [unit, state]));

async function start(site: UpdatingSite, args: Record<string, string>): Promise<string> {
  const { data } = await site.command<{ id: string }>("firmware campaign new", { ...LIMITS, ...args });
  await site.command("firmware campaign approve", { id: data.id }, "olga");
  await site.command("firmware campaign start", { id: data.id });
  return data.id;
}

interface Controller {
  readonly charx: CharxPages;
  readonly device: SimDevice;
  /** What it does when it is told to install. */
  installs: () => void;
}

async function controller(): Promise<Controller> {
  const charx = charxPages({ manufacturer: PASSWORD });
  const own = { charx, installs: () => {} };
  const device = await startDevice((request) => {
    const before = charx.installs.length, answer = charx.pages(request);
    if (charx.installs.length > before) own.installs();
    return answer;
  });
  return Object.assign(own, { device });
}

Deno.test("campaigns: by OCPP, by the controller's page and by hand, each confirmed by its version; an image that was changed on the disk goes nowhere", async () => {
  const spoken = await controller(), silent = await controller();
  const ui = ({ device }: Controller) => ({
    ...{ url: device.origin, driver: "charx", plaintext: "isolated-segment" },
    accounts: [{ role: "manufacturer", passwordFile: "password" }],
  });
  const light = { vendor: "light", model: "L1" };
  try {
    await withUpdatingSite(
      2,
      0,
      async (site) => {
        const [, deaf] = site.stations;
        deaf!.isDeaf = true;
        spoken.installs = () => deaf!.flash("2.0.0");
        await everyWay(site, spoken.charx, silent.charx);
        await changedOnDisk(site, silent.charx);
      },
      ({ console, devicePages }) => ({
        console: {
          listen: `127.0.0.1:${console}`,
          hostname: "gw.garage.example",
          devicePages: { listen: `127.0.0.1:${devicePages}` },
        },
        stations: [
          { id: "CP001", ui: ui(spoken) },
          { id: "PAGE", ...light, ui: ui(silent) },
          { id: "USB", ...light, access: "usb-only" },
        ],
      }),
    );
  } finally {
    for (const { device } of [spoken, silent]) await device.close();
  }
});

async function everyWay(site: UpdatingSite, spoken: CharxPages, silent: CharxPages): Promise<void> {
  const { sha256 } = await site.take("2.0.0", true);
  deepEqual([...spoken.images, ...silent.images], [], "nothing goes to anybody before the campaign runs");
  const id = await start(site, { image: sha256, rings: "all:100%" });
  await waitFor(
    "the stations that report their version to be confirmed, and the others to wait for a person",
    async () => {
      const states = statesOf(await reportOf(site, id));
      const { text } = await site.command("alarms list");
      return states["CP000"] === "confirmed" && states["CP001"] === "confirmed" &&
        /part-waits[^\n]*PAGE/.test(text) && /part-waits[^\n]*USB/.test(text);
    },
    60_000,
    250,
  );
  deepEqual([spoken.images, silent.images], [[sha256], [sha256]], "whole, and once");
  deepEqual([spoken.installs, silent.installs], [["2.0.0.bin"], ["2.0.0.bin"]]);
  const [byOcpp, byPage] = site.stations;
  deepEqual([byOcpp!.statuses.includes("Installing"), byPage!.statuses], [true, []]);
  deepEqual([byOcpp!.version, byPage!.version], ["2.0.0", "2.0.0"]);

  // Nobody has seen what the silent one has: the campaign is not over, whatever its page said, nor after a power cut.
  await site.crash();
  const waiting = await reportOf(site, id);
  deepEqual([waiting.state, statesOf(waiting)["PAGE"], statesOf(waiting)["USB"]], [
    "running",
    "installing",
    "installing",
  ]);
  for (const station of ["PAGE", "USB"]) await site.command("firmware campaign done", { id, station }, "tim");
  const end = await waitFor(
    "the campaign to be completed",
    async () => {
      const report = await reportOf(site, id);
      return report.state === "completed" ? report : undefined;
    },
    60_000,
    250,
  );
  deepEqual(end.units.map(({ unit, state, parts: [part] }) => [unit, state, part!.way, part!.version]), [
    ["CP000", "confirmed", "ocpp", "2.0.0"],
    ["CP001", "confirmed", "driver", "2.0.0"],
    ["PAGE", "confirmed", "driver", "2.0.0"],
    ["USB", "confirmed", "guided", "2.0.0"],
  ]);
  deepEqual([spoken.images, silent.images], [[sha256], [sha256]], "the power cut brought it to nobody twice");
}

async function changedOnDisk(site: UpdatingSite, silent: CharxPages): Promise<void> {
  const before = [...silent.images];
  const { sha256 } = await site.take("2.1.0", true);
  const id = await start(site, { image: sha256, stations: "CP000,PAGE", rings: "canary:1:0s:hold;rest:100%" });
  await waitFor("the canary to be over", async () => (await reportOf(site, id)).holds === "canary", 60_000, 250);
  const file = join(site.folder, "data", "firmware", "verified", sha256), bytes = await Deno.readFile(file);
  bytes[bytes.length - 1]! ^= 1;
  await Deno.writeFile(`${site.folder}/changed`, bytes);
  await Deno.rename(`${site.folder}/changed`, file);
  await site.command("firmware campaign release", { id });
  const end = await waitFor(
    "the campaign to end for its image",
    async () => {
      const report = await reportOf(site, id);
      return report.state === "aborted" && statesOf(report)["PAGE"] === "failed" ? report : undefined;
    },
    60_000,
    250,
  );
  match(end.why, /image was withdrawn: the file was changed on the disk/);
  match(end.units.find(({ unit }) => unit === "PAGE")!.why, /rule: .*changed on the disk/);
  deepEqual(silent.images, before, "not one byte of it went to the page");
  equal(end.units.find(({ unit }) => unit === "CP000")!.state, "confirmed", "it had it before");
  ok((await site.command("alarms list")).text.includes("firmware.campaign.stopped"));
  await rejects(start(site, { image: sha256, rings: "all:100%" }), /is withdrawn/);
}

import { deepEqual, equal, match } from "node:assert/strict";
import { type LightSite, withLightSite } from "../support/light_site.ts";
import { waitFor } from "../support/wait_for.ts";

/** Three stations with a mirror that gets cut and lets nobody in. */
function withMirrorAway(test: (site: LightSite) => Promise<void>): Promise<void> {
  return withLightSite(3, { mode: "read-only", badges: "pass" }, async (site) => {
    const { next, stations } = site;
    await waitFor("the mirror to have all stations", () => next.of("BootNotification").length >= 3);
    for (const { id } of stations) next.unknown.add(id);
    next.cut();
    await waitFor("the mirror to be away", () => next.stations.length === 0);
    await test(site);
  });
}

Deno.test("failure matrix: a mirror or secondary / stations connected: open: they charge on and notice nothing", () =>
  withMirrorAway(async ({ stations, old }) => {
    await stations[0]!.start();
    await stations[0]!.meter();
    equal(old.of("MeterValues").length, 1);
    deepEqual(stations.map(({ connects, isUp }) => [connects, isUp]), [[1, true], [1, true], [1, true]]);
  }));

Deno.test("failure matrix: a mirror or secondary / new station connections: open: let in without it", () =>
  withMirrorAway(async ({ stations, old }) => {
    stations[0]!.powerOff();
    await waitFor("it to be gone", () => !old.stations.includes("CP000"));
    stations[0]!.powerOn();
    await waitFor("it to be back", () => old.stations.includes("CP000") && stations[0]!.isUp);
    await stations[0]!.call("Heartbeat");
  }));

Deno.test("failure matrix: a mirror or secondary / transaction messages: open: none is lost", () =>
  withMirrorAway(async ({ stations, old }) => {
    await Promise.all(stations.map((station) => station.start()));
    for (let i = 0; i < 20; i++) await Promise.all(stations.map((station) => station.meter()));
    await Promise.all(stations.map((station) => station.stop()));
    equal(old.of("StartTransaction").length, 3);
    equal(old.of("MeterValues").length, 60);
    equal(old.of("StopTransaction").length, 3);
  }));

Deno.test("failure matrix: a mirror or secondary / people and commands: open: `csms list` and `alarms list` show it away", () =>
  withMirrorAway(async (site) => {
    await waitFor(
      "the list",
      async () => /new +read-only +127\.0\.0\.1:\d+ +0 +0 +3/.test((await site.command("csms list")).text),
    );
    await waitFor("the alarm", async () => /ocpp\.mirror\.away/.test((await site.command("alarms list")).text));
  }));

Deno.test("failure matrix: a mirror or secondary / audit: open: nothing is missing", () =>
  withMirrorAway(async (site) => {
    await waitFor(
      "the alarm in the chain",
      async () => /alarm\.raised/.test((await site.command("audit tail", { lines: "500" })).text),
    );
    site.stations[0]!.powerOff();
    await waitFor(
      "the end of a session",
      async () => /ocpp\.session\.closed/.test((await site.command("audit tail", { lines: "500" })).text),
    );
  }));

Deno.test("failure matrix: a mirror or secondary / back in service: by itself: it gets what waited, oldest first, up to its bounds", () =>
  withMirrorAway(async ({ stations, next }) => {
    const [station] = stations;
    await station!.start();
    for (let i = 0; i < 3; i++) await station!.meter();
    await station!.stop();
    const before = next.calls.length;
    next.unknown.clear();
    await waitFor("what waited", () => next.of("StopTransaction").length === 1);
    const missed = next.calls.slice(before).filter((call) => call.station === "CP000").map(({ action }) => action);
    const transaction = ["StartTransaction", "MeterValues", "MeterValues", "MeterValues", "StopTransaction"];
    deepEqual(missed, ["BootNotification", ...transaction]);
    match(String(next.of("StartTransaction")[0]!.payload["idTag"]), /^TAG$/);
  }));

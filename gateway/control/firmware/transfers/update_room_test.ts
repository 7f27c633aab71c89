import { deepEqual, equal, match } from "node:assert/strict";
import { begin, heard, until } from "../testing/request_talk.ts";
import { type TransferRig, withTransfers } from "../testing/transfer_rig.ts";
import { TRANSFER_LIMITS } from "./limits.ts";

/** A request that is verified and waits. */
async function waiting(rig: TransferRig): Promise<void> {
  rig.connect("CP001");
  await rig.request();
  await begin(rig);
  await until(rig, "waiting");
  await rig.looking("the reason", () => rig.newest()!.why !== undefined);
  await rig.look();
}
const site =
  (requests: Record<string, unknown>, unit?: string) => (given: { firmware: object; stations: object[] }) => ({
    ...given,
    firmware: { ...given.firmware, requests },
    stations: given.stations.map((station, at) => unit !== undefined && at < 2 ? { ...station, unit } : station),
  });

const BUSY: readonly (readonly [string, (rig: TransferRig) => void, (rig: TransferRig) => void, RegExp])[] = [
  [
    "a transaction that its messages told of",
    ({ state }) => state.activity.set("CP001", { state: "busy", why: "connector 1 charges" }),
    ({ state }) => state.activity.set("CP001", { state: "idle" }),
    /connector 1 charges/,
  ],
  [
    "a transaction that control knows of",
    ({ state }) => state.transactions.set("CP001", "transaction 7 runs"),
    ({ state }) => state.transactions.clear(),
    /transaction 7 runs/,
  ],
  [
    "a reservation",
    ({ state }) => state.reserved.add("CP001"),
    ({ state }) => state.reserved.clear(),
    /connector 1 is reserved/,
  ],
];
for (const [what, begins, ends, why] of BUSY) {
  Deno.test(
    `update request: ${what} is not disturbed; the station is asked when it is over`,
    withTransfers(async (rig) => {
      begins(rig);
      await waiting(rig);
      equal(rig.calls.length, 0);
      match(rig.newest()!.why!, why);
      deepEqual(heard(rig), ["DownloadScheduled"], "which is what the CSMS knows, and is so");
      ends(rig);
      await until(rig, "station");
      equal(rig.calls.length, 1);
    }),
  );
}

Deno.test(
  "update request: a transaction on another part of the unit holds it up as well",
  withTransfers(async (rig) => {
    rig.connect("CP003");
    rig.state.activity.set("CP003", { state: "busy", why: "connector 2 charges" });
    await waiting(rig);
    deepEqual([rig.calls.length, rig.newest()!.why], [0, "CP003 of its unit: connector 2 charges"]);
    rig.state.activity.clear();
    await until(rig, "station");
  }, site({}, "bay-07")),
);

Deno.test(
  "update request: a transaction of a part that is not connected, as control remembers it, holds the unit up",
  withTransfers(async (rig) => {
    rig.state.transactions.set("CP003", "transaction 8 runs");
    await waiting(rig);
    equal(rig.newest()!.why, "CP003 of its unit: transaction 8 runs");
  }, site({}, "bay-07")),
);

Deno.test(
  "update request: of stations that share no unit each is asked for itself",
  withTransfers(async (rig) => {
    rig.state.transactions.set("CP003", "transaction 8 runs");
    rig.connect("CP001");
    await rig.request();
    await begin(rig);
    await until(rig, "station");
  }),
);

Deno.test(
  "update request: what a Worker cannot say is taken as do not disturb",
  withTransfers(async (rig) => {
    rig.rig.answers["station.activity"] = () => Promise.reject(new Error("restarting"));
    await waiting(rig);
    deepEqual([rig.calls.length, rig.newest()!.why], [0, "its Worker does not answer"]);
  }),
);

Deno.test(
  "update request: only at the site's hours is a station asked",
  withTransfers(async (rig) => {
    rig.state.minuteOfWeek = 21 * 60 + 59;
    await waiting(rig);
    equal(rig.calls.length, 0);
    equal(rig.newest()!.why, "the site updates only 22:00-05:00 (firmware.requests.hours)");
    rig.state.minuteOfWeek++;
    await until(rig, "station");
  }, site({ hours: { from: "22:00", to: "05:00" } })),
);

Deno.test(
  "update request: hours of some days are said with their days",
  withTransfers(async (rig) => {
    await waiting(rig);
    match(rig.newest()!.why!, /only sat,sun 08:00-20:00/);
  }, site({ hours: { days: ["sat", "sun"], from: "08:00", to: "20:00" } })),
);

Deno.test(
  "update request: a site may let stations be updated while they charge; they wait themselves then (L01.FR.06)",
  withTransfers(async (rig) => {
    rig.state.activity.set("CP001", { state: "busy" });
    rig.connect("CP001");
    await rig.request();
    await begin(rig);
    await until(rig, "station");
  }, site({ waitForIdle: false })),
);

Deno.test(
  "update request: one that waited as long as the site lets it has failed, and its CSMS hears that; kill -9 between",
  withTransfers(async (rig) => {
    rig.state.activity.set("CP001", { state: "busy", why: "connector 1 charges" });
    await waiting(rig);
    await rig.restart();
    equal(rig.newest()!.why, "connector 1 charges");
    await rig.look(3_600_000 - 10 * TRANSFER_LIMITS.lookMs);
    equal(rig.newest()!.state, "waiting");
    await until(rig, "failed");
    equal(rig.newest()!.rule, "firmware.waited");
    await rig.looking("the CSMS to hear", () => heard(rig).length === 2);
    deepEqual([heard(rig), rig.calls], [["DownloadScheduled", "DownloadFailed"], []]);
  }, site({ waitHours: 1 })),
);

Deno.test(
  "update request: asked how far it is while it waits, the CSMS hears it from the gateway; then from the station",
  withTransfers(async (rig) => {
    rig.state.activity.set("CP001", { state: "busy" });
    await waiting(rig);
    const watched = async () => (await rig.handlers()["firmware.watched"]!({})).stations;
    deepEqual(await watched(), [{ stationId: "CP001", update: true, upload: false, unasked: true }]);
    await rig.handlers()["firmware.triggered"]!({ stationId: "CP001" });
    equal(heard(rig).length, 1, "not before the CSMS has its answer");
    await begin(rig);
    await rig.looking("it to be told", () => heard(rig).length === 2);
    deepEqual(heard(rig), ["DownloadScheduled", "DownloadScheduled"]);
    rig.state.activity.clear();
    await until(rig, "station");
    deepEqual(await watched(), [{ stationId: "CP001", update: true, upload: false }]);
  }),
);

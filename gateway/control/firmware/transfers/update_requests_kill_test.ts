import { deepEqual, equal, ok } from "node:assert/strict";
import { begin, heard, say, until, untilTold } from "../testing/request_talk.ts";
import { SHA, withTransfers } from "../testing/transfer_rig.ts";
import { TRANSFER_LIMITS } from "./limits.ts";

// kill -9 at every step: what is stored is enough to go on

for (const state of ["fetching", "held", "waiting", "station", "installed"]) {
  Deno.test(
    `update request: the gateway is killed in "${state}" and goes on`,
    withTransfers(async (rig) => {
      if (state !== "waiting") rig.connect("CP001");
      if (state === "held") {
        rig.vault.records.set(SHA, { ...rig.vault.records.get(SHA)!, state: "held" });
        rig.vault.judges("held", "firmware.held");
      }
      await rig.request();
      if (state !== "fetching") await begin(rig);
      if (state === "station" || state === "installed") {
        await until(rig, "station");
        if (state === "installed") await say(rig, "Installed");
      } else if (state !== "fetching") await until(rig, state);
      if (state === "held") await untilTold(rig);
      await rig.restart();
      equal((await rig.states())[0]?.state, state);
      rig.connect("CP001");
      rig.vault.records.set(SHA, { ...rig.vault.records.get(SHA)!, state: "verified" });
      await rig.look(TRANSFER_LIMITS.heldLookMs);
      if (state !== "installed") await until(rig, "station");
      equal(rig.calls.length, 1, "the station is asked once");
      await say(rig, "Installed");
      await rig.facts.learn("CP001", { firmwareVersion: "2.0" });
      await until(rig, "confirmed");
      await untilTold(rig);
      equal(heard(rig).filter((one) => one === "DownloadScheduled").length, 1);
    }),
  );
}

Deno.test(
  'update request: the gateway is killed in "sending", and the station that may have heard it is asked once more',
  withTransfers(async (rig) => {
    rig.connect("CP001");
    rig.state.station = new Promise(() => {}) as never;
    await rig.request();
    await begin(rig);
    await until(rig, "sending");
    await rig.until("the call", () => rig.calls.length === 1);
    await rig.restart();
    rig.state.station = { result: { status: "AcceptedCanceled" } };
    await rig.look(TRANSFER_LIMITS.resendMs - TRANSFER_LIMITS.lookMs);
    equal(rig.calls.length, 1, "not at once: it may be at work");
    await until(rig, "station");
    equal(rig.calls.length, 2);
    const open = rig.feature.transfers.all().filter((grant) => grant.state === "open");
    equal(open.length, 1, "the first URL leads nowhere any more");
  }),
);

Deno.test(
  'update request: the gateway is killed in "sending", and the station that had heard it is not asked again',
  withTransfers(async (rig) => {
    rig.connect("CP001");
    rig.state.station = new Promise(() => {}) as never;
    await rig.request();
    await begin(rig);
    await until(rig, "sending");
    await rig.until("the call", () => rig.calls.length === 1);
    await rig.restart();
    await say(rig, "Downloading");
    equal(rig.newest()?.state, "station");
    await rig.look(TRANSFER_LIMITS.resendMs);
    await rig.look();
    equal(rig.calls.length, 1);
    equal(rig.feature.transfers.all()[0]?.state, "open", "the URL that it has leads on");
  }),
);

// A message to the CSMS is on its way when the gateway is killed: at least once, at most once more for every kill.

Deno.test(
  "update request: killed before its CSMS was told: it is told after the restart, once",
  withTransfers(async (rig) => {
    rig.connect("CP001");
    rig.state.csms = "away";
    await rig.request();
    await begin(rig);
    await rig.look();
    deepEqual(heard(rig), []);
    await rig.restart();
    rig.state.csms = "answered";
    await untilTold(rig);
    await rig.restart();
    await until(rig, "station");
    await rig.look();
    deepEqual(heard(rig), ["DownloadScheduled"]);
  }),
);

Deno.test(
  "update request: killed between telling its CSMS and storing that: it is told once more, and never again",
  withTransfers(async (rig) => {
    rig.connect("CP001");
    rig.state.csms = new Promise(() => {}); // it has the message, its answer does not come any more
    await rig.request();
    await begin(rig);
    await rig.until("it to be told", () => rig.told.length === 1);
    await rig.restart();
    equal(rig.newest()?.telling.length, 1, "nobody knows that it was told");
    rig.state.csms = "answered";
    await untilTold(rig);
    for (let kills = 0; kills < 3; kills++) {
      await rig.restart();
      await rig.look();
    }
    await until(rig, "station");
    deepEqual(heard(rig), ["DownloadScheduled", "DownloadScheduled"]);
  }),
);

Deno.test(
  "update request: killed before its CSMS heard of a bad image: it hears the rest, in order, though the request has ended",
  withTransfers(async (rig) => {
    rig.connect("CP001");
    rig.vault.judges("refused", "firmware.signature");
    await rig.request();
    await begin(rig);
    await rig.until("the first to be told", () => rig.told.length >= 1);
    rig.state.csms = "away";
    await until(rig, "failed");
    await rig.settle();
    await rig.restart();
    const before = heard(rig).length, owed = rig.newest()!.telling.length;
    rig.state.csms = "answered";
    await untilTold(rig);
    const all = heard(rig);
    equal(all.length, before + owed, "each that was not on record as told, once");
    deepEqual([...new Set(all)], ["DownloadScheduled", "InvalidSignature", "InvalidFirmwareSignature"]);
    equal(rig.calls.length, 0);
  }),
);

Deno.test(
  "update request: the station is asked when its CSMS has heard what comes before its own statuses, or cannot hear it",
  withTransfers(async (rig) => {
    rig.connect("CP001");
    rig.state.csms = "away";
    await rig.request();
    await begin(rig);
    await until(rig, "waiting");
    await rig.look();
    equal(rig.calls.length, 0);
    rig.state.csms = "answered";
    await rig.looking("the call", () => rig.calls.length === 1);
    deepEqual(heard(rig), ["DownloadScheduled"]);
    ok(rig.newest()?.telling.length === 0);
  }),
);

Deno.test(
  "update request: a CSMS that stays away does not keep a station from its update",
  withTransfers(async (rig) => {
    rig.connect("CP001");
    rig.state.csms = "away";
    await rig.request();
    await begin(rig);
    await until(rig, "waiting");
    await rig.look(TRANSFER_LIMITS.tellFirstMs);
    await until(rig, "station");
    deepEqual(heard(rig), []);
    rig.state.csms = "answered";
    await untilTold(rig);
    deepEqual(heard(rig), ["DownloadScheduled"], "late, and not lost");
  }),
);

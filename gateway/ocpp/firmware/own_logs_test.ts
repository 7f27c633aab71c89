import { equal } from "node:assert/strict";
import type { WatchedStation } from "../../core/firmware_transfer_api.ts";
import { parseFrame } from "../codec.ts";
import { FILE_RULES, judging } from "./part.ts";

const CALM = { repeated: false, overRate: false, overPending: false };
const STATION: WatchedStation = { stationId: "CP001", update: false, upload: false };
const OWN = { requestIds: [11, 12], isOpen: true }, LOG_STATUS = "LogStatusNotification";
const OWN_CASES: readonly (readonly [string, string, unknown, Partial<WatchedStation>, string])[] = [
  [
    "a status of a log of the gateway's own",
    LOG_STATUS,
    { status: "Uploading", requestId: 11 },
    { own: OWN },
    FILE_RULES.own,
  ],
  ["its end", LOG_STATUS, { status: "Uploaded", requestId: 12 }, { own: OWN }, FILE_RULES.own],
  ["its end, while a file is on its way to the CSMS", LOG_STATUS, { status: "Uploaded", requestId: 12 }, {
    ...{ own: OWN, upload: true },
  }, FILE_RULES.own],
  ["one that comes late", LOG_STATUS, { status: "UploadFailure", requestId: 11 }, {
    own: { ...OWN, isOpen: false },
  }, FILE_RULES.own],
  ["a number that is not the gateway's", LOG_STATUS, { status: "Uploading", requestId: 13 }, { own: OWN }, "passed"],
  ["a number that is text", LOG_STATUS, { status: "Uploading", requestId: "11" }, { own: OWN }, "passed"],
  ["no number, while only the gateway has asked", LOG_STATUS, { status: "Uploaded" }, { own: OWN }, FILE_RULES.own],
  ["no number, while a CSMS has asked, too", LOG_STATUS, { status: "Uploading" }, { own: OWN, upload: true }, "passed"],
  ["no number, when nothing is under way", LOG_STATUS, { status: "Uploaded" }, {
    own: { ...OWN, isOpen: false },
  }, "passed"],
  ["an answer to the CSMS's question", LOG_STATUS, { status: "Idle" }, { own: OWN }, "passed"],
  ["the end of diagnostics", "DiagnosticsStatusNotification", { status: "Uploaded" }, { own: OWN }, "passed"],
  ["another message with that number", "FirmwareStatusNotification", { status: "Installed", requestId: 11 }, {
    own: OWN,
  }, "passed"],
];
for (const [what, action, payload, watched, wanted] of OWN_CASES) {
  Deno.test(`ocpp firmware: own logs: ${what}: ${wanted}`, () => {
    const state = { hosts: () => ["10.20.0.1:8446"], watched: () => ({ ...STATION, ...watched }) };
    const judge = judging({ call: () => ({ pass: true, rule: "ocpp.forward" }), result: () => undefined }, state);
    const takenFrom = (from: "csms" | "station") => {
      const verdict = judge.call(from, parseFrame(JSON.stringify([2, "id-1", action, payload])), CALM);
      return verdict.pass ? "passed" : verdict.rule;
    };
    equal(takenFrom("station"), wanted);
    equal(takenFrom("csms"), "passed", "a CSMS never says it");
  });
}

import { deepStrictEqual as equal } from "node:assert/strict";
import type { StationFirmwareStatus } from "../core/firmware_status_api.ts";
import { FakeControl, until, workerContext } from "../../tests/support/ocpp_rig.ts";
import { RelayRig } from "../../tests/support/relay_rig.ts";
import { parseFrame } from "./codec.ts";
import { FirmwareStatusFeed, firmwareStatusPart } from "./firmware_status_part.ts";
import { OCPP_LIMITS } from "./limits.ts";

function feedRig() {
  const control = new FakeControl(() => ({ admit: false, rule: "none", status: 404 }));
  const told: StationFirmwareStatus[] = [], state = { isAway: false };
  control.call = ((method: string, status: StationFirmwareStatus) => {
    if (method !== "firmware.status" || state.isAway) return Promise.reject(new Error("away"));
    told.push(status);
    return Promise.resolve();
  }) as typeof control.call;
  const context = workerContext(control, []);
  const part = firmwareStatusPart({ context });
  const rig = new RelayRig({ observers: [part.observer as never] });
  return { told, state, part, rig, context };
}

Deno.test("firmware status: what a station says of its update is told to control, and goes on byte for byte", async () => {
  const { told, rig } = feedRig();
  const text = `[2,"1","FirmwareStatusNotification", {"status":"Downloading","requestId":1073741825}]`;
  rig.station.say(text);
  await until(() => told.length === 1);
  const { at, ...rest } = told[0]!;
  equal(typeof at, "number");
  equal(rest, { stationId: "CP001", status: "Downloading", requestId: 1_073_741_825 });
  equal(rig.csms.sent, [text]);
});

Deno.test("firmware status: one that a station signed is read from what it wraps", async () => {
  const { told, rig } = feedRig();
  const payload = btoa('{"status":"Installed","requestId":5}').replaceAll("=", "");
  rig.station.say([2, "1", "FirmwareStatusNotification-Signed", { payload, protected: "e30", signature: "AA" }]);
  await until(() => told.length === 1);
  equal([told[0]!.status, told[0]!.requestId], ["Installed", 5]);
});

Deno.test("firmware status: the action of the 1.6 security extension is read, one without an id too", async () => {
  const { told, rig } = feedRig();
  rig.station.say([2, "1", "SignedFirmwareStatusNotification", { status: "InvalidSignature" }]);
  await until(() => told.length === 1);
  equal(told[0]!.status, "InvalidSignature");
  equal("requestId" in told[0]!, false);
});

Deno.test("firmware status: what is malformed or comes from the CSMS is told to nobody", () => {
  const { told, context } = feedRig();
  const feed = new FirmwareStatusFeed(context);
  const frame = (payload: unknown) => ({ type: 2, id: "1", action: "FirmwareStatusNotification", payload, faults: [] });
  const payloads = [null, {}, { status: 7 }, { status: "" }, { status: ["Installed"] }, "Installed"];
  for (const payload of payloads) {
    feed.see("CP", { from: "station", kind: "call", at: 0, frame: frame(payload) as never });
  }
  feed.see("CP", { from: "csms", kind: "call", at: 0, frame: frame({ status: "Installed" }) as never });
  feed.see("CP", { from: "station", kind: "reply", at: 0, frame: frame({ status: "Installed" }) as never });
  equal(told, []);
});

Deno.test("firmware status: an odd id is left out and a long status is cut at its limit", async () => {
  const { told, rig } = feedRig();
  const most = OCPP_LIMITS.firmwareStatusChars;
  for (const [at, requestId] of ["7", 1.5, 2 ** 60, null].entries()) {
    rig.station.say([2, `${at}`, "FirmwareStatusNotification", { status: "y".repeat(most + at), requestId }]);
  }
  await until(() => told.length === 4);
  equal(told.map((one) => [one.status.length, one.requestId]), Array(4).fill([most, undefined]));
});

Deno.test("firmware status: while control is away they wait in order, the oldest of the same station makes room", async () => {
  const { told, state, rig, part } = feedRig();
  state.isAway = true;
  const most = OCPP_LIMITS.firmwareStatusesPerStation;
  const say = (requestId: number) =>
    rig.station.say([2, `${requestId}`, "FirmwareStatusNotification", { status: "Downloading", requestId }]);
  for (let id = 0; id <= most; id++) say(id);
  state.isAway = false;
  await until(() => {
    part.tick!();
    return told.length === most;
  });
  equal(told.map(({ requestId }) => requestId), Array.from({ length: most }, (_, at) => at + 1));
});

Deno.test("firmware status: one Worker keeps a bounded number of all stations together", async () => {
  const { told, state, context } = feedRig();
  state.isAway = true;
  const feed = new FirmwareStatusFeed(context), most = OCPP_LIMITS.firmwareStatuses;
  const frame = {
    type: 2,
    id: "1",
    action: "FirmwareStatusNotification",
    payload: { status: "Installed" },
    faults: [],
  };
  for (let at = 0; at <= most; at++) {
    feed.see(`CP${at}`, { from: "station", kind: "call", at, frame: frame as never });
  }
  await feed.send();
  state.isAway = false;
  await feed.send();
  equal(told.length, most);
  equal(told[0]!.stationId, "CP1");
});

Deno.test("firmware status: a drain tells what waits", async () => {
  const { told, state, rig, part } = feedRig();
  state.isAway = true;
  rig.station.say([2, "1", "FirmwareStatusNotification", { status: "Installed" }]);
  state.isAway = false;
  await part.drain!(0);
  await until(() => told.length === 1);
  equal(told.length, 1);
});

Deno.test("firmware status: one that comes in whatever turn the last was answered is told without waiting for the sweep", async () => {
  for (let turns = 0; turns < 8; turns++) {
    const { told, context } = feedRig(), feed = new FirmwareStatusFeed(context);
    const see = (status: string) =>
      feed.see("CP", {
        from: "station",
        kind: "call",
        at: 0,
        frame: parseFrame(JSON.stringify([2, "1", "FirmwareStatusNotification", { status }])),
      });
    see("Downloading");
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    see("Downloaded");
    await until(() => told.length === 2);
  }
});

import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import type { Json } from "../../../core/control_api.ts";
import { GatewayError } from "../../../core/errors.ts";
import { TRANSFER_LIMITS } from "../transfers/limits.ts";
import { readAnswer } from "./collector.ts";
import { LOG_LIMITS } from "./limits.ts";
import { ACCEPTED, LogRig } from "./testing/log_rig.ts";

const HOUR = 3_600_000, DAY = 24 * HOUR, WEEK = 7 * DAY;
Deno.test("EV-27: a station is asked for its security log, which is kept sealed here; its CSMS hears nothing", async () => {
  await using own = await LogRig.up();
  own.rig.connect("CP001");
  await own.tick();
  deepEqual(own.asked(), ["CP001"]);
  const { action, payload } = own.rig.calls[0]!;
  const { requestId, log, ...rest } = payload as { requestId: number; log: { remoteLocation: string } };
  deepEqual([action, rest], ["GetLog", { logType: "SecurityLog", retries: 2, retryInterval: 60 }]);
  ok(requestId >= 2 ** 30 && requestId < 2 ** 31, String(requestId));
  match(log.remoteLocation, /^https:\/\/10\.20\.0\.1:8446\/u\/[A-Za-z0-9_-]{22}\/$/);
  deepEqual((await own.rig.handlers()["firmware.watched"]!({})).stations, [
    { stationId: "CP001", update: false, upload: false, own: { requestIds: [requestId], isOpen: true } },
  ]);
  equal(own.row("CP001").state, "asked");
  await own.says("CP001", "Uploading", requestId);
  await own.brings("CP001");
  await own.says("CP001", "Uploaded", requestId);
  deepEqual(own.uploads().map(({ state, csms, fileName, bytes }) => [state, csms, fileName, bytes]), [
    ["kept", undefined, "security.log", 100],
  ]);
  deepEqual([own.rig.told, own.rig.state.forwards], [[], []], "nothing for the CSMS");
  const { state, gotAt, dueAt } = own.row("CP001");
  deepEqual([state, dueAt - gotAt!], ["fresh", WEEK]);
  deepEqual(own.rig.audited("transfer.upload.asked").map(({ who, target }) => [who, target]), [["gateway", "CP001"]]);
  deepEqual(own.rig.audited("transfer.upload.received").map(({ who }) => who), ["gateway"]);
  deepEqual(
    [...own.metrics].filter(([name, value]) => value > 0 && !name.includes("waiting")),
    [
      ["bulkhead_firmware_security_log_ends_total kept", 1],
      ["bulkhead_firmware_security_logs fresh", 1],
      ["bulkhead_firmware_security_logs due", 2],
    ].filter(([name]) => own.metrics.get(String(name)) !== 0).toSorted(([a], [b]) => order(own, String(a), String(b))),
  );
});

/** As the metrics came, whatever that order is. */
const order = ({ metrics }: LogRig, a: string, b: string) =>
  [...metrics.keys()].indexOf(a) - [...metrics.keys()].indexOf(b);

Deno.test("security logs: statuses of a request are the gateway's for a day, and no moment longer", async () => {
  await using own = await LogRig.up();
  own.rig.connect("CP001");
  await own.tick();
  await own.brings("CP001");
  const watched = async () =>
    (await own.rig.handlers()["firmware.watched"]!({})).stations.map(({ own }) => own?.isOpen);
  deepEqual(await watched(), [false], "a status may come late");
  await own.pass(TRANSFER_LIMITS.ownStatusMs - 1);
  deepEqual(await watched(), [false]);
  await own.pass(1);
  deepEqual(await watched(), []);
  equal(own.uploads().length, 1, "the log stays");
});

Deno.test("security logs: the next one is asked for when its period is over, and not before", async () => {
  await using own = await LogRig.up({ everyHours: 48 });
  own.rig.connect("CP001");
  await own.tick();
  await own.brings("CP001");
  await own.pass(48 * HOUR - 60_000);
  equal(own.asked().length, 1);
  await own.pass(60_000);
  equal(own.asked().length, 2);
  const ids = own.rig.calls.map(({ payload }) => (payload as { requestId: number }).requestId);
  ok(ids[0] !== ids[1], "every request has a number of its own");
});

Deno.test("security logs: new stations are spread over a day by their share", async () => {
  await using own = await LogRig.up({}, 0.5);
  own.rig.connect("CP001");
  await own.tick();
  deepEqual([own.asked(), own.row("CP001").state], [[], "waiting"]);
  await own.pass(DAY / 2 - 10_000);
  deepEqual(own.asked(), []);
  await own.pass(20_000);
  deepEqual(own.asked(), ["CP001"]);
});

Deno.test("security logs: so many at one time as the site says, and the next when one has come", async () => {
  await using own = await LogRig.up({ atOnce: 2 });
  for (const id of ["CP001", "CP003", "CP004"]) own.rig.connect(id);
  await own.tick();
  deepEqual(own.asked(), ["CP001", "CP003"]);
  await own.tick();
  equal(own.asked().length, 2);
  await own.brings("CP003");
  deepEqual(own.asked(), ["CP001", "CP003", "CP004"]);
});

for (
  const [answer, why] of [
    [{ error: { code: "NotImplemented", description: "no" } }, "it said NotImplemented no"],
    [{ error: { code: "NotSupported", description: "" } }, "it said NotSupported"],
    [{ result: { status: "Rejected" } }, "it said Rejected"],
    [{ result: {} }, "it said undefined"],
  ] as const
) {
  Deno.test(`security logs: a station that says ${JSON.stringify(answer)} is asked again after a month, also after a restart`, async () => {
    await using own = await LogRig.up();
    own.rig.connect("CP001");
    own.rig.state.station = answer;
    await own.tick();
    await own.tick();
    deepEqual([own.row("CP001").state, own.row("CP001").why], ["refused", why]);
    await own.restart();
    await own.pass(29 * DAY);
    equal(own.asked().length, 1);
    own.rig.state.station = ACCEPTED;
    await own.pass(DAY + HOUR);
    equal(own.asked().length, 2);
    await own.brings("CP001");
    deepEqual([own.row("CP001").state, own.row("CP001").why], ["fresh", undefined]);
    deepEqual(own.rig.audited("transfer.log.refused").map(({ target, detail }) => [target, detail]), [
      ["CP001", { why }],
    ]);
  });
}

Deno.test("security logs: a version without GetLog counts as a refusal", async () => {
  await using own = await LogRig.up();
  own.rig.connect("CP001");
  own.rig.rig.answers["station.call"] = () => {
    throw new GatewayError("STATION_CALL_INVALID", "GetLog is no action of this version");
  };
  await own.tick();
  await own.tick();
  deepEqual([own.row("CP001").state, own.uploads()[0]?.state], ["refused", "none"]);
});

for (
  const [what, hinder, free, why] of [
    [
      "is not connected",
      (o: LogRig) => void o.rig.live.remove("s-CP001"),
      (o: LogRig) => o.rig.connect("CP001"),
      /not connected/,
    ],
    [
      "charges",
      (o: LogRig) => o.rig.state.transactions.set("CP001", "a transaction runs (1)"),
      (o: LogRig) => o.rig.state.transactions.clear(),
      undefined,
    ],
    [
      "is busy as its Worker says",
      (o: LogRig) => o.rig.state.activity.set("CP001", { state: "busy" }),
      (o: LogRig) => o.rig.state.activity.clear(),
      undefined,
    ],
    [
      "has a reservation",
      (o: LogRig) => o.rig.state.reserved.add("CP001"),
      (o: LogRig) => o.rig.state.reserved.clear(),
      undefined,
    ],
    [
      "is updated",
      (o: LogRig) => o.updates.set("CP001", "campaign 12 updates it now"),
      (o: LogRig) => o.updates.clear(),
      /campaign 12/,
    ],
    ["meets a full disk", (o: LogRig) => void (o.disk = "full"), (o: LogRig) => void (o.disk = "ok"), /disk is full/],
  ] as const
) {
  Deno.test(`security logs: a station that ${what} is left alone, and asked when that is over`, async () => {
    await using own = await LogRig.up();
    own.rig.connect("CP001");
    hinder(own);
    await own.tick();
    await own.pass(LOG_LIMITS.restMs);
    deepEqual([own.asked(), own.row("CP001").state], [[], "due"]);
    if (why) match(own.row("CP001").why!, why);
    await rejects(own.logs.collector.collect("CP001", "eva"), { code: "FIRMWARE_REFUSED" });
    free(own);
    await own.pass(LOG_LIMITS.restMs);
    deepEqual(own.asked(), ["CP001"]);
  });
}

Deno.test("security logs: outside of the site's hours nobody is asked", async () => {
  await using own = await LogRig.up({ hours: { from: "01:00", to: "02:00" } });
  own.rig.connect("CP001");
  await own.tick();
  deepEqual([own.asked(), own.row("CP001").why], [[], "it is not within firmware.securityLogs.hours"]);
  own.rig.state.minuteOfWeek = 61;
  await own.tick();
  deepEqual(own.asked(), ["CP001"]);
});

Deno.test("security logs: while a station brings a file for its CSMS it is not asked, which would cancel that", async () => {
  await using own = await LogRig.up();
  own.rig.connect("CP001");
  const payload = { requestId: 7, logType: "DiagnosticsLog", log: { remoteLocation: "https://logs.csms.example/in/" } };
  const request = { stationId: "CP001", csms: "main", version: "ocpp2.0.1", action: "GetLog", payload } as const;
  const place = await own.rig.handlers()["firmware.upload"]!(request) as { id: string };
  await own.rig.handlers()["firmware.upload-answered"]!({ id: place.id, isTaken: true });
  await own.tick();
  deepEqual([own.asked(), own.row("CP001").why], [[], "it brings a file for its CSMS"]);
  await own.says("CP001", "PermissionDenied", 7);
  await own.pass(0);
  deepEqual(own.asked(), ["CP001"]);
});

Deno.test("security logs: what its CSMS asks for meanwhile cancels ours, which is tried again an hour later", async () => {
  await using own = await LogRig.up();
  own.rig.connect("CP001");
  await own.tick();
  const { requestId } = own.rig.calls[0]!.payload as { requestId: number };
  await own.says("CP001", "AcceptedCanceled", requestId);
  deepEqual([own.row("CP001").state, own.row("CP001").why], ["waiting", "the station said AcceptedCanceled"]);
  await own.pass(HOUR - 60_000);
  equal(own.asked().length, 1);
  await own.pass(60_000);
  equal(own.asked().length, 2);
  deepEqual(own.rig.told, [], "the CSMS hears nothing of it");
});

Deno.test("security logs: a station that says it has uploaded and has not is given its time, then tried again", async () => {
  await using own = await LogRig.up();
  own.rig.connect("CP001");
  await own.tick();
  const { requestId } = own.rig.calls[0]!.payload as { requestId: number };
  await own.says("CP001", "Uploaded", requestId);
  equal(own.row("CP001").state, "asked");
  await own.pass(TRANSFER_LIMITS.ownUploadMs - 60_000);
  equal(own.row("CP001").state, "asked");
  await own.pass(60_000);
  await own.tick();
  deepEqual([own.row("CP001").state, own.row("CP001").why], ["waiting", "the station brought nothing in time"]);
  equal(own.rig.audited("transfer.upload.unbrought").length, 1);
  equal(own.rig.rig.raised.length, 0, "one try is no alarm");
});

for (
  const [answer, is] of [
    [{ noAnswer: "timeout" }, "asked"],
    [{ noAnswer: "ended" }, "asked"],
    [{ noAnswer: "away" }, "waiting"],
    [{ noAnswer: "busy" }, "waiting"],
    [{ error: { code: "InternalError", description: "try later" } }, "waiting"],
  ] as const
) {
  Deno.test(`security logs: ${JSON.stringify(answer)} leaves the station ${is}`, async () => {
    await using own = await LogRig.up();
    own.rig.connect("CP001");
    own.rig.state.station = answer;
    await own.tick();
    await own.tick();
    equal(own.row("CP001").state, is);
    equal(own.asked().length, 1);
  });
}

Deno.test("security logs: an end of the gateway while a station brings its log asks nobody twice", async () => {
  await using own = await LogRig.up();
  own.rig.connect("CP001");
  await own.tick();
  await own.restart();
  await own.tick();
  deepEqual([own.asked().length, own.row("CP001").state], [1, "asked"]);
  await own.brings("CP001");
  await own.restart();
  await own.tick();
  deepEqual([own.asked().length, own.row("CP001").state], [1, "fresh"]);
});

Deno.test("security logs: an end between the two records finds the request again and asks nobody twice", async () => {
  await using own = await LogRig.up();
  own.rig.connect("CP001");
  await own.rig.feature.uploads.askedByGateway("CP001", "log-2.x", "gateway"); // and the gateway ends here
  await own.restart();
  await own.tick();
  deepEqual([own.asked(), own.row("CP001").state, own.uploads().length], [[], "asked", 1]);
  await own.pass(TRANSFER_LIMITS.ownUploadMs);
  await own.tick();
  equal(own.row("CP001").state, "waiting");
  await own.pass(HOUR);
  deepEqual(own.asked(), ["CP001"], "it is asked an hour after that");
});

Deno.test("security logs: one that does not come for as long as the site allows is an alarm until it comes", async () => {
  await using own = await LogRig.up({ everyHours: 24, missingPeriods: 3 });
  await own.tick();
  await own.pass(4 * DAY - 60_000);
  deepEqual([...own.alarms], []);
  await own.pass(120_000);
  ok(own.alarms.has("transfer.log.missing CP001: it never came"), [...own.alarms].join());
  equal(own.alarms.size, 3);
  equal(own.row("CP001").state, "missing");
  await own.restart();
  own.rig.connect("CP001");
  await own.tick();
  await own.brings("CP001");
  await own.tick();
  deepEqual([own.alarms.size, own.row("CP001").state], [2, "fresh"]);
  await own.pass(4 * DAY + 120_000);
  const [again] = [...own.alarms].filter((one) => one.includes("CP001"));
  match(again ?? "", /^transfer\.log\.missing CP001: it came last 20\d\d-/);
});

Deno.test("security logs: an exception names stations or models; one that is never asked is forgotten, with its alarm", async () => {
  await using own = await LogRig.up({ everyHours: 24, exceptions: [{ stations: ["CP003"], everyHours: 48 }] });
  await own.tick();
  await own.pass(4 * DAY);
  deepEqual(own.logs.collector.rows().map(({ stationId, everyHours }) => [stationId, everyHours]), [
    ["CP001", 24],
    ["CP003", 48],
    ["CP004", 24],
  ]);
  equal(own.alarms.size, 2, "CP003 has more time");
  const { securityLogs } = own.rig.context.site.firmware!;
  Object.assign(securityLogs!, { exceptions: [{ models: ["BENDER/cc6*"], everyHours: "never" }] });
  await own.tick();
  deepEqual([own.logs.collector.rows(), own.alarms.size], [[], 0]);
  const { text } = await own.logs.commands!["firmware security-logs"]!({}, "eva");
  match(text, /No station's security log is wanted/);
  await rejects(own.logs.collector.collect("CP001", "eva"), { message: /site\.yaml wants none of it/ });
});

Deno.test("security logs: a person asks for one now, once; what stands against it is said by name", async () => {
  await using own = await LogRig.up({}, 0.9);
  own.rig.connect("CP001");
  const command = own.logs.commands!["firmware security-logs"]!;
  const { text } = await command({ collect: "CP001" }, "eva");
  match(text, /CP001 is asked/);
  deepEqual(own.rig.audited("transfer.upload.asked").map(({ who }) => who), ["eva"]);
  await rejects(command({ collect: "CP001" }, "eva"), { code: "FIRMWARE_REFUSED", message: /it was asked already/ });
  await rejects(command({ collect: "CP003" }, "eva"), { code: "FIRMWARE_REFUSED", message: /it is not connected/ });
  own.rig.connect("CP003");
  await rejects(command({ collect: "CP003" }, "eva"), { message: /1 of 1 stations bring theirs now/ });
  await rejects(command({ collect: "CP999" }, "eva"), { code: "STATION_UNKNOWN" });
  await own.tick();
  await own.brings("CP001");
  const listed = await command({}, "eva");
  match(listed.text, /CP001 +168 h +fresh +20\d\d-.*\nCP003 +168 h +waiting +never/);
  deepEqual((listed.data as Json[]).length, 3);
});

Deno.test("security logs: as many stations as one look asks about, and one more, which the next look asks about", async () => {
  const ids = Array.from({ length: LOG_LIMITS.looks + 1 }, (_, at) => `CP${String(at).padStart(3, "0")}`);
  await using own = await LogRig.up();
  const [like] = own.rig.context.site.stations;
  Object.assign(own.rig.context.site, { stations: ids.map((id) => ({ ...like, id })) });
  for (const id of ids) {
    own.rig.connect(id);
    own.rig.state.transactions.set(id, "a transaction runs (1)");
  }
  const looked = () => own.rig.rig.calls.filter(({ method }) => method === "station.activity").length;
  await own.tick();
  equal(looked(), LOG_LIMITS.looks);
  await own.tick();
  equal(looked(), LOG_LIMITS.looks + 1, "those that were looked at rest for a while");
});

for (
  const [answer, read] of [
    [{ result: { status: "Accepted" } }, { is: "taken", fileName: undefined }],
    [{ result: { status: "AcceptedCanceled", filename: "a.log" } }, { is: "taken", fileName: "a.log" }],
    [{ result: { status: "Accepted", filename: 7 } }, { is: "taken", fileName: undefined }],
    [{ result: null }, { is: "refused", why: "it said undefined" }],
    [{ result: [] }, { is: "refused", why: "it said undefined" }],
    [{ error: { code: "SecurityError", description: "no" } }, { is: "failed", why: "it said SecurityError no" }],
  ] as const
) {
  Deno.test(`security logs: the answer ${JSON.stringify(answer)} is read as ${read.is}`, () => {
    deepEqual(readAnswer(answer as never), read);
  });
}

import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { WatchedStation } from "../../core/firmware_transfer_api.ts";
import { parseFrame } from "../codec.ts";
import type { OwnOutcome } from "../own_calls.ts";
import type { Relay } from "../relay.ts";
import type { RelayPartTools } from "../relay_parts.ts";
import type { CallVerdict, Judge } from "../session.ts";
import { FILE_RULES, firmwarePart, judging } from "./part.ts";

const PASSED: CallVerdict = { pass: true, rule: "ocpp.forward" };
const CALM = { repeated: false, overRate: false, overPending: false };
const HOSTS = ["10.20.0.1:8446", "fw.garage.example:8446"];
const judgeOf = (verdict: CallVerdict): Judge => ({ call: () => verdict, result: () => "its fault" });
const message = (action: string, payload: unknown) => JSON.stringify([2, "id-1", action, payload]);
const signed = (payload: unknown) => ({
  payload: Buffer.from(JSON.stringify(payload)).toString("base64url"),
  signatures: [],
});

function verdictOf(
  from: "station" | "csms",
  action: string,
  payload: unknown,
  state: { hosts?: readonly string[]; watched?: Partial<WatchedStation>; inner?: CallVerdict } = {},
): CallVerdict {
  const watched = state.watched && { stationId: "CP001", update: false, upload: false, ...state.watched };
  const judge = judging(judgeOf(state.inner ?? PASSED), {
    hosts: () => "hosts" in state ? state.hosts : HOSTS,
    watched: () => watched,
  });
  return judge.call(from, parseFrame(message(action, payload)), CALM);
}
const takenBy = (verdict: CallVerdict) =>
  !verdict.pass && verdict.take ? verdict.rule : verdict.pass ? "passed" : "refused";

const FW = { location: "https://files.example/fw.deb" };
const CASES:
  readonly (readonly [string, "station" | "csms", string, unknown, Parameters<typeof verdictOf>[3], string])[] = [
    ["UpdateFirmware of 1.6", "csms", "UpdateFirmware", FW, {}, FILE_RULES.update],
    ["SignedUpdateFirmware", "csms", "SignedUpdateFirmware", { firmware: FW }, {}, FILE_RULES.update],
    ["a request without any place", "csms", "UpdateFirmware", {}, {}, FILE_RULES.update],
    ["GetDiagnostics", "csms", "GetDiagnostics", FW, {}, FILE_RULES.upload],
    ["GetLog", "csms", "GetLog", { log: { remoteLocation: "https://a/b" } }, {}, FILE_RULES.upload],
    ["a station's own UpdateFirmware", "station", "UpdateFirmware", FW, {}, "passed"],
    ["any other message", "csms", "Reset", { type: "Soft" }, {}, "passed"],
    ["a site that serves nothing", "csms", "UpdateFirmware", FW, { hosts: undefined as never }, "passed"],
    ["what the judge refuses", "csms", "UpdateFirmware", FW, {
      inner: { pass: false, rule: "site.x", code: "SecurityError", reason: "no" },
    }, "refused"],
    [
      "a status of an updated station that the CSMS has heard",
      "station",
      "FirmwareStatusNotification",
      {
        status: "DownloadScheduled",
      },
      { watched: { update: true } },
      FILE_RULES.status,
    ],
    ["the same in 1.6's words", "station", "SignedFirmwareStatusNotification", { status: "DownloadScheduled" }, {
      watched: { update: true },
    }, FILE_RULES.status],
    ["any other status of it", "station", "FirmwareStatusNotification", { status: "Downloading" }, {
      watched: { update: true },
    }, "passed"],
    [
      "a status of a station that nobody updates here",
      "station",
      "FirmwareStatusNotification",
      {
        status: "DownloadScheduled",
      },
      {},
      "passed",
    ],
    [
      "a question how far an update is of which the station knows nothing",
      "csms",
      "TriggerMessage",
      { requestedMessage: "FirmwareStatusNotification" },
      { watched: { update: true, unasked: true } },
      FILE_RULES.trigger,
    ],
    [
      "the same in 1.6's words",
      "csms",
      "ExtendedTriggerMessage",
      { requestedMessage: "FirmwareStatusNotification" },
      { watched: { update: true, unasked: true } },
      FILE_RULES.trigger,
    ],
    [
      "the same of a station that has the request",
      "csms",
      "TriggerMessage",
      {
        requestedMessage: "FirmwareStatusNotification",
      },
      { watched: { update: true } },
      "passed",
    ],
    ["a question for anything else", "csms", "TriggerMessage", { requestedMessage: "Heartbeat" }, {
      watched: { update: true, unasked: true },
    }, "passed"],
    ["a station's own such message", "station", "TriggerMessage", { requestedMessage: "FirmwareStatusNotification" }, {
      watched: { update: true, unasked: true },
    }, "passed"],
    [
      "the end of an upload",
      "station",
      "LogStatusNotification",
      { status: "Uploaded" },
      { watched: { upload: true } },
      FILE_RULES.end,
    ],
    ["the end of diagnostics", "station", "DiagnosticsStatusNotification", { status: "Uploaded" }, {
      watched: { upload: true },
    }, FILE_RULES.end],
    ["an upload that goes on", "station", "LogStatusNotification", { status: "Uploading" }, {
      watched: { upload: true },
    }, "passed"],
    ["an upload of which the gateway knows nothing", "station", "LogStatusNotification", { status: "Uploaded" }, {
      watched: { update: true },
    }, "passed"],
  ];
for (const [what, from, action, payload, state, wanted] of CASES) {
  Deno.test(`ocpp firmware: ${what}: ${wanted}`, () => equal(takenBy(verdictOf(from, action, payload, state)), wanted));
}

const SIGNED: readonly (readonly [string, string, unknown, string])[] = [
  [
    "to the gateway",
    "UpdateFirmware-Signed",
    signed({ firmware: { location: "https://10.20.0.1:8446/f/x/y" } }),
    "passed",
  ],
  [
    "to the gateway by name",
    "GetLog-Signed",
    signed({ log: { remoteLocation: "https://FW.garage.example:8446/u/x" } }),
    "passed",
  ],
  ["elsewhere", "UpdateFirmware-Signed", signed({ firmware: { location: "https://files.example/y" } }), "refused"],
  [
    "elsewhere, beside one to the gateway",
    "UpdateFirmware-Signed",
    signed({
      location: "https://files.example/y",
      firmware: { location: "https://10.20.0.1:8446/f/x/y" },
    }),
    "refused",
  ],
  ["to another port", "UpdateFirmware-Signed", signed({ location: "https://10.20.0.1/f/x/y" }), "refused"],
  [
    "with the gateway's name as login",
    "GetDiagnostics-Signed",
    signed({ location: "https://10.20.0.1:8446@evil.example/" }),
    "refused",
  ],
  ["nowhere", "GetDiagnostics-Signed", signed({}), "refused"],
  ["in a way that cannot be read", "SignedUpdateFirmware-Signed", { payload: "***" }, "refused"],
];
for (const [what, action, payload, wanted] of SIGNED) {
  Deno.test(`ocpp firmware: a signed ${action} that leads ${what} is ${wanted}, never written anew`, () => {
    const verdict = verdictOf("csms", action, payload);
    equal(takenBy(verdict), wanted);
    if (!verdict.pass && !verdict.take) deepEqual([verdict.rule, verdict.code], [FILE_RULES.signed, "SecurityError"]);
  });
}

Deno.test("ocpp firmware: faults of answers are the judge's to find", () => {
  const judge = judging(judgeOf(PASSED), { hosts: () => HOSTS, watched: () => undefined });
  equal(judge.result("Reset", parseFrame('[3,"1",{}]')), "its fault");
});

/** The part with a control and a relay that remember. */
function rig(answers: Readonly<Record<string, unknown>> = {}, outcome: OwnOutcome = { is: "result", payload: {} }) {
  const asked: { method: string; args: unknown }[] = [], calls: { action: string; payloadText: string }[] = [];
  const tells: { action: string; payloadText: string }[] = [];
  const call = (method: string, args: unknown) => {
    asked.push({ method, args });
    const answer = answers[method];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const control = { call, notify: (method: string, args: unknown) => void asked.push({ method, args }) };
  const part = firmwarePart(
    { context: { control, config: { firmware: { hosts: HOSTS } } } } as unknown as RelayPartTools,
  );
  const relay = {
    options: { stationId: "CP001", csms: "main", version: "ocpp1.6" },
    call: (ask: typeof calls[number]) => (calls.push(ask), Promise.resolve(outcome)),
    callCsms: (ask: typeof tells[number]) => (tells.push(ask), Promise.resolve(outcome)),
  } as unknown as Relay;
  const take = (rule: string, action: string, text: string) =>
    part.takers![rule]!(relay, "csms", parseFrame(text), Buffer.from(text)).then((answer) => ({ action, answer }));
  const observer = [part.observer!].flat()[0]!;
  return { part, asked, calls, tells, relay, take, observer };
}

Deno.test("ocpp firmware: a request is control's to answer; its work begins when the CSMS has the answer", async () => {
  const { take, asked } = rig({ "firmware.request": { payload: { status: "Accepted" } } });
  const { answer } = await take(FILE_RULES.update, "UpdateFirmware", message("UpdateFirmware", FW));
  ok("payload" in answer);
  deepEqual(answer.payload, { status: "Accepted" });
  deepEqual(asked, [{
    method: "firmware.request",
    args: { stationId: "CP001", csms: "main", version: "ocpp1.6", action: "UpdateFirmware", payload: FW },
  }]);
  answer.afterwards!();
  deepEqual(asked[1], { method: "firmware.requested", args: { stationId: "CP001" } });
});

Deno.test("ocpp firmware: how far an update is, is control's to tell when the CSMS has its answer", async () => {
  const { take, asked } = rig();
  const text = message("TriggerMessage", { requestedMessage: "FirmwareStatusNotification" });
  const { answer } = await take(FILE_RULES.trigger, "TriggerMessage", text);
  ok("payload" in answer);
  deepEqual(answer.payload, { status: "Accepted" });
  deepEqual(asked, [{ method: "firmware.triggered", args: { stationId: "CP001" } }]);
  answer.afterwards!();
  deepEqual(asked[1], { method: "firmware.requested", args: { stationId: "CP001" } });
});

Deno.test("ocpp firmware: control's error is the CSMS's answer", async () => {
  const error = { code: "FormationViolation", description: "no usable location" };
  const { take } = rig({ "firmware.request": { error } });
  deepEqual((await take(FILE_RULES.update, "", message("UpdateFirmware", {}))).answer, error);
});

Deno.test("ocpp firmware: a status of the gateway's own log is answered at once, also when control is away, and told to it", async () => {
  const { take, asked } = rig({ "firmware.upload-told": new Error("control is away") });
  const text = message("LogStatusNotification", { status: "Uploading", requestId: 11 });
  deepEqual((await take(FILE_RULES.own, "LogStatusNotification", text)).answer, { payload: {} });
  deepEqual(asked, [{
    method: "firmware.upload-told",
    args: { stationId: "CP001", status: "Uploading", requestId: 11 },
  }]);
});

const PLACE = { "firmware.upload": { id: "u1", url: "https://10.20.0.1:8446/u/token/" } };

Deno.test("ocpp firmware: the station is asked for its file with the gateway's URL, all else byte for byte", async () => {
  const { take, calls, asked } = rig(PLACE, { is: "result", payload: { fileName: "diag.zip" } });
  const text = '[2,"1","GetDiagnostics",{ "retries": 1.0, "location":"https:\\/\\/x\\u002fy","startTime":"2026" }]';
  const { answer } = await take(FILE_RULES.upload, "GetDiagnostics", text);
  deepEqual(answer, { payload: { fileName: "diag.zip" } });
  equal(calls[0]?.payloadText, '{ "retries": 1.0, "location":"https://10.20.0.1:8446/u/token/","startTime":"2026" }');
  deepEqual(asked.at(-1), {
    method: "firmware.upload-answered",
    args: { id: "u1", isTaken: true, fileName: "diag.zip" },
  });
});

const TAKEN: readonly (readonly [string, string, OwnOutcome, Record<string, unknown>])[] = [
  ["GetDiagnostics without a file", "GetDiagnostics", { is: "result", payload: {} }, { isTaken: false }],
  ["GetLog accepted", "GetLog", { is: "result", payload: { status: "Accepted", filename: "l.gz" } }, {
    isTaken: true,
    fileName: "l.gz",
  }],
  ["GetLog accepted without a name", "GetLog", { is: "result", payload: { status: "AcceptedCanceled" } }, {
    isTaken: true,
  }],
  ["GetLog rejected", "GetLog", { is: "result", payload: { status: "Rejected" } }, { isTaken: false }],
  ["an error", "GetLog", { is: "error", code: "NotSupported", description: "", details: {} }, { isTaken: false }],
  ["no answer", "GetLog", { is: "none", why: "timeout" }, { isTaken: false }],
];
for (const [what, action, outcome, args] of TAKEN) {
  Deno.test(`ocpp firmware: ${what} of the station is told to control, and to the CSMS as it is`, async () => {
    const { take, asked, calls } = rig(PLACE, outcome);
    const payload = action === "GetLog" ? { log: { remoteLocation: "https://x/y" } } : { location: "https://x/y" };
    const { answer } = await take(FILE_RULES.upload, action, message(action, payload));
    ok(calls[0]?.payloadText.includes("10.20.0.1:8446") && !calls[0].payloadText.includes("https://x/y"));
    deepEqual(asked.at(-1), { method: "firmware.upload-answered", args: { id: "u1", ...args } });
    if (outcome.is === "result") deepEqual(answer, { payload: outcome.payload });
    else ok("code" in answer);
  });
}

Deno.test("ocpp firmware: what control refuses the station is not asked", async () => {
  const { take, calls } = rig({ "firmware.upload": { answer: { payload: { status: "Rejected" } } } });
  const { answer } = await take(FILE_RULES.upload, "GetLog", message("GetLog", { log: {} }));
  deepEqual([answer, calls], [{ payload: { status: "Rejected" } }, []]);
});

Deno.test("ocpp firmware: the end of an upload is stored before the station has its answer", async () => {
  const { take, asked } = rig();
  const { answer } = await take(
    FILE_RULES.end,
    "",
    message("LogStatusNotification", { status: "Uploaded", requestId: 7 }),
  );
  deepEqual(answer, { payload: {} });
  deepEqual(asked, [{
    method: "firmware.upload-told",
    args: { stationId: "CP001", status: "Uploaded", requestId: 7 },
  }]);
});

Deno.test("ocpp firmware: what passes of a watched upload is told to control; of any other nothing", async () => {
  const { part, observer, relay, asked } = rig();
  const show = (from: "station" | "csms", kind: "call" | "reply", fate: "passed" | "taken") =>
    observer.message!(relay, {
      ...{ from, kind, fate, action: "LogStatusNotification", text: "", bytes: new Uint8Array(), at: 0 },
      frame: parseFrame(message("LogStatusNotification", { status: "UploadFailure", requestId: 7 })),
    });
  show("station", "call", "passed");
  await part.handlers!["firmware.watch"]!({ stations: [{ stationId: "CP001", update: false, upload: true }] });
  show("csms", "reply", "passed");
  show("station", "call", "taken");
  deepEqual(asked, []);
  show("station", "call", "passed");
  deepEqual(asked, [{
    method: "firmware.upload-told",
    args: { stationId: "CP001", status: "UploadFailure", requestId: 7 },
  }]);
});

Deno.test("ocpp firmware: the version that a station boots with is told at once, and once of each connection", () => {
  const { observer, relay, asked } = rig();
  const boot = (from: "station" | "csms", kind: "call" | "reply", payload: unknown, connection = relay) =>
    observer.message!(connection, {
      ...{ from, kind, fate: "passed", action: "BootNotification", text: "", bytes: new Uint8Array(), at: 0 },
      frame: parseFrame(message("BootNotification", payload)),
    });
  boot("csms", "reply", { firmwareVersion: "9" });
  boot("station", "call", { chargePointVendor: "x" });
  deepEqual(asked, []);
  boot("station", "call", { chargePointVendor: "x", firmwareVersion: "2.0" });
  boot("station", "call", { firmwareVersion: "2.0" });
  boot("station", "call", { chargingStation: { firmwareVersion: "2.1" } });
  boot("station", "call", { firmwareVersion: "2.0" });
  boot("station", "call", { firmwareVersion: "2.0" }, { ...relay } as typeof relay);
  deepEqual(
    asked.map(({ args }) => args),
    ["2.0", "2.1", "2.0", "2.0"].map((firmwareVersion) => ({
      stationId: "CP001",
      facts: { firmwareVersion },
    })),
  );
});

Deno.test("ocpp firmware: who is watched is asked once, before the first session; a fault refuses it", async () => {
  const good = rig({ "firmware.watched": { stations: [] } });
  await good.part.ready!();
  await good.part.ready!();
  equal(good.asked.length, 1);
  const bad = rig({ "firmware.watched": new Error("control is away") });
  ok(await bad.part.ready!().then(() => false, () => true));
});

const TELLS: readonly (readonly [OwnOutcome, Record<string, unknown>])[] = [
  [{ is: "result", payload: {} }, { outcome: "answered" }],
  [{ is: "error", code: "NotSupported", description: "x", details: {} }, { outcome: "refused", why: "NotSupported x" }],
  [{ is: "none", why: "timeout" }, { outcome: "refused", why: "no answer" }],
  [{ is: "none", why: "ended" }, { outcome: "away" }],
  [{ is: "none", why: "busy" }, { outcome: "away" }],
];
for (const [outcome, wanted] of TELLS) {
  Deno.test(`ocpp firmware: what is told in the station's name and ends in ${JSON.stringify(outcome)}`, async () => {
    const { part, observer, relay, tells } = rig({}, outcome);
    const ask = {
      stationId: "CP001",
      action: "FirmwareStatusNotification",
      payload: { status: "Downloading" },
      timeoutMs: 9,
    };
    const tell = part.handlers!["station.tell"]!;
    deepEqual(await tell(ask), { outcome: "away" }, "before it is connected");
    observer.opened!(relay);
    deepEqual(await tell(ask), wanted);
    deepEqual(tells.map(({ action, payloadText }) => [action, payloadText]), [[
      ask.action,
      '{"status":"Downloading"}',
    ]]);
    observer.ended!({ ...relay } as Relay, "replaced");
    deepEqual(await tell(ask), wanted, "an older connection that ends takes nothing away");
    observer.ended!(relay, "station-lost");
    deepEqual(await tell(ask), { outcome: "away" });
  });
}

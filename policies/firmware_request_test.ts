import { deepEqual, equal, ok } from "node:assert/strict";
import { isSignatureFault, mayBeReplaced, statusIn, stepRequest } from "./firmware_request.ts";
import type {
  RequestEffect,
  RequestEvent,
  RequestState,
  RequestTimes,
  UpdateRequest,
} from "./firmware_request_types.ts";

const TIMES: RequestTimes = {
  resendMs: 60,
  tellFirstMs: 30,
  waitMs: 50_000,
  heldMs: 7_000,
  silentMs: 1_000,
  confirmMs: 500,
};
const NOW = 10_000;
const SHA = "ab".repeat(32);

const NEW: UpdateRequest = {
  id: "r1",
  stationId: "CP001",
  csms: "main",
  dialect: "2.x",
  requestId: 42,
  state: "fetching",
  failures: 0,
  retries: 2,
  retryMs: 300,
  retrieveAt: 0,
  dueAt: NOW + 1_000,
  before: "1.0",
  telling: [],
};
const VERIFIED: RequestEvent = {
  is: "judged",
  outcome: "verified",
  rule: "firmware.verified",
  why: "tuf",
  sha256: SHA,
  target: "2.0",
};
const at = (state: RequestState, more: Partial<UpdateRequest> = {}): UpdateRequest => ({
  ...NEW,
  state,
  ...state === "fetching" ? {} : { sha256: SHA, target: "2.0" },
  dueAt: NOW,
  ...more,
});
const status = (name: string, requestId = 42): RequestEvent => ({ is: "status", status: name, requestId });
const go = (request: UpdateRequest, event: RequestEvent, now = NOW) => stepRequest(request, event, now, TIMES);
const statuses = ({ telling }: UpdateRequest) => telling.map((one) => one.kind === "status" ? one.status : one.type);

/** Plays events one after the other, one millisecond apart; returns the end and all effects. */
function play(request: UpdateRequest, ...events: readonly RequestEvent[]) {
  const effects: RequestEffect[] = [];
  let now = NOW;
  for (const event of events) {
    const next = go(request, event, now++);
    effects.push(...next.effects);
    request = next.request;
  }
  return { request, effects };
}

Deno.test("firmware request: the whole life of one that goes well", () => {
  const { request, effects } = play(
    NEW,
    VERIFIED,
    { is: "free" },
    { is: "answered", status: "Accepted" },
    ...["DownloadScheduled", "Downloading", "Downloading", "DownloadPaused", "Downloading", "Downloaded"].map((one) =>
      status(one)
    ),
    ...["SignatureVerified", "InstallScheduled", "Installing", "InstallRebooting", "Installed"].map((one) =>
      status(one)
    ),
    { is: "booted", firmwareVersion: "2.0" },
  );
  deepEqual(effects, ["offer", "send", "close", "close"]);
  equal(request.state, "ended");
  equal(request.outcome, "confirmed");
  deepEqual(request.telling, []);
});

Deno.test("firmware request: Installed may be left out, the version that boots is the proof (L01.FR.23, 28)", () => {
  const { request } = play(at("station", { lastStatus: "InstallRebooting" }), { is: "booted", firmwareVersion: "2.0" });
  equal(request.outcome, "confirmed");
});

Deno.test("firmware request: a boot with another version proves nothing", () => {
  for (const state of ["sending", "station", "installed"] as const) {
    const before = at(state);
    equal(go(before, { is: "booted", firmwareVersion: "1.0" }).request, before, state);
  }
  for (const state of ["fetching", "held", "waiting"] as const) {
    const before = at(state);
    equal(go(before, { is: "booted", firmwareVersion: "2.0" }).request, before, state);
  }
});

Deno.test("firmware request: of an image without a version, any other version than before is the new one", () => {
  const { target: _none, ...untold } = at("installed");
  equal(go(untold, { is: "booted", firmwareVersion: "1.0" }).request.state, "installed");
  equal(go(untold, { is: "booted", firmwareVersion: "1.1" }).request.outcome, "confirmed");
  const early: UpdateRequest = { ...untold, state: "station" };
  equal(go(early, { is: "booted", firmwareVersion: "1.1" }).request, early);
  const { before: _unknown, ...blind } = untold;
  equal(go(blind, { is: "booted", firmwareVersion: "1.1" }).request.state, "installed");
});

// what the vault said, and what the CSMS hears of it
const REFUSALS: readonly (readonly [rule: string, dialect: UpdateRequest["dialect"], heard: readonly string[]])[] = [
  ["firmware.signature", "2.x", ["InvalidSignature", "InvalidFirmwareSignature"]],
  ["firmware.signature", "signed", ["InvalidSignature", "InvalidFirmwareSignature"]],
  ["firmware.signature", "core", ["DownloadFailed", "InvalidFirmwareSignature"]],
  ["firmware.certificate.expired", "2.x", ["InvalidSignature", "InvalidFirmwareSigningCertificate"]],
  ["firmware.floor", "2.x", ["DownloadFailed"]],
  ["firmware.floor", "core", ["DownloadFailed"]],
  ["firmware.evidence", "signed", ["DownloadFailed"]],
];
for (const [rule, dialect, heard] of REFUSALS) {
  Deno.test(`firmware request: ${rule} ends a request of ${dialect} without the station`, () => {
    const { request, effects } = go({ ...NEW, dialect }, { is: "judged", outcome: "refused", rule, why: "bad" });
    deepEqual([request.state, request.outcome, request.rule], ["ended", "failed", rule]);
    deepEqual(statuses(request), heard);
    deepEqual(effects, ["close", "tell"]);
    ok(!effects.includes("send"));
  });
}

Deno.test("firmware request: a long reason is cut to what OCPP carries", () => {
  const { request } = go(NEW, { is: "judged", outcome: "refused", rule: "firmware.signature", why: "x".repeat(999) });
  const [, event] = request.telling;
  ok(event?.kind === "event" && event.info.length === 255);
  equal(request.why?.length, 300);
});

Deno.test("firmware request: a held image waits for a person, tells so once, and goes on or ends", () => {
  const held = go(NEW, { is: "judged", outcome: "held", rule: "firmware.held", why: "two persons", sha256: SHA });
  equal(held.request.state, "held");
  equal(held.request.dueAt, NOW + TIMES.heldMs);
  deepEqual(statuses(held.request), ["DownloadPaused"]);
  const still = go(held.request, { is: "judged", outcome: "held", rule: "firmware.held", why: "one is missing" });
  equal(still.request, held.request);
  const released = go(held.request, VERIFIED, NOW + 5);
  deepEqual([released.request.state, released.effects], ["waiting", ["offer"]]);
  const over = go(held.request, { is: "tick" }, NOW + TIMES.heldMs);
  deepEqual([over.request.outcome, over.request.rule], ["failed", "firmware.held"]);
  deepEqual(statuses(over.request), ["DownloadPaused", "DownloadFailed"]);
  const soon = go(held.request, { is: "tick" }, NOW + TIMES.heldMs - 1);
  equal(soon.request, held.request);
});

Deno.test("firmware request: 1.6 core has no word for a pause, so nothing is said", () => {
  const event: RequestEvent = { is: "judged", outcome: "held", rule: "firmware.held", why: "x" };
  const { request, effects } = go({ ...NEW, dialect: "core" }, event);
  deepEqual([statuses(request), effects], [[], []]);
});

Deno.test("firmware request: a fetch is repeated as often as the CSMS allows, and not once more", () => {
  let request = NEW;
  for (const failures of [1, 2]) {
    const { request: next, effects } = go(request, { is: "unfetched", why: "connection refused" });
    deepEqual([next.state, next.failures, next.dueAt, effects], ["fetching", failures, NOW + 300, []]);
    deepEqual(go(next, { is: "tick" }, NOW + 299).effects, []);
    const due = go(next, { is: "tick" }, NOW + 300);
    deepEqual(due.effects, ["fetch"]);
    deepEqual(go(due.request, { is: "tick" }, NOW + 301).effects, [], "not twice for one due time");
    request = due.request;
  }
  const last = go(request, { is: "unfetched", why: "connection refused" });
  deepEqual([last.request.outcome, last.request.rule], ["failed", "firmware.unfetched"]);
  deepEqual(statuses(last.request), ["DownloadFailed"]);
});

Deno.test("firmware request: a fault of the gateway itself counts against nobody, however often it comes", () => {
  let request = NEW;
  for (let time = 0; time < 10; time++) {
    request = go(request, { is: "unfetched", why: "the Worker is restarting", isOurs: true }).request;
    deepEqual([request.state, request.failures, request.dueAt], ["fetching", 0, NOW + 300]);
  }
});

Deno.test("firmware request: the station is asked at the CSMS's time, not before", () => {
  const { request } = go({ ...NEW, retrieveAt: NOW + 100 }, VERIFIED);
  equal(request.dueAt, NOW + 100);
  equal(go(request, { is: "free" }, NOW + 99).request, request);
  deepEqual(go(request, { is: "tick" }, NOW + 99).effects, []);
  deepEqual(go(request, { is: "tick" }, NOW + 100).effects, ["offer"]);
  deepEqual(go(request, { is: "free" }, NOW + 100).effects, ["send"]);
});

for (const isSent of [true, false]) {
  Deno.test(`firmware request: a station that did not answer (${isSent ? "sent" : "not sent"}) is asked again later`, () => {
    const { request, effects } = go(at("sending"), { is: "unanswered", why: "away", isSent });
    deepEqual([request.state, request.dueAt, effects], ["waiting", NOW + TIMES.resendMs, []]);
  });
}

Deno.test("firmware request: a status that comes though the answer was lost is the answer", () => {
  const { request } = go(at("waiting"), status("Downloading"));
  deepEqual([request.state, request.lastStatus], ["station", "Downloading"]);
});

for (
  const [answer, told] of [
    ["Rejected", "DownloadFailed"],
    ["InvalidCertificate", "InvalidSignature"],
    ["RevokedCertificate", "InvalidSignature"],
    ["Nonsense", "DownloadFailed"],
  ]
) {
  Deno.test(`firmware request: a station that answers ${answer} ends it`, () => {
    const { request, effects } = go(at("sending"), { is: "answered", status: answer! });
    deepEqual([request.outcome, request.rule], ["failed", "firmware.station-refused"]);
    deepEqual(statuses(request), [told]);
    deepEqual(effects, ["close", "tell"]);
  });
}

for (const answer of ["Accepted", "AcceptedCanceled", undefined]) {
  Deno.test(`firmware request: a station that answers ${answer ?? "nothing (1.6 core)"} has it`, () => {
    const event: RequestEvent = answer === undefined ? { is: "answered" } : { is: "answered", status: answer };
    const { request } = go(at("sending"), event);
    deepEqual([request.state, request.dueAt], ["station", NOW + TIMES.silentMs]);
  });
}

Deno.test("firmware request: a station that answers with an error ends it", () => {
  const { request } = go(at("sending"), { is: "refused", why: "NotSupported" });
  deepEqual([request.outcome, request.why], ["failed", "NotSupported"]);
  deepEqual(statuses(request), ["DownloadFailed"]);
});

for (const failure of ["DownloadFailed", "InvalidSignature", "InstallationFailed", "InstallVerificationFailed"]) {
  Deno.test(`firmware request: the station's ${failure} ends it, and is told by the station alone`, () => {
    const { request, effects } = go(at("station"), status(failure));
    deepEqual([request.state, request.outcome, request.telling], ["ended", "failed", []]);
    deepEqual(effects, ["close"]);
  });
}

Deno.test("firmware request: statuses of another request, Idle, and any after the end change nothing", () => {
  const before = at("station");
  equal(go(before, status("InstallationFailed", 41)).request, before);
  equal(go(before, status("Idle")).request, before);
  const ended = at("ended");
  equal(go(ended, status("Installed")).request, ended);
  const unasked = at("fetching");
  equal(go(unasked, status("Downloading")).request, unasked);
});

Deno.test("firmware request: 1.6 core has no request id, so any status of the station is of it", () => {
  const { requestId: _none, ...core } = at("station", { dialect: "core" });
  equal(go(core, { is: "status", status: "Downloading" }).request.lastStatus, "Downloading");
});

Deno.test("firmware request: unknown and disordered statuses are borne", () => {
  for (const odd of ["Frobnicated", "SignatureVerified", "Downloading", ""]) {
    equal(go(at("station"), status(odd)).request.lastStatus, odd);
  }
  const installed = at("installed", { dueAt: NOW + 77 });
  const { request } = go(installed, status("InstallRebooting"));
  deepEqual([request.state, request.dueAt], ["installed", NOW + 77]);
});

Deno.test("firmware request: silence of a station ends it unconfirmed", () => {
  const silent = at("station", { dueAt: NOW + 9 });
  equal(go(silent, { is: "tick" }, NOW + 8).request, silent);
  deepEqual(go(silent, { is: "tick" }, NOW + 9).request.rule, "firmware.silent");
  const over = go(at("installed"), { is: "tick" });
  deepEqual([over.request.outcome, over.request.rule], ["unconfirmed", "firmware.unconfirmed"]);
});

Deno.test("firmware request: an image that loses its trust stops what the station was not asked for yet", () => {
  for (const state of ["fetching", "held", "waiting"] as const) {
    const { request } = go(at(state), { is: "withdrawn", why: "changed on the disk" });
    deepEqual([request.outcome, request.rule], ["failed", "firmware.withdrawn"], state);
    deepEqual(statuses(request), ["DownloadFailed"]);
  }
  const asked = at("station");
  equal(go(asked, { is: "withdrawn", why: "x" }).request, asked);
});

Deno.test("firmware request: a newer one takes its place, unless the station installs already", () => {
  for (const state of ["fetching", "held", "waiting", "sending"] as const) equal(mayBeReplaced(at(state)), true, state);
  for (const last of ["DownloadScheduled", "Downloading", "DownloadPaused"]) {
    equal(mayBeReplaced(at("station", { lastStatus: last })), true, last);
  }
  equal(mayBeReplaced(at("station")), true);
  for (
    const last of ["Downloaded", "SignatureVerified", "InstallScheduled", "Installing", "InstallRebooting", "Installed"]
  ) {
    equal(mayBeReplaced(at("station", { lastStatus: last })), false, last);
  }
  equal(mayBeReplaced(at("installed")), false);
  const { request, effects } = go(at("station"), { is: "cancelled", why: "request 43" });
  deepEqual([request.outcome, effects], ["cancelled", ["close"]]);
});

// kill -9 in every state: what is done when the gateway is back
const RESUMED: readonly (readonly [RequestState, RequestState, readonly RequestEffect[]])[] = [
  ["fetching", "fetching", ["fetch"]],
  ["held", "held", []],
  ["waiting", "waiting", []],
  ["sending", "waiting", []],
  ["station", "station", []],
  ["installed", "installed", []],
  ["ended", "ended", []],
];
for (const [state, then, effects] of RESUMED) {
  Deno.test(`firmware request: after a restart in "${state}" it goes on`, () => {
    const next = go(at(state), { is: "resumed" });
    deepEqual([next.request.state, next.effects], [then, effects]);
    const owing = at(state, { telling: [{ kind: "status", status: "DownloadScheduled" }] });
    deepEqual(go(owing, { is: "resumed" }).effects, [...effects, "tell"], "what the CSMS was not told yet");
  });
}

Deno.test("firmware request: events that do not fit the state change nothing", () => {
  const events: readonly (readonly [RequestEvent, readonly RequestState[]])[] = [
    [VERIFIED, ["waiting", "sending", "station", "installed"]],
    [{ is: "unfetched", why: "x" }, ["held", "waiting", "sending", "station", "installed"]],
    [{ is: "free" }, ["fetching", "held", "sending", "station", "installed"]],
    [{ is: "answered", status: "Accepted" }, ["fetching", "held", "waiting", "station", "installed"]],
    [{ is: "unanswered", why: "x", isSent: true }, ["fetching", "held", "waiting", "station", "installed"]],
    [{ is: "refused", why: "x" }, ["fetching", "held", "waiting", "station", "installed"]],
    [{ is: "tick" }, ["sending"]],
  ];
  for (const [event, states] of events) {
    for (const state of states) {
      const before = at(state);
      const { request, effects } = go(before, event);
      equal(request, before, `${event.is} in ${state}`);
      deepEqual(effects, [], `${event.is} in ${state}`);
    }
  }
});

Deno.test("firmware request: no event and no order of events loses an ended request or leaves it without an outcome", () => {
  const events: readonly RequestEvent[] = [
    VERIFIED,
    { is: "judged", outcome: "held", rule: "h", why: "h" },
    { is: "judged", outcome: "refused", rule: "firmware.signature", why: "s" },
    { is: "unfetched", why: "x" },
    { is: "free" },
    { is: "answered", status: "Accepted" },
    { is: "answered", status: "Rejected" },
    { is: "unanswered", why: "x", isSent: true },
    { is: "refused", why: "x" },
    ...["Downloading", "Downloaded", "Installed", "InstallationFailed", "Idle"].map((one) => status(one)),
    { is: "booted", firmwareVersion: "2.0" },
    { is: "withdrawn", why: "x" },
    { is: "resumed" },
    { is: "tick" },
  ];
  let seed = 7;
  const pick = () => events[(seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % events.length]!;
  for (let run = 0; run < 500; run++) {
    let request = NEW;
    for (let index = 0, now = NOW; index < 40; index++, now += 200) {
      const before = request;
      request = go(request, pick(), now).request;
      if (before.state === "ended") equal(request.state, "ended");
      equal(request.state === "ended", request.outcome !== undefined);
      // The station is never asked for what was not verified.
      if (request.state === "sending" || request.state === "waiting") ok(request.sha256);
    }
  }
});

Deno.test("firmware request: names of statuses in each dialect", () => {
  equal(statusIn("2.x", "InvalidSignature"), "InvalidSignature");
  equal(statusIn("signed", "DownloadScheduled"), "DownloadScheduled");
  equal(statusIn("core", "DownloadScheduled"), undefined);
  equal(statusIn("core", "InvalidSignature"), "DownloadFailed");
  equal(statusIn("core", "Installed"), "Installed");
  deepEqual(
    ["firmware.signature", "firmware.signature.salt", "firmware.certificate", "firmware.floor"].map(isSignatureFault),
    [true, true, true, false],
  );
});

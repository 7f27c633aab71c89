import { deepEqual, equal } from "node:assert/strict";
import { stepRequest } from "./firmware_request.ts";
import type { RequestEvent, RequestState, RequestTimes, UpdateRequest } from "./firmware_request_types.ts";

// In which order a CSMS and its station hear of an update.

const TIMES: RequestTimes = {
  resendMs: 60,
  tellFirstMs: 30,
  waitMs: 50_000,
  heldMs: 7_000,
  silentMs: 1_000,
  confirmMs: 500,
};
const NOW = 10_000;
const at = (state: RequestState, more: Partial<UpdateRequest>): UpdateRequest => ({
  ...{ id: "r1", stationId: "CP001", csms: "main", dialect: "2.x", requestId: 42, state, sha256: "ab".repeat(32) },
  ...{ failures: 0, retries: 2, retryMs: 300, retrieveAt: 0, dueAt: NOW, telling: [] },
  ...more,
});
const go = (request: UpdateRequest, event: RequestEvent, now = NOW) => stepRequest(request, event, now, TIMES);
const statuses = ({ telling }: UpdateRequest) => telling.map((one) => one.kind === "status" ? one.status : one.type);

Deno.test("firmware request: what is told is told in order, one after the other", () => {
  const two = at("ended", { telling: [{ kind: "status", status: "A" }, { kind: "status", status: "B" }] });
  const first = go(two, { is: "told" });
  deepEqual([statuses(first.request), first.effects], [["B"], ["tell"]]);
  const second = go(first.request, { is: "told" });
  deepEqual([statuses(second.request), second.effects], [[], []]);
});

Deno.test("firmware request: the station is not asked before its CSMS has heard what comes first, and is asked then at once", () => {
  const owing = at("waiting", { telling: [{ kind: "status", status: "A" }, { kind: "status", status: "B" }] });
  equal(go(owing, { is: "free" }).request, owing);
  const first = go(owing, { is: "told" });
  deepEqual(first.effects, ["tell"]);
  equal(go(first.request, { is: "free" }).request, first.request, "one still waits");
  const second = go(first.request, { is: "told" });
  deepEqual(second.effects, ["offer"]);
  deepEqual(go(second.request, { is: "free" }).effects, ["send"]);
});

Deno.test("firmware request: a CSMS that cannot be told holds an update up for a while and no longer", () => {
  const owing = at("waiting", { telling: [{ kind: "status", status: "DownloadScheduled" }] });
  equal(go(owing, { is: "free" }, NOW + TIMES.tellFirstMs - 1).request, owing);
  const late = go(owing, { is: "free" }, NOW + TIMES.tellFirstMs);
  deepEqual([late.request.state, late.effects], ["sending", ["send"]]);
  deepEqual(statuses(late.request), ["DownloadScheduled"], "and it is told when it can be");
});

Deno.test("firmware request: what was told of one that fetches or has ended offers nothing", () => {
  for (const state of ["fetching", "held", "sending", "station", "installed", "ended"] as const) {
    const owing = at(state, { telling: [{ kind: "status", status: "A" }] });
    deepEqual(go(owing, { is: "told" }).effects, [], state);
  }
});

// what an update waits for before its station hears of it
Deno.test("firmware request: what it waits for is on record, once; room takes it away", () => {
  const waiting = at("waiting", { waitUntil: NOW + 100 });
  const busy = go(waiting, { is: "busy", why: "connector 1 charges" });
  deepEqual([busy.request.state, busy.request.why, busy.effects], ["waiting", "connector 1 charges", []]);
  equal(
    go(busy.request, { is: "busy", why: "connector 1 charges" }).request,
    busy.request,
    "no write for the same again",
  );
  equal(go(busy.request, { is: "busy", why: "x".repeat(999) }).request.why!.length, 300);
  const free = go(busy.request, { is: "free" });
  deepEqual([free.request.state, "why" in free.request, free.effects], ["sending", false, ["send"]]);
});

Deno.test("firmware request: it waits as long as the site says, and its CSMS hears then that it failed, and why", () => {
  const judged = go(at("fetching", { retrieveAt: NOW + 5 }), {
    ...{ is: "judged", outcome: "verified", rule: "firmware.evidence", why: "tuf", sha256: "ab" },
  });
  equal(judged.request.waitUntil, NOW + 5 + TIMES.waitMs, "from when the CSMS wants it");
  const { request } = go(judged.request, { is: "busy", why: "connector 1 charges" });
  deepEqual(go(request, { is: "tick" }, request.waitUntil! - 1).effects, ["offer"]);
  const over = go(request, { is: "tick" }, request.waitUntil!);
  deepEqual([over.request.outcome, over.request.rule, over.request.why], [
    "failed",
    "firmware.waited",
    "connector 1 charges",
  ]);
  deepEqual(statuses(over.request), ["DownloadFailed"]);
  const { why: _none, ...untold } = request;
  equal(go(untold, { is: "tick" }, request.waitUntil!).request.why, "its station was away too long");
});

Deno.test("firmware request: asked how far it is, the CSMS hears what it heard last, and not Idle (L01.FR.25)", () => {
  for (
    const [state, status] of [
      ["fetching", "DownloadScheduled"],
      ["waiting", "DownloadScheduled"],
      ["held", "DownloadPaused"],
    ] as const
  ) {
    const asked = go(at(state, {}), { is: "triggered" });
    deepEqual([statuses(asked.request), asked.effects], [[status], ["tell"]], state);
    equal(go(asked.request, { is: "triggered" }).request, asked.request, "once, until it was told");
  }
  for (const state of ["sending", "station", "installed", "ended"] as const) {
    const before = at(state, {});
    equal(go(before, { is: "triggered" }).request, before, `${state}: its station answers`);
  }
});

Deno.test("firmware request: only one that waits for its station can be busy", () => {
  for (const state of ["fetching", "held", "sending", "station", "installed", "ended"] as const) {
    const before = at(state, {});
    equal(go(before, { is: "busy", why: "x" }).request, before, state);
  }
});

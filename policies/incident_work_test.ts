import { deepEqual, equal } from "node:assert/strict";
import type { SeenRecord } from "./incident_signals.ts";
import type { WorkKind } from "./incident_types.ts";
import { endedWork, LONGEST_WORK_MS, workOf } from "./incident_work.ts";

const MINUTE = 60_000;
const seen = (event: string, detail: Record<string, unknown> = {}, more: Partial<SeenRecord> = {}): SeenRecord => ({
  ...{ event, who: "anna", target: "CP001", outcome: "ok", detail },
  ...more,
});
const operation = (name: string, outcome = "ok") => seen("device.operation.done", { operation: name }, { outcome });
const call = (action: string) => seen("station.call.sent", { action });

/** A record, the work that it tells of, and for how many minutes that explains what is seen; undefined: no work. */
const WORKS:
  readonly (readonly [name: string, record: SeenRecord, work: readonly [WorkKind, string, number] | undefined])[] = [
    ["pages that were opened", seen("device.session.opened", { session: "s1" }), ["access", "pages s1", 1_440]],
    ["pages that were closed", seen("device.session.ended", { session: "s1" }), ["access", "pages s1", 10]],
    ["a port that was opened", seen("segmentation.opening.made"), ["access", "port", 1_440]],
    ["a port that was closed", seen("segmentation.opening.closed"), ["access", "port", 10]],
    ["a port whose time was over", seen("segmentation.opening.ended"), ["access", "port", 10]],
    ["firmware over its pages", operation("firmware"), ["gateway", "operation firmware", 10]],
    ["settings over its pages", operation("write"), ["gateway", "operation write", 10]],
    ["a restart over its pages", operation("reboot"), ["gateway", "operation reboot", 10]],
    ["a password over its pages", operation("password"), ["gateway", "operation password", 10]],
    ["a change that failed half-way", operation("write", "failed"), ["gateway", "operation write", 10]],
    ["a change that was refused before", operation("write", "refused"), undefined],
    ["settings that were read", operation("read"), undefined],
    ["a login that was proven", operation("prove"), undefined],
    ["logs that were fetched", operation("logs"), undefined],
    ["a reset by the gateway", call("Reset"), ["gateway", "call Reset", 10]],
    ["another setting by OCPP", call("ChangeConfiguration"), ["gateway", "call ChangeConfiguration", 10]],
    ["another variable by OCPP", call("SetVariables"), ["gateway", "call SetVariables", 10]],
    ["an emptied cache", call("ClearCache"), ["gateway", "call ClearCache", 10]],
    ["a question by OCPP", call("GetConfiguration"), undefined],
    ["a climb that began", seen("station.climb.started"), ["gateway", "climb", 1_440]],
    ["a climb that ended", seen("station.climb.ended"), ["gateway", "climb", 10]],
    ["a new OCPP password", seen("station.credential.renewed"), ["gateway", "credential", 10]],
    ["an update of a CSMS that ended", seen("transfer.request.ended"), ["gateway", "update", 10]],
    ["a unit of a campaign that ended", seen("firmware.campaign.unit-ended"), ["gateway", "campaign", 10]],
    ["a station that was adopted", seen("station.entry.adopted"), ["replacement", "adoption", 60]],
    ["a station that was replaced", seen("station.entry.replaced"), ["replacement", "replacement", 60]],
    ["a person who logged in", seen("people.login.accepted"), undefined],
  ];
for (const [name, record, work] of WORKS) {
  Deno.test(`incident work: ${name} ${work ? `explains for ${work[2]} minutes` : "explains nothing"}`, () => {
    const news = workOf(record);
    deepEqual(news && [news.kind, news.name, news.forMs / MINUTE], work);
    if (news) deepEqual([news.stations, news.by], [["CP001"], `anna: ${work![1]}`]);
  });
}

Deno.test("incident work: a change of secrets is work at every station that it names, until it ends", () => {
  const started = seen("secret.rotation.started", { slot: "operator", stations: "CP001 CP002" }, { target: "bay-07" });
  const news = workOf(started)!;
  deepEqual([news.stations, news.kind, news.name], [["CP001", "CP002"], "rotation", "secret bay-07 operator"]);
  equal(news.forMs, LONGEST_WORK_MS);
  deepEqual(endedWork(seen("secret.rotation.ended", { slot: "operator" }, { target: "bay-07" })), {
    name: news.name,
    forMs: 10 * MINUTE,
  });
  equal(endedWork(started), undefined);
  deepEqual(workOf(seen("secret.rotation.started", { slot: "operator" }))!.stations, [], "it names none");
});

Deno.test("incident work: who did it stands for a station that is no target", () => {
  const { target: _, ...record } = seen("station.credential.renewed", {}, { who: "CP009" });
  deepEqual(workOf(record)!.stations, ["CP009"]);
});

Deno.test("incident work: a record without detail is none of an operation or a call", () => {
  const { detail: _, ...record } = operation("write");
  equal(workOf(record), undefined);
});

import { afterStatus } from "../../../../policies/firmware_status.ts";
import type { UnitState } from "../../../../policies/campaign_types.ts";
import type { StationFirmwareStatus } from "../../../core/firmware_status_api.ts";
import { CAMPAIGN_LIMITS } from "./limits.ts";
import type { PartWay } from "../../../../policies/campaign_parts.ts";
import type { CampaignRecord, Note, PartRecord, TaskRecord, UnitRecord } from "./record.ts";
import type { Told } from "./tell.ts";

/** Changes of units as values: nothing is stored here. */

/** A unit in another state. */
export function moved(
  unit: UnitRecord,
  state: UnitState,
  now: number,
  text: string,
  changes: Partial<UnitRecord> = {},
) {
  const { why: _, ...rest } = unit;
  return noted({ ...rest, ...changes, state, since: now }, now, text);
}

/** With one more line in its history; the oldest makes room. */
export function noted<T extends { readonly notes: readonly Note[] }>(record: T, at: number, text: string): T {
  const note = { at, text: text.slice(0, CAMPAIGN_LIMITS.whyChars) };
  return { ...record, notes: [...record.notes, note].slice(-CAMPAIGN_LIMITS.notes) };
}

/** A unit with one part changed. */
export function withPart(unit: UnitRecord, station: string, change: (part: PartRecord) => PartRecord): UnitRecord {
  return { ...unit, parts: unit.parts.map((part) => part.station === station ? change(part) : part) };
}

/** A unit that begins a try: nothing of an earlier one is left. */
export function begun(unit: UnitRecord, now: number): UnitRecord {
  const attempts = unit.attempts + 1;
  const parts = unit.parts.map(({ task: _, credentials: __, toldAt: ____, word: _____, proof: ______, ...part }) =>
    part
  );
  const { final: ___, ...rest } = unit;
  return moved(
    { ...rest, parts },
    "downloading",
    now,
    attempts === 1 ? "its turn has come" : `try ${attempts} begins`,
    {
      attempts,
    },
  );
}

/** A unit that begins to install: the time of its parts begins when they are told. */
export function installing(unit: UnitRecord, now: number): UnitRecord {
  return moved({ ...unit, parts: unit.parts.map(({ toldAt: _, ...part }) => part) }, "installing", now, "it installs");
}

/** A part that is about to be told, stored before it is. */
export function planned(unit: UnitRecord, station: string, task: TaskRecord, before: PartRecord["before"]): UnitRecord {
  return withPart(
    unit,
    station,
    (part) => ({ toldAt: task.at, ...part, task, ...part.before || !before ? {} : { before } }),
  );
}

/** A unit after what became of telling one of its parts; the same unit when the task is not that one any more. */
export function afterTelling(
  unit: UnitRecord,
  station: string,
  requestId: number,
  told: Told,
  now: number,
): UnitRecord {
  const part = unit.parts.find((one) => one.station === station), task = part?.task;
  if (!task || task.requestId !== requestId) return unit;
  const say = (text: string) => `${station}: ${text}`;
  const put = (changes: Partial<TaskRecord>) =>
    withPart(unit, station, (one) => ({ ...one, task: { ...task, ...changes, heardAt: now } }));
  switch (told.is) {
    case "unsent":
      return noted(withoutTask(unit, station), now, say(`not told: ${told.why}`));
    case "unknown":
      return noted(put({}), now, say(told.why));
    case "loads-later":
      return noted(put({ phase: "downloaded" }), now, say("it can load only when it installs"));
    case "refused": {
      const { why, isFinal } = told;
      return noted(put({ phase: "failed", why, ...isFinal ? { isFinal } : {} }), now, say(why));
    }
    case "accepted": {
      // Its first status may have overtaken its answer.
      const changes = task.phase === "planned" ? { phase: "asked" as const } : {};
      const byPerson = told.byPerson ? { byPerson: true as const } : {};
      return noted(
        put({ ...changes, ...byPerson }),
        now,
        say(told.note === undefined ? "told, and it will" : `told: ${told.note}`),
      );
    }
  }
}

/** The image comes to a part another way than by OCPP from now on; what it was to fetch is closed. */
export function otherWay(unit: UnitRecord, station: string, way: PartWay): UnitRecord {
  return withPart(unit, station, ({ task, ...part }) => {
    if (!task) return { ...part, way };
    const { grantId: _, ...rest } = task;
    return { ...part, way, task: rest };
  });
}

/** Forgets what a part was told. */
export function withoutTask(unit: UnitRecord, station: string): UnitRecord {
  return withPart(unit, station, ({ task: _, ...part }) => part);
}

/** A status as it changes a part; undefined when it is not about this update. */
export function afterStationStatus(
  unit: UnitRecord,
  { stationId, status, requestId }: StationFirmwareStatus,
  now: number,
  isBeingTold: boolean,
): UnitRecord | undefined {
  const task = unit.parts.find((part) => part.station === stationId)?.task;
  if (!task || (requestId !== undefined && requestId !== task.requestId)) return undefined;
  const { phase, why, isFinal, odd, isIdle } = afterStatus(task.phase, status);
  if (isIdle) return afterIdle(unit, stationId, task, now, isBeingTold);
  const changed = withPart(unit, stationId, (part) => ({
    ...part,
    task: { ...task, phase, heardAt: now, ...why === undefined ? {} : { why }, ...isFinal ? { isFinal } : {} },
  }));
  return phase === task.phase && odd === undefined ? changed : noted(changed, now, `${stationId}: ${odd ?? status}`);
}

/** It says that nothing is under way: it was never told, or has forgotten it, or is through with it. */
function afterIdle(unit: UnitRecord, station: string, task: TaskRecord, now: number, isBeingTold: boolean) {
  if (task.phase === "planned") {
    return isBeingTold ? undefined : noted(withoutTask(unit, station), now, `${station}: it was not told; once more`);
  }
  if (task.phase !== "asked" && task.phase !== "downloading") return undefined;
  const why = "it has forgotten the update";
  const failed = withPart(
    unit,
    station,
    (part) => ({ ...part, task: { ...task, phase: "failed", why, heardAt: now } }),
  );
  return noted(failed, now, `${station}: ${why}`);
}

/** A campaign with one more line in its history and changed. */
export function changed(record: CampaignRecord, now: number, text: string, changes: Partial<CampaignRecord>) {
  return noted({ ...record, ...changes }, now, text);
}

import type { OperationFailed, OperationFailure } from "../../core/device_operations_api.ts";
import type { Door, DoorRule } from "./door.ts";
import { doorText } from "./door_text.ts";

const FAILURES: Partial<Readonly<Record<DoorRule, OperationFailure>>> = {
  "ui.door.busy": "busy",
  "ui.door.closed": "closed",
  "ui.door.in-use": "busy",
  "ui.door.must-change": "must-change",
  "ui.door.no-account": "no-account",
  "ui.door.pin": "pin",
  "ui.door.refused": "refused",
  "ui.door.spent": "spent",
  "ui.door.strange": "strange",
  "ui.door.taken": "busy",
  "ui.door.waiting": "busy",
};

/** A door that a person would meet, as the failure of an operation. */
export function failureOf(door: Door): OperationFailed {
  const { person, since, why } = door.facts;
  return {
    ok: false,
    failure: FAILURES[door.rule] ?? "away",
    why: why === undefined ? doorText(door, "en").title : String(why),
    ...person === undefined ? {} : { person: String(person) },
    ...since === undefined ? {} : { since: Number(since) },
  };
}

/** A failure in its own words. */
export function failed(failure: OperationFailure, why: string): OperationFailed {
  return { ok: false, failure, why };
}

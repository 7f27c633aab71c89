import { equal, match, throws } from "node:assert/strict";
import type { Station } from "../../../inventory/config.ts";
import { IMAGE } from "./testing/campaign_rig.ts";
import { CAMPAIGN_LIMITS } from "./limits.ts";
import { makeUnits } from "./make.ts";
import type { CampaignParts } from "./parts.ts";
import { readPlan } from "./plan_input.ts";
import type { UnitRecord } from "./record.ts";
import { noted } from "./unit_desk.ts";

/** So many stations of the image's model, each a unit. */
function unitsOf(count: number): readonly UnitRecord[] {
  const stations = Array.from({ length: count }, (_, at) => ({ id: `s${at}`, vendor: "bender", model: "CC613" }));
  const parts = {
    stations: { all: () => stations as unknown as Station[] },
    facts: { of: () => ({}) },
    context: { clock: { now: () => 1 } },
  } as unknown as CampaignParts;
  return makeUnits(parts, "fw-1", IMAGE, [], readPlan({}, "1"), new Map());
}

Deno.test("campaign limits: as many units as the limit, and not one more", () => {
  equal(unitsOf(CAMPAIGN_LIMITS.units).length, CAMPAIGN_LIMITS.units);
  throws(() => unitsOf(CAMPAIGN_LIMITS.units + 1), /5001 units are more than 5000/);
  throws(() => unitsOf(0), /No station of the inventory is of bender/);
});

Deno.test("campaign limits: a history keeps its newest entries, each cut at its limit", () => {
  let record: { notes: readonly { at: number; text: string }[] } = { notes: [] };
  for (let at = 0; at < CAMPAIGN_LIMITS.notes; at++) record = noted(record, at, `${at}`);
  equal(record.notes.length, CAMPAIGN_LIMITS.notes);
  equal(record.notes[0]!.at, 0);
  record = noted(record, CAMPAIGN_LIMITS.notes, "y".repeat(CAMPAIGN_LIMITS.whyChars + 1));
  equal(record.notes.length, CAMPAIGN_LIMITS.notes);
  equal(record.notes[0]!.at, 1);
  equal(record.notes.at(-1)!.text.length, CAMPAIGN_LIMITS.whyChars);
  match(noted(record, 1, "x".repeat(CAMPAIGN_LIMITS.whyChars)).notes.at(-1)!.text, /^x{200}$/);
});

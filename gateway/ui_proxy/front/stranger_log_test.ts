import { deepEqual, equal } from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import type { AuditEvent } from "../../core/control_api.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import { StrangerLog } from "./stranger_log.ts";

const REFUSAL = { rule: "ui.session.none", source: "10.99.0.7", status: 401, station: "CP001" };

function logOf() {
  const time = new ManualTime(), told: AuditEvent[] = [], warned: string[] = [], state = { away: false };
  const log = new StrangerLog(
    (event) => state.away ? Promise.reject(new Error("away")) : Promise.resolve(told.push(event)),
    time,
    { warn: (event) => warned.push(event) },
  );
  return { log, time, told, warned, state };
}

Deno.test("stranger log: alike refusals are one record with a count", async () => {
  const { log, time, told } = logOf();
  for (let at = 0; at < 500; at++) log.note(REFUSAL);
  log.note({ ...REFUSAL, source: "10.99.0.8" });
  time.advance(UI_PROXY_LIMITS.recordMs);
  await log.flush();
  deepEqual(told.map(({ source, detail }) => [source, detail!["count"]]), [["10.99.0.7", 500], ["10.99.0.8", 1]]);
  deepEqual([told[0]!.who, told[0]!.target, told[0]!.outcome, told[0]!.class], [
    "unknown",
    "CP001",
    "refused",
    "access",
  ]);
});

Deno.test("stranger log: a flood of kinds is counted only beyond its limit", () => {
  const { log } = logOf();
  const note = (at: number) => log.note({ ...REFUSAL, source: `10.99.${at >> 8}.${at & 255}` });
  for (let at = 0; at < UI_PROXY_LIMITS.strangersWaiting; at++) equal(note(at), true);
  equal(note(UI_PROXY_LIMITS.strangersWaiting), false);
  equal(note(0), true, "what is known still counts");
});

Deno.test("stranger log: with control away it says how many were lost", async () => {
  const { log, told, warned, state } = logOf();
  state.away = true;
  log.note(REFUSAL);
  await log.flush();
  deepEqual([told, warned], [[], ["ui.refusals.unrecorded"]]);
});

import { deepEqual, equal } from "node:assert/strict";
import { INCIDENT_LIMITS } from "./limits.ts";
import { Works } from "./works.ts";

const MINUTE = 60_000;
const opened = (station: string, session = "s") => ({
  ...{ event: "device.session.opened", who: "anna", target: station, outcome: "ok", detail: { session } },
});

Deno.test("works: it explains what is seen from its begin to its end and ten minutes more", () => {
  const works = new Works();
  works.take(opened("CP001"), 1_000);
  works.take({ ...opened("CP001"), event: "device.session.ended" }, 5_000);
  const at = (ms: number) => works.of("CP001", ms).length;
  deepEqual([at(999), at(1_000), at(5_000 + 10 * MINUTE), at(5_001 + 10 * MINUTE)], [0, 1, 1, 0]);
  deepEqual(works.of("CP002", 2_000), []);
});

Deno.test("works: as many pieces at one station as the limit, and one past it: the oldest is forgotten", () => {
  const works = new Works(), { works: most } = INCIDENT_LIMITS;
  for (let at = 0; at < most; at++) works.take(opened("CP001", `s${at}`), at);
  equal(works.of("CP001", most).length, most);
  works.take(opened("CP001", "more"), most);
  const kept = works.of("CP001", most);
  deepEqual([kept.length, kept[0]!.by, kept.at(-1)!.by], [most, "anna: pages s1", "anna: pages more"]);
});

Deno.test("works: as many stations as the limit, and one past it: the one heard of longest ago is forgotten", () => {
  const works = new Works(), { workStations: most } = INCIDENT_LIMITS;
  for (let at = 0; at < most; at++) works.take(opened(`CP${at}`), 0);
  equal(works.of("CP0", 0).length, 1);
  works.take(opened("CP0", "again"), 0);
  works.take(opened("one more"), 0);
  deepEqual([works.of("CP0", 0).length, works.of("CP1", 0).length, works.of("one more", 0).length], [2, 0, 1]);
});

Deno.test("works: what is over is dropped when the next comes", () => {
  const works = new Works();
  works.take({ ...opened("CP001"), event: "device.session.ended" }, 0);
  works.take(opened("CP001", "later"), 20 * MINUTE);
  deepEqual(works.of("CP001", 5 * MINUTE), []);
});

import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { INCIDENT_LIMITS } from "./limits.ts";
import { IncidentRig } from "./testing/incident_rig.ts";

const withRig = (test: (rig: IncidentRig) => Promise<void>) => async () => {
  await using rig = await IncidentRig.up();
  await test(rig);
};

Deno.test(
  "incidents: as many closed ones as the limit, and one past it: the one closed longest ago goes",
  withRig(async (rig) => {
    const { closed } = INCIDENT_LIMITS;
    for (let number = 1; number <= closed + 1; number++) {
      await rig.record("incident.reported", "CP001", { what: `report ${number}` });
      await rig.feature.commands!["incident close"]!(
        { incident: `I-${number}`, "false-alarm": true, reason: "no" },
        "eva",
      );
      if (number === closed) equal(rig.feature.book.all().length, closed);
      rig.time.jump(1);
    }
    equal(rig.feature.book.all().length, closed);
    equal(rig.feature.book.get("I-1"), undefined);
    ok(rig.feature.book.get(`I-${closed + 1}`));
  }),
);

Deno.test(
  "incidents: as much announced work as the limits, and one past each",
  withRig(async (rig) => {
    const announce = (hours: string) => rig.run("incident announce", { station: "CP001", hours, reason: "work" });
    await announce("168");
    await rejects(announce("169"), /169 hours cannot be announced/);
    for (const hours of ["0", "-1", "soon", ""]) await rejects(announce(hours), { code: "INCIDENT_REFUSED" });
    for (let more = 2; more < INCIDENT_LIMITS.announced; more++) await announce("1");
    const both = await Promise.allSettled([announce("1"), announce("1")]); // at one moment, for one place
    deepEqual(both.map(({ status }) => status), ["fulfilled", "rejected"]);
    await rejects(announce("1"), /200 works are announced already/);
    await rejects(rig.run("incident announce", { station: "CP9", hours: "1", reason: "work" }), {
      code: "STATION_UNKNOWN",
    });
    await rejects(rig.run("incident withdraw", { work: "W-0" }), { code: "INCIDENT_UNKNOWN" });
  }),
);

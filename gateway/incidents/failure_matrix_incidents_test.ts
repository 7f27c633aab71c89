import { deepEqual, equal, rejects } from "node:assert/strict";
import { StorageError } from "../core/errors.ts";
import { IncidentRig } from "./testing/incident_rig.ts";

const FOUND = {
  event: "incident.look.found",
  class: "security",
  who: "gateway",
  target: "CP001",
  outcome: "ok",
} as const;

Deno.test("failure matrix: incidents without control", async (t) => {
  await using rig = await IncidentRig.up();
  await rig.found("password-lost");
  rig.chain.add({ ...FOUND, detail: { what: "default-password", why: "operator" } }, false); // and control is gone
  const parts = [
    "failure matrix: incidents: control / what is seen: what the chain has is taken at the next start, with its own time",
    "failure matrix: incidents: control / what people do: closed for the moment: what was answered stays",
    "failure matrix: incidents: control / back in service: by itself within seconds: alarms stand again, steps go on",
  ] as const;
  await t.step(parts[1], () => rejects(rig.run("incident decide", { incident: "I-2", keep: true, reason: "why" })));
  await rig.run("incident acknowledge", { incident: "I-1" });
  await rig.crash();
  await t.step(parts[0], () => deepEqual(rig.standing(), ["I-1 CP001 reset critical acknowledged"]));
  await t.step(parts[2], () => deepEqual([...rig.alarms.keys()], ["incident.critical CP001"]));
});

Deno.test("failure matrix: incidents without the disk", async (t) => {
  await using rig = await IncidentRig.up();
  await rig.found("password-lost");
  rig.diskFault = new StorageError("STORE_FULL", "no room");
  await rig.found("default-password");
  const parts = [
    "failure matrix: incidents: the disk / what is seen: it waits, in the chain where that has room",
    "failure matrix: incidents: the disk / what people do: closed: nothing is answered that is not stored",
    "failure matrix: incidents: the disk / back in service: by itself: what waited is taken in its order",
  ] as const;
  await t.step(parts[0], () => deepEqual(rig.standing(), ["I-1 CP001 access warning open"]));
  await t.step(parts[1], () => rejects(rig.run("incident acknowledge", { incident: "I-1" }), { code: "STORE_FULL" }));
  await rig.feature.settled(); // what is tried now fails still
  rig.diskFault = undefined;
  await rig.feature.tick();
  await t.step(parts[2], async () => {
    equal(rig.standing()[0], "I-1 CP001 reset critical open");
    deepEqual((await rig.show("I-1")).timeline.map(({ kind }) => kind), ["password-lost", "default-password"]);
  });
});

import { deepEqual, equal, ok } from "node:assert/strict";
import { StorageError } from "../core/errors.ts";
import { INCIDENT_LIMITS } from "./limits.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { IncidentRig } from "./testing/incident_rig.ts";

const FOUND = {
  event: "incident.look.found",
  class: "security",
  who: "gateway",
  target: "CP001",
  outcome: "ok",
} as const;
const found = (what: string) => ({ ...FOUND, detail: { what, why: what } });

Deno.test("incidents: what the chain has and nobody took is taken at the next start, once, with its own time", async () => {
  await using rig = await IncidentRig.up();
  await rig.found("password-lost");
  const before = rig.time.now();
  rig.chain.add(found("https-off"), false); // stored, and then the power was gone
  rig.time.jump(3_600_000);
  await rig.crash();
  deepEqual(rig.standing(), ["I-1 CP001 reset critical open"]);
  const { timeline } = await rig.show("I-1");
  deepEqual(timeline.map(({ kind, count, at }) => [kind, count, at - before]), [
    ["password-lost", 1, 0],
    ["https-off", 1, 0],
  ]);
  await rig.crash();
  deepEqual((await rig.show("I-1")).timeline, timeline, "a further start changes nothing");
});

Deno.test("incidents: decisions, steps and announced work outlive kill -9, and the alarm stands again", async () => {
  await using rig = await IncidentRig.up();
  await rig.found("default-password");
  await rig.run("incident decide", { incident: "I-1", quarantine: true, reason: "a factory password opens it" });
  await rig.run("incident step", { incident: "I-1", step: "look", person: "B. Meier", proof: "whole" });
  rig.hands.ends.set("password", { state: "checking", found: "being set" });
  await rig.run("incident step", { incident: "I-1", step: "password" });
  await rig.run("incident announce", { station: "CP002", hours: "2", reason: "meter change" });
  const before = await rig.show("I-1");
  rig.hands.ends.set("password", { state: "checking", found: "being set" });
  await rig.crash();
  const { done: { password, ...done }, ...rest } = await rig.show("I-1");
  const { done: { password: passwordBefore, ...doneBefore }, ...restBefore } = before;
  deepEqual([rest, done, password?.state], [restBefore, doneBefore, passwordBefore?.state]);
  equal(rig.feature.book.announced()[0]?.station, "CP002");
  deepEqual([...rig.alarms.keys()], ["incident.critical CP001"]);
  rig.hands.ends.set("password", { state: "done", found: "proven" });
  await rig.feature.tick();
  equal((await rig.show("I-1")).done.password?.state, "done", "its proof is still waited for");
});

Deno.test("incidents: a full disk: nothing is answered that is not stored, and what was seen is taken when there is room", async () => {
  await using rig = await IncidentRig.up();
  await rig.found("password-lost");
  rig.diskFault = new StorageError("STORE_FULL", "no room");
  await rig.run("incident acknowledge", { incident: "I-1" }).then(
    () => ok(false, "it was not stored"),
    (error) => equal(error.code, "STORE_FULL"),
  );
  await rig.found("default-password");
  deepEqual(rig.standing(), ["I-1 CP001 access warning open"]);
  await rig.feature.settled(); // what is tried now fails still
  rig.diskFault = undefined;
  await rig.feature.tick();
  deepEqual(rig.standing(), ["I-1 CP001 reset critical open"]);
});

Deno.test("incidents: numbers are never given twice, whatever is removed and however often control starts", async () => {
  await using rig = await IncidentRig.up();
  for (const number of [1, 2, 3]) {
    await rig.record("incident.reported", "CP001", { what: `report ${number}` });
    await rig.run("incident close", { incident: `I-${number}`, "false-alarm": true, reason: "no" });
    await rig.crash();
  }
  deepEqual(rig.feature.book.all().map(({ id }) => id), ["I-3", "I-2", "I-1"]);
});

Deno.test("incidents: a chain that is shorter than what was looked at, as after a restore, is followed from its end", async () => {
  await using rig = await IncidentRig.up();
  for (let at = 0; at < 5; at++) await rig.record("people.login.accepted", "anna");
  await rig.found("password-lost");
  rig.chain.lines.splice(2);
  await rig.crash();
  await rig.found("https-off");
  deepEqual(rig.standing(), ["I-1 CP001 reset critical open"]);
});

Deno.test("incidents: the hourly note of how far the chain was read never gives an incident's number to the next one", async () => {
  await using rig = await IncidentRig.up();
  await rig.record("alarm.raised", "CP001"); // no signal: there is something to note
  const { commit } = rig.store, stored = Promise.withResolvers<void>(), goOn = Promise.withResolvers<void>();
  let commits = 0;
  rig.store.commit = async (mutations, checks) => {
    await commit.call(rig.store, mutations, checks);
    if (commits++ > 0) return;
    stored.resolve();
    await goOn.promise; // it is on the disk, and nobody knows yet
  };
  const first = rig.found("password-lost");
  await stored.promise;
  rig.time.advance(INCIDENT_LIMITS.cursorMs);
  goOn.resolve();
  await first;
  await waitFor("the note to be stored", () => commits >= 2);
  await rig.crash();
  await rig.found("password-lost", "CP002");
  deepEqual(rig.standing(), ["I-1 CP001 access warning open", "I-2 CP002 access warning open"]);
});

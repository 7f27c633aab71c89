import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { INCIDENT_LIMITS } from "./limits.ts";
import { IncidentRig } from "./testing/incident_rig.ts";

const MINUTE = 60_000;

Deno.test("incidents: the gateway looks when it is asked to, and tells what is not as it was", async () => {
  await using rig = await IncidentRig.up();
  rig.visible = ["CP001"];
  rig.seen.set("CP001", { transport: { own: "tls", isPlainBeside: false }, own: "in" });
  match((await rig.run("incident look", { station: "CP001" })).text, /No incident stands/);
  rig.seen.set("CP001", { transport: { own: "plain", isPlainBeside: false } });
  match((await rig.run("incident look", { station: "CP001" })).text, /I-1 +CP001 +warning/);
  await rejects(rig.run("incident look", { station: "CP002" }), { code: "STATION_UNKNOWN" });
});

Deno.test("incidents: a signal has the gateway look itself at its next turn", async () => {
  await using rig = await IncidentRig.up();
  rig.visible = ["CP001"];
  await rig.feature.tick();
  rig.time.jump(INCIDENT_LIMITS.lookAgainMs);
  rig.seen.set("CP001", { own: "refused", factory: "in" });
  await rig.record("station.security.told", "CP001", { type: "StartupOfTheDevice" });
  await rig.feature.tick();
  await rig.feature.settled();
  deepEqual(rig.standing(), ["I-1 CP001 reset critical open"]);
  deepEqual((await rig.show("I-1")).timeline.map(({ kind }) => kind), [
    "restarted",
    "password-lost",
    "default-password",
  ]);
});

Deno.test("incidents: a step that is being proven is looked at, not done again, when a person asks", async () => {
  await using rig = await IncidentRig.up();
  await rig.found("default-password");
  await rig.run("incident decide", { incident: "I-1", quarantine: true, reason: "a factory password opens it" });
  rig.hands.ends.set("password", { state: "checking", found: "being set", mark: "m" });
  const step = () => rig.run("incident step", { incident: "I-1", step: "password" }, "otto");
  await step();
  const begun = (await rig.show("I-1")).done.password;
  rig.time.jump(MINUTE);
  await step();
  deepEqual((await rig.show("I-1")).done.password, begun, "since when stays");
  rig.hands.ends.set("password", { state: "done", found: "proven" });
  await step();
  deepEqual(rig.hands.asked, ["run password for otto", "check password for otto", "check password for otto"]);
  equal((await rig.show("I-1")).done.password?.state, "done");
});

import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import type { Rollout } from "../../../policies/golden_rollout.ts";
import { type FleetRig, fleetSetting, withFleet } from "../testing/fleet_rig.ts";
import { GOLDEN_LIMITS } from "./limits.ts";

const outcomes = ({ results }: Rollout) =>
  Object.fromEntries(Object.entries(results).map(([id, { outcome }]) => [id, outcome]));
const events = (fleet: FleetRig) =>
  fleet.audited.map(({ event }) => event).filter((event) => event.startsWith("posture.rollout"));

Deno.test(
  "rollout: one approval by another person has what drifted written at every station of the profile, one after the other",
  withFleet(3, async (fleet) => {
    fleet.stations.get("CP2")!.keys["Log"] = "INFO";
    fleet.readAll();
    const asked = (await fleet.command("posture rollout ask", { profile: "lab", reason: "hardening" })).data;
    deepEqual((asked as unknown as Rollout).stations, ["CP1", "CP3"], "where nothing drifted nothing is asked for");
    await fleet.look();
    await rejects(fleet.command("posture rollout approve", { rollout: "R1" }, "EVA"), /golden\.fix\.own/);
    deepEqual(fleet.written, [], "nothing is written before it is approved");
    await fleet.command("posture rollout approve", { rollout: "R1" }, "otto");
    await fleet.look();
    deepEqual(fleet.written, ["CP1 Log=INFO", "CP3 Log=INFO"]);
    const rollout = await fleet.rollout();
    deepEqual([rollout.state, rollout.approvedBy, outcomes(rollout)], ["done", "otto", { CP1: "done", CP3: "done" }]);
    equal(fleet.stations.get("CP1")!.keys["Rfid"], "false", "what only people change is left alone");
    deepEqual((await fleet.fixes()).map(({ madeBy, approvedBy, rollout: of }) => [madeBy, approvedBy, of]), [
      ...[["eva", "otto", "R1"], ["eva", "otto", "R1"]],
    ]);
    deepEqual(events(fleet), ["posture.rollout.asked", "posture.rollout.approved", "posture.rollout.ended"]);
    equal(fleet.audited.at(-1)!.outcome, "ok");
    const { text } = await fleet.command("posture rollout", { rollout: "R1" });
    match(text, /R1: lab, log; it is done: 2 of 2 stations are as wanted[^]*CP1 +done +F1/);
    match((await fleet.command("posture rollout")).text, /R1 +lab +done +log/);
  }),
);

Deno.test(
  "rollout: it stops at the first failure, leaves the others as they are with an alarm, and goes on by another person's word",
  withFleet(4, async (fleet) => {
    fleet.stations.get("CP2")!.says = "Rejected";
    await fleet.approved();
    await fleet.look();
    let rollout = await fleet.rollout();
    deepEqual([rollout.state, outcomes(rollout)], ["stopped", { CP1: "done", CP2: "failed" }]);
    match(rollout.why!, /1 station failed; 2 stations are left as they are/);
    match(rollout.results["CP2"]!.why, /it refused the value/);
    ok(fleet.alarms.includes("posture.rollout.stopped R1"));
    equal(fleet.stations.get("CP3")!.keys["Log"], "DEBUG");
    await fleet.look();
    equal(fleet.written.length, 2, "it stays stopped");
    await rejects(fleet.command("posture rollout resume", { rollout: "R1" }, "eva"), /golden\.fix\.own/);
    await fleet.command("posture rollout resume", { rollout: "R1" }, "otto");
    await fleet.look();
    rollout = await fleet.rollout();
    deepEqual([rollout.state, outcomes(rollout)], ["done", { CP1: "done", CP2: "failed", CP3: "done", CP4: "done" }]);
    equal(fleet.alarms.includes("posture.rollout.stopped R1"), false);
    equal(fleet.audited.findLast(({ event }) => event === "posture.rollout.ended")!.outcome, "failed");
  }),
);

Deno.test(
  "rollout: it bears as many failures as it was told to, and not one more",
  withFleet(4, async (fleet) => {
    for (const id of ["CP1", "CP2", "CP3"]) fleet.stations.get(id)!.says = "Rejected";
    await fleet.approved({ "stop-after": "2" });
    await fleet.look();
    deepEqual(outcomes(await fleet.rollout()), { CP1: "failed", CP2: "failed" });
    equal((await fleet.rollout()).state, "stopped");
  }),
);

Deno.test(
  "rollout: stations that charge or are away hold up nobody; they have their turn when they are idle",
  withFleet(4, async (fleet) => {
    fleet.stations.get("CP1")!.isBusy = true;
    fleet.stations.get("CP3")!.isAway = true;
    await fleet.approved();
    await fleet.look();
    deepEqual(fleet.written, ["CP2 Log=INFO", "CP4 Log=INFO"]);
    equal((await fleet.rollout()).state, "running");
    fleet.stations.get("CP1")!.isBusy = false;
    fleet.stations.get("CP3")!.isAway = false;
    await fleet.look();
    deepEqual([fleet.written.slice(2), (await fleet.rollout()).state], [["CP1 Log=INFO", "CP3 Log=INFO"], "done"]);
  }),
);

Deno.test(
  "rollout: a station that is idle when its turn comes and not a moment later gives the turn to the next one",
  withFleet(2, async (fleet) => {
    const first = fleet.stations.get("CP1")!, read = fleet.readStation.bind(fleet);
    // it begins to charge while it is read, before anything is written
    fleet.readStation = (id) => {
      read(id);
      if (id === "CP1") first.isBusy = true;
    };
    await fleet.approved();
    await fleet.look();
    deepEqual((await fleet.fixes()).map(({ station, state }) => [station, state]), [["CP1", "approved"]]);
    await fleet.time.advance(GOLDEN_LIMITS.rolloutTurnMs - 1);
    await fleet.look();
    deepEqual(fleet.written, [], "it may be idle again in a moment");
    await fleet.time.advance(1);
    await fleet.look();
    deepEqual(fleet.written, ["CP2 Log=INFO"]);
    first.isBusy = false;
    fleet.readStation = read;
    await fleet.look();
    deepEqual([fleet.written[1], (await fleet.rollout()).state], ["CP1 Log=INFO", "done"]);
  }),
);

Deno.test(
  "rollout: what the profile wants otherwise since people agreed is not written: nobody agreed to it",
  withFleet(2, async (fleet) => {
    await fleet.command("posture rollout ask", { profile: "lab" });
    fleet.profiles = [{ ...fleet.profiles[0]!, settings: [fleetSetting("log", "Log", "TRACE")] }];
    const id = "R1";
    await fleet.command("posture rollout approve", { rollout: id }, "otto");
    await fleet.look();
    deepEqual([fleet.written, (await fleet.rollout(id)).state], [[], "done"]);
    match((await fleet.rollout(id)).results["CP1"]!.why, /log is wanted otherwise than when people agreed/);
  }),
);

Deno.test(
  "rollout: a station that cannot be read is left out, and never told to be as wanted",
  withFleet(2, async (fleet) => {
    await fleet.command("posture rollout ask", { profile: "lab" });
    fleet.forget("CP1");
    fleet.readStation = () => {};
    await fleet.command("posture rollout approve", { rollout: "R1" }, "otto");
    await fleet.look();
    const { results } = await fleet.rollout();
    equal(results["CP1"]!.outcome, "left-out");
    match(results["CP1"]!.why, /log could not be read: it has not been asked yet/);
  }),
);

Deno.test(
  "rollout: a station that somebody mended meanwhile is the same, and nothing is written",
  withFleet(1, async (fleet) => {
    await fleet.command("posture rollout ask", { profile: "lab" });
    fleet.stations.get("CP1")!.keys["Log"] = "INFO";
    await fleet.command("posture rollout approve", { rollout: "R1" }, "otto");
    await fleet.look();
    deepEqual([fleet.written, outcomes(await fleet.rollout())], [[], { CP1: "same" }]);
  }),
);

Deno.test(
  "rollout: a station where a person's own fix is open is passed over until that is over",
  withFleet(2, async (fleet) => {
    await fleet.command("posture golden fix", { station: "CP1" });
    await fleet.approved();
    await fleet.look();
    deepEqual(fleet.written, ["CP2 Log=INFO"]);
    await fleet.command("posture golden cancel", { fix: "F1" });
    await fleet.look();
    equal((await fleet.rollout()).state, "done");
  }),
);

Deno.test(
  "rollout: one that is called off begins no further station; the fix that nothing was written of goes with it",
  withFleet(3, async (fleet) => {
    const first = fleet.stations.get("CP1")!, read = fleet.readStation.bind(fleet);
    fleet.readStation = (id) => {
      read(id);
      first.isBusy = true;
    };
    await fleet.approved();
    await fleet.look();
    await fleet.command("posture rollout cancel", { rollout: "R1" }, "otto");
    first.isBusy = false;
    await fleet.look();
    deepEqual([fleet.written, (await fleet.rollout()).state], [[], "cancelled"]);
    deepEqual((await fleet.fixes()).map(({ state }) => state), ["cancelled"]);
    await rejects(fleet.command("posture rollout cancel", { rollout: "R1" }), /R1 is cancelled already/);
    await rejects(fleet.command("posture rollout resume", { rollout: "R1" }, "otto"), /R1 is cancelled already/);
  }),
);

Deno.test(
  "rollout: two persons who decide at the same moment: one is told that it is decided, and nothing is lost",
  withFleet(1, async (fleet) => {
    await fleet.command("posture rollout ask", { profile: "lab" });
    fleet.stations.get("CP1")!.isBusy = true;
    const decided = await Promise.allSettled([
      fleet.command("posture rollout approve", { rollout: "R1" }, "otto"),
      fleet.command("posture rollout approve", { rollout: "R1" }, "anna"),
      fleet.command("posture rollout cancel", { rollout: "R1" }, "anna"),
    ]);
    deepEqual(decided.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
    fleet.stations.get("CP1")!.isBusy = false;
    await fleet.look();
    const { state, approvedBy } = await fleet.rollout();
    deepEqual([state, approvedBy, fleet.written], ["cancelled", "otto", []]);
  }),
);

Deno.test(
  "rollout: one that nobody approves, and one whose stations are never idle, end after their time",
  withFleet(2, async (fleet) => {
    await fleet.command("posture rollout ask", { profile: "lab" });
    await fleet.time.advance(GOLDEN_LIMITS.waitMs - 1);
    await fleet.look();
    equal((await fleet.rollout()).state, "waits");
    await fleet.time.advance(1);
    await fleet.look();
    deepEqual([(await fleet.rollout()).state, (await fleet.rollout()).why], ["expired", "nobody approved it in time"]);
    await rejects(fleet.command("posture rollout approve", { rollout: "R1" }, "otto"), /R1 is expired already/);
    fleet.stations.get("CP2")!.isBusy = true;
    const id = await fleet.approved();
    await fleet.look();
    await fleet.time.advance(GOLDEN_LIMITS.waitMs);
    await fleet.look();
    const { state, why } = await fleet.rollout(id);
    equal(state, "expired");
    match(why!, /1 stations are left/);
    equal(fleet.stations.get("CP1")!.keys["Log"], "INFO");
  }),
);

Deno.test(
  "rollout: a station that leaves the site leaves the rollout, and one of which all have left is gone",
  withFleet(2, async (fleet) => {
    for (const station of fleet.stations.values()) station.isBusy = true;
    const id = await fleet.approved();
    fleet.stations.delete("CP1");
    await fleet.look();
    deepEqual((await fleet.rollout(id)).stations, ["CP2"]);
    fleet.stations.delete("CP2");
    await fleet.look();
    await rejects(fleet.rollout(id), /no rollout "R1"/);
  }),
);

const REFUSALS: readonly (readonly [what: string, command: string, args: Record<string, string>, error: RegExp])[] = [
  ["a profile that nobody knows", "ask", { profile: "acme" }, /no golden configuration "acme"/],
  ["a setting that only people change", "ask", { profile: "lab", settings: "rfid" }, /does not write "rfid"/],
  ["a setting that the profile has not", "ask", { profile: "lab", settings: "log,x" }, /no setting "x"/],
  ["a station that it is not about", "ask", { profile: "lab", stations: "CP1,CP9" }, /"CP9" is no station that lab/],
  ["no list", "ask", { profile: "lab", stations: "," }, /A list of 1 characters/],
  ["no failure at all", "ask", { profile: "lab", "stop-after": "0" }, /cannot stop after 0 failures/],
  ["half a failure", "ask", { profile: "lab", "stop-after": "1.5" }, /cannot stop after 1\.5/],
  ["a word for a number", "ask", { profile: "lab", "stop-after": "many" }, /cannot stop after NaN/],
  ["more failures than the limit", "ask", {
    profile: "lab",
    "stop-after": String(GOLDEN_LIMITS.rolloutFailures + 1),
  }, /cannot stop after 21/],
  ["a reason beyond the limit", "ask", { profile: "lab", reason: "x".repeat(501) }, /501 characters/],
  ["approving what is not there", "approve", { rollout: "R9" }, /no rollout "R9"/],
  ["going on with what has not stopped", "resume", { rollout: "R1" }, /R1 is waits already/],
  ["a second one of the same profile", "ask", { profile: "lab" }, /R1 is open for lab/],
];
for (const [what, verb, args, error] of REFUSALS) {
  Deno.test(
    `rollout: refused with a reason: ${what}`,
    withFleet(2, async (fleet) => {
      await fleet.command("posture rollout ask", {
        profile: "lab",
        "stop-after": String(GOLDEN_LIMITS.rolloutFailures),
      });
      await rejects(fleet.command(`posture rollout ${verb}`, args, "otto"), error);
      deepEqual(fleet.written, []);
    }),
  );
}

Deno.test(
  "rollout: where nothing drifted there is nothing to ask for",
  withFleet(1, async (fleet) => {
    fleet.stations.get("CP1")!.keys["Log"] = "INFO";
    fleet.readAll();
    await rejects(fleet.command("posture rollout ask", { profile: "lab" }), /Nothing of lab \(Lab\) drifted there/);
  }),
);

Deno.test(
  "rollout: as many stations as the limit, the others are left for the next one",
  withFleet(GOLDEN_LIMITS.rolloutStations + 1, async (fleet) => {
    const { data } = await fleet.command("posture rollout ask", { profile: "lab" });
    equal((data as unknown as Rollout).stations.length, GOLDEN_LIMITS.rolloutStations);
    await fleet.command("posture rollout cancel", { rollout: "R1" });
    const stations = [...fleet.stations.keys()].join(",");
    await rejects(fleet.command("posture rollout ask", { profile: "lab", stations }), /201 stations are too many/);
  }),
);

Deno.test(
  "rollout: one that a value of the store would not take is refused before it is kept",
  withFleet(1, async (fleet) => {
    const long = "x".repeat(GOLDEN_LIMITS.valueChars);
    const settings = Array.from({ length: GOLDEN_LIMITS.settings }, (_, at) => ({
      ...fleetSetting(`s${at}`, at === 0 ? "Log" : `Key${at}`, long),
      ways: {
        "ocpp1.6": { name: at === 0 ? "Log" : `Key${at}`, value: long },
        driver: { name: `K${at}`, value: long },
      },
    }));
    fleet.profiles = [{ ...fleet.profiles[0]!, settings }];
    await rejects(fleet.command("posture rollout ask", { profile: "lab" }), /too large to be kept/);
    equal((await fleet.command("posture rollout", {})).text.includes("No rollout was asked for yet"), true);
  }),
);

Deno.test(
  "rollout: as many are kept as the limit; the oldest that is over makes room",
  withFleet(1, async (fleet) => {
    for (let at = 0; at <= GOLDEN_LIMITS.rollouts; at++) {
      await fleet.command("posture rollout ask", { profile: "lab" });
      await fleet.command("posture rollout cancel", { rollout: `R${at + 1}` });
    }
    const all = (await fleet.command("posture rollout")).data as unknown as Rollout[];
    deepEqual([all.length, all[0]!.id, all.at(-1)!.id], [
      GOLDEN_LIMITS.rollouts,
      "R2",
      `R${GOLDEN_LIMITS.rollouts + 1}`,
    ]);
  }),
);

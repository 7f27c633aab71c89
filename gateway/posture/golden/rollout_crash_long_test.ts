import { deepEqual, equal, ok } from "node:assert/strict";
import type { Store } from "../../store/store.ts";
import { FleetRig, withFleet } from "../testing/fleet_rig.ts";

/** More commits than a rollout of three stations makes. */
const COMMITS = 40;

/** A store that takes so many commits and then no more, as when the power is cut. */
function dying(store: Store, commits: number): Store {
  let left = commits;
  return {
    get: (key) => store.get(key),
    list: (prefix, options) => store.list(prefix, options),
    commit: (mutations, checks) =>
      left-- > 0 ? store.commit(mutations, checks) : Promise.reject(new Error("the power is cut")),
    snapshot: (file) => store.snapshot(file),
    close: () => Promise.resolve(),
  };
}

Deno.test("rollout: a stop after any commit loses no decision, ends no station twice and goes on to the end", async () => {
  let isWhole = false;
  for (let commits = 2; commits < COMMITS && !isWhole; commits++) {
    const fleet = await FleetRig.open(3);
    try {
      const store = fleet.store;
      await fleet.restart(dying(store, commits));
      await fleet.approved(); // two commits: asked, approved
      await fleet.look();
      isWhole = (await fleet.rollout()).state === "done";
      await fleet.restart(store);
      await fleet.look();
      const { state, approvedBy, results } = await fleet.rollout();
      deepEqual([state, approvedBy], ["done", "otto"], `after ${commits} commits`);
      ok(Object.values(results).every(({ outcome }) => outcome === "done" || outcome === "same"), `after ${commits}`);
      for (const [id, { keys }] of fleet.stations) {
        equal(keys["Log"], "INFO", `${id} after ${commits}`);
        ok(fleet.written.filter((one) => one.startsWith(`${id} `)).length <= 2, `${id}: at most one write is repeated`);
      }
      const stations = (await fleet.fixes()).map(({ station }) => station);
      equal(new Set(stations).size, stations.length, `one fix for each station after ${commits} commits`);
    } finally {
      await fleet.close();
    }
  }
  ok(isWhole, "the last round ran to its end without a stop");
});

Deno.test(
  "rollout: a stop between asking and approving keeps what was asked for, and nothing is written",
  withFleet(2, async (fleet) => {
    await fleet.command("posture rollout ask", { profile: "lab" });
    await fleet.restart();
    await fleet.look();
    deepEqual([(await fleet.rollout()).state, fleet.written], ["waits", []]);
    await fleet.command("posture rollout approve", { rollout: "R1" }, "otto");
    await fleet.look();
    equal((await fleet.rollout()).state, "done");
  }),
);

Deno.test(
  "rollout: one that stopped stays so over a restart, with its alarm's reason",
  withFleet(3, async (fleet) => {
    fleet.stations.get("CP1")!.says = "Rejected";
    await fleet.approved();
    await fleet.look();
    await fleet.restart();
    await fleet.look();
    const { state, why } = await fleet.rollout();
    deepEqual([state, why, fleet.written.length], ["stopped", "1 station failed; 2 stations are left as they are", 1]);
  }),
);

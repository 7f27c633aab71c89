import { deepEqual, equal, match } from "node:assert/strict";
import { assertNothingLost, connects, keepsCharging, knock, recorded, reloadWith } from "../support/failure_matrix.ts";
import { chargeAll, powerOnAll, unplugAll, withWorld } from "../support/gateway_process.ts";
import { waitFor } from "../support/wait_for.ts";

// The clock of the machine stays as it is: control and OCPP Worker get one that jumps by an hour (faults.ts).
Deno.test("failure matrix: the clock jumps", (t) =>
  withWorld(async (world) => {
    await powerOnAll(world);
    await chargeAll(world);
    await reloadWith(world, (yaml) =>
      yaml.replace("name: Simulated parking garage", "name: clock jumps")
        .replace("ocpp:\n  listeners:", "ocpp:\n  pingSeconds: 62\n  listeners:"));
    await t.step(
      "failure matrix: a right clock / stations connected: open: deadlines follow the steady clock",
      async () => {
        await keepsCharging(world);
        deepEqual(connects(world), [1, 1, 1, 1, 1, 1]);
      },
    );
    await t.step(
      "failure matrix: a right clock / new station connections: open while certificates hold by the new time",
      async () => equal(await knock(world), 101),
    );
    await t.step(
      "failure matrix: a right clock / people and commands: open: `alarms list` tells of the jump",
      async () => {
        await waitFor(
          "the alarm",
          async () => (await world.gateway.command("alarms list")).text.includes("clock.jumped"),
        );
      },
    );
    await t.step("failure matrix: a right clock / audit: open: the jump stands in the chain", async () => {
      match(String((await recorded(world, "audit.clock.jumped"))["outcome"]), /ok/);
    });
    await t.step("failure matrix: a right clock / transaction messages: open: none is lost", async () => {
      await unplugAll(world);
      assertNothingLost(world);
    });
    await t.step(
      "failure matrix: a right clock / back in service: nothing stops, so nothing has to come back; a person looks at the alarm",
      async () => {
        const { data } = await world.gateway.command("status");
        const workers = Object.values((data as { workers: Record<string, { restarts: number }> }).workers);
        deepEqual([...new Set(workers.map(({ restarts }) => restarts))], [0]);
      },
    );
  }, { faulting: true }));

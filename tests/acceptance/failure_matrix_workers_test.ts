import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { World } from "../../gateway/demo/demo_world.ts";
import {
  allChargeOn,
  assertNothingLost,
  connects,
  keepsCharging,
  knockUntilOpen,
  recorded,
  reloadWith,
} from "../support/failure_matrix.ts";
import { chargeAll, powerOnAll, unplugAll, withWorld } from "../support/gateway_process.ts";
import { waitFor } from "../support/wait_for.ts";

/** How often a Worker was restarted; undefined while control cannot say so. */
async function restarts(world: World, worker: string): Promise<number | undefined> {
  try {
    const { data } = await world.gateway.command("status");
    return (data as { workers: Record<string, { restarts: number }> }).workers[worker]?.restarts;
  } catch {
    return undefined; // control is between two lives
  }
}

const isBack = (world: World, worker: string) =>
  waitFor(`${worker} to be back`, async () => {
    const { data } = await world.gateway.command("status").catch(() => ({ data: {} }));
    const workers = (data as { workers?: Record<string, { restarts: number; state: string }> }).workers ?? {};
    return workers[worker]?.state === "ready" && workers[worker].restarts > 0;
  }, 40_000);

Deno.test("failure matrix: the control Worker ends", (t) =>
  withWorld(async (world) => {
    await powerOnAll(world);
    await chargeAll(world);
    const head = (await world.gateway.command("status")).data as { audit: { sequence: number } };
    const answered = await reloadWith(
      world,
      (yaml) => yaml.replace("name: Simulated parking garage", "name: control throws"),
    );
    await t.step(
      "failure matrix: the control Worker / new station connections: closed: 503 until control is back, which takes seconds",
      async () => {
        const told = await knockUntilOpen(world);
        ok([...told].every((status) => status === 503), [...told].join());
      },
    );
    await t.step(
      "failure matrix: the control Worker / people and commands: closed: the command that runs fails, and the next ones until control is back",
      async () => {
        equal(answered, false);
        await isBack(world, "control");
        match((await world.gateway.command("stations")).text, /CP001/);
      },
    );
    await t.step(
      "failure matrix: the control Worker / stations connected: open: no connection is lost",
      async () => {
        await keepsCharging(world);
        deepEqual(connects(world), [1, 1, 1, 1, 1, 1]);
      },
    );
    await t.step(
      "failure matrix: the control Worker / audit: closed for the moment: what was acknowledged stays, and the chain goes on",
      async () => {
        equal((await recorded(world, "gateway.worker.faulted"))["outcome"], "failed");
        const after = (await world.gateway.command("status")).data as { audit: { sequence: number } };
        ok(after.audit.sequence > head.audit.sequence);
      },
    );
    await t.step(
      "failure matrix: the control Worker / back in service: by itself: restarted, with an alarm; it learns again who is connected",
      async () => {
        equal(await restarts(world, "control"), 1);
        match((await world.gateway.command("alarms list")).text, /worker\.restarting/);
        await waitFor("control to know who is connected", async () => {
          return /CP001 is connected/.test((await world.gateway.command("why", { station: "CP001" })).text);
        });
      },
    );
    await t.step(
      "failure matrix: the control Worker / transaction messages: open: none is lost",
      async () => {
        await unplugAll(world);
        assertNothingLost(world);
      },
    );
  }, { faulting: true }));

Deno.test("failure matrix: a conduit's Worker ends", (t) =>
  withWorld(async (world, history) => {
    await powerOnAll(world);
    await chargeAll(world);
    const before = history.length;
    await reloadWith(world, (yaml) => yaml.replace("ocpp:\n  listeners:", "ocpp:\n  pingSeconds: 61\n  listeners:"));
    await t.step(
      "failure matrix: a conduit's Worker / new station connections: closed: nobody listens until it is back, which takes seconds",
      async () => {
        const told = await knockUntilOpen(world);
        ok([...told].every((status) => status === "refused" || status === 503), [...told].join());
      },
    );
    await t.step(
      "failure matrix: a conduit's Worker / stations connected: closed: cut off, they come back by themselves; those of other trust zones stay connected",
      async () => {
        await allChargeOn(world);
        // CP001 and CP002 are of the plaintext listener, which is another Worker.
        const wasCut = world.stations.map(({ spec }) =>
          history.slice(before).some((line) => line.startsWith(`${spec.id} offline`))
        );
        deepEqual(wasCut, [false, false, true, true, true, true]);
        deepEqual(connects(world), [1, 1, 2, 2, 2, 2]);
      },
    );
    await t.step(
      "failure matrix: a conduit's Worker / people and commands: open: `status` says what happened",
      async () => {
        await isBack(world, "ocpp-0");
        match((await world.gateway.command("status")).text, /ocpp-0 +ready .*thrown on purpose/);
      },
    );
    await t.step(
      "failure matrix: a conduit's Worker / audit: open: its fault and the end of every session are recorded",
      async () => {
        await recorded(world, "gateway.worker.faulted");
        await recorded(world, "station.session.lost");
      },
    );
    await t.step(
      "failure matrix: a conduit's Worker / back in service: by itself: restarted after a pause that doubles with every fault",
      async () => equal(await restarts(world, "ocpp-0"), 1),
    );
    await t.step(
      "failure matrix: a conduit's Worker / transaction messages: kept by the stations and passed on afterwards: nothing is lost",
      async () => {
        await unplugAll(world);
        assertNothingLost(world);
      },
    );
  }, { faulting: true }));

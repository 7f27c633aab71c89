import { deepEqual, equal } from "node:assert/strict";
import { allChargeOn, assertNothingLost, knock, knockUntilOpen, recorded } from "../support/failure_matrix.ts";
import { chargeAll, powerOnAll, unplugAll, withWorld } from "../support/gateway_process.ts";
import { waitFor } from "../support/wait_for.ts";

Deno.test("failure matrix: the CSMS is away", (t) =>
  withWorld(async (world, history) => {
    await powerOnAll(world);
    await chargeAll(world);
    await world.csms.stop("crash");
    await t.step(
      "failure matrix: the CSMS / stations connected: closed: each is told by a close when graceSeconds are over, and charges on by itself",
      async () => {
        const isTold = (id: string) => history.some((line) => line.startsWith(`${id} offline closed`));
        await waitFor("every close", () => world.stations.every(({ spec }) => isTold(spec.id)));
      },
    );
    await t.step(
      "failure matrix: the CSMS / new station connections: closed: 503, since a station that is let in believes that it is heard",
      async () => equal(await knock(world), 503),
    );
    await t.step(
      "failure matrix: the CSMS / people and commands: open: `why STATION` names the CSMS",
      async () => {
        const says = async (command: string, args: Record<string, string>, what: RegExp) =>
          what.test((await world.gateway.command(command, args)).text);
        await waitFor("why to name it", () => says("why", { station: "CP001" }, /CSMS tcp +bad/));
        await waitFor("the alarm", () => says("alarms list", {}, /ocpp\.csms\.unreachable/));
      },
    );
    await t.step(
      "failure matrix: the CSMS / audit: open: the failed connections are recorded",
      async () => equal((await recorded(world, "ocpp.upstream.failed"))["outcome"], "failed"),
    );
    await world.csms.restart();
    await t.step(
      "failure matrix: the CSMS / back in service: by itself: stations are let in as soon as the CSMS is there, and the alarm ends",
      async () => {
        await knockUntilOpen(world);
        await allChargeOn(world);
        await recorded(world, "alarm.cleared");
      },
    );
    await t.step(
      "failure matrix: the CSMS / transaction messages: kept by the stations and passed on afterwards: nothing is lost",
      async () => {
        await unplugAll(world);
        deepEqual(world.csms.ledger.transactions.length, 6);
        assertNothingLost(world);
      },
    );
  }, { graceSeconds: 1 }));

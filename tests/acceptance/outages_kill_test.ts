import { equal } from "node:assert/strict";
import { seededRandom } from "../../gateway/demo/seeded_random.ts";
import { allChargeOn, assertNothingLost } from "../support/failure_matrix.ts";
import { chargeAll, powerOnAll, unplugAll, withWorld } from "../support/gateway_process.ts";
import { allPassedOn, storeAndForward, waitLong } from "../support/outage_world.ts";

/** Kills in the outage, and while the CSMS that is back gets what was kept. */
const KILLS = 3;

Deno.test("outages: kill -9 of the gateway at any moment of an outage and of its end loses no message, and the CSMS ends with the same books", () =>
  withWorld(async (world) => {
    const random = seededRandom(20_261_121);
    await storeAndForward(world);
    await powerOnAll(world);
    await chargeAll(world);
    await world.csms.stop("crash");
    for (let kill = 0; kill < KILLS; kill++) {
      // Anywhere between two answers: how many meter values pass before is drawn.
      const enough = world.stations[0]!.view.deliveredWh + 50 + 400 * random.fraction();
      await waitLong(world, "some charging", () => world.stations[0]!.view.deliveredWh > enough);
      await world.gateway.kill();
      await world.startGateway();
      await allChargeOn(world);
    }
    for (let kill = 0; kill < KILLS; kill++) {
      await world.csms.restart();
      const before = world.csms.ledger.transactions.reduce((sum, { samples }) => sum + samples, 0);
      const wanted = before + 1 + Math.floor(20 * random.fraction());
      const samples = () => world.csms.ledger.transactions.reduce((sum, tx) => sum + tx.samples, 0);
      await waitLong(world, "the replay to be under way", () => samples() >= wanted);
      await world.gateway.kill();
      if (kill < KILLS - 1) await world.csms.stop("crash");
      await world.startGateway();
      await allChargeOn(world);
    }
    await unplugAll(world);
    await allPassedOn(world);
    equal(world.csms.ledger.transactions.length, 6);
    assertNothingLost(world);
  }, { graceSeconds: 1, meterMs: 300 })); // more meter values than that are more than a busy disk drains

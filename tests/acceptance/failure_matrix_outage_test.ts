import { deepEqual, equal, ok } from "node:assert/strict";
import {
  allChargeOn,
  assertNothingLost,
  connects,
  keepsChargingAtStations,
  knock,
  records,
} from "../support/failure_matrix.ts";
import { chargeAll, powerOnAll, unplugAll, withWorld } from "../support/gateway_process.ts";
import { allPassedOn, kept, storeAndForward } from "../support/outage_world.ts";
import { waitFor } from "../support/wait_for.ts";

Deno.test("failure matrix: the CSMS is away and stood in for", (t) =>
  withWorld(async (world) => {
    await storeAndForward(world);
    await powerOnAll(world);
    await chargeAll(world);
    await world.csms.stop("crash");
    await t.step(
      "failure matrix: the CSMS, stood in for / stations connected: open: they stay connected and charge on, the gateway answers for it",
      async () => {
        await keepsChargingAtStations(world);
        deepEqual(connects(world), [1, 1, 1, 1, 1, 1]);
      },
    );
    await t.step(
      "failure matrix: the CSMS, stood in for / new station connections: open for a station that it accepted before; closed: 503 for any other",
      async () => {
        equal(await knock(world), 503);
        const [station] = world.stations;
        await station!.powerOff();
        station!.powerOn();
        await waitFor("a station that it accepted before", () => station!.view.connects === 2);
      },
    );
    await t.step(
      "failure matrix: the CSMS, stood in for / people and commands: open: `status` and `outage list` say what waits, `why STATION` that it is stood in for",
      async () => {
        const says = (command: string, what: RegExp, args: Record<string, string> = {}) =>
          waitFor(`${command} to say so`, async () => what.test((await world.gateway.command(command, args)).text));
        await says("status", /messages \(\d+ bytes\) wait/);
        await says("outage list", /CP002 +main +\d+ /);
        await says("why", /is connected without its CSMS/, { station: "CP002" });
      },
    );
    await allChargeOn(world);
    ok((await kept(world)).messages > 0);
    await world.csms.restart();
    await unplugAll(world);
    await t.step(
      "failure matrix: the CSMS, stood in for / back in service: by itself: it gets what was kept first, then live messages, and the alarm ends",
      async () => {
        await allPassedOn(world);
        await waitFor("the alarm's end", async () => {
          const { text } = await world.gateway.command("alarms list");
          return !/ocpp\.csms\.unreachable/.test(text);
        });
      },
    );
    await t.step(
      "failure matrix: the CSMS, stood in for / audit: open: begin and end of every stand-in are recorded",
      async () => {
        await waitFor("the records", async () => {
          const events = (await records(world)).map(({ event }) => event);
          const count = (wanted: string) => events.filter((event) => event === wanted).length;
          return count("outage.session.began") >= 6 && count("outage.session.ended") >= 6;
        });
      },
    );
    await t.step(
      "failure matrix: the CSMS, stood in for / transaction messages: kept here, on the disk before they are answered, and passed on in order afterwards: nothing is lost",
      async () => {
        await allPassedOn(world);
        equal(world.csms.ledger.transactions.length, 6);
        assertNothingLost(world);
      },
    );
  }, { graceSeconds: 1, meterMs: 300 })); // more meter values than that are more than a busy disk drains

import { equal, match, ok, rejects } from "node:assert/strict";
import { allChargeOn, assertNothingLost, knock, recorded } from "../support/failure_matrix.ts";
import { chargeAll, powerOnAll, unplugAll, withWorld } from "../support/gateway_process.ts";
import { waitFor } from "../support/wait_for.ts";

Deno.test("failure matrix: the whole process ends", (t) =>
  withWorld(async (world) => {
    await powerOnAll(world);
    await chargeAll(world);
    const head = (await world.gateway.command("status")).data as { audit: { sequence: number } };
    await world.gateway.kill();
    await t.step(
      "failure matrix: the whole process / stations connected: closed: cut off, they come back by themselves",
      async () => {
        await waitFor("every station to notice", () => world.stations.every(({ view }) => view.state !== "charging"));
      },
    );
    await t.step(
      "failure matrix: the whole process / new station connections: closed: nobody listens",
      async () => equal(await knock(world), "refused"),
    );
    await t.step(
      "failure matrix: the whole process / people and commands: closed: the command says that no gateway runs here",
      () => rejects(world.gateway.command("status"), { code: "CTL_NOT_RUNNING" }),
    );
    await world.startGateway();
    await t.step(
      "failure matrix: the whole process / back in service: once it is started again, which systemd does after a second, every session goes on",
      () => allChargeOn(world),
    );
    await t.step(
      "failure matrix: the whole process / audit: nothing acknowledged is lost: the chain goes on where it ended",
      async () => {
        await recorded(world, "gateway.process.started");
        const after = (await world.gateway.command("status")).data as { audit: { sequence: number } };
        ok(after.audit.sequence > head.audit.sequence);
        const { text } = await world.gateway.command("audit tail", { lines: "500" });
        ok(!/audit\.chain\.(broken|truncated)/.test(text));
        match(text, /gateway\.process\.started/);
      },
    );
    await t.step(
      "failure matrix: the whole process / transaction messages: kept by the stations and passed on afterwards: nothing is lost",
      async () => {
        await unplugAll(world);
        equal(world.csms.ledger.transactions.length, 6);
        assertNothingLost(world);
      },
    );
  }));

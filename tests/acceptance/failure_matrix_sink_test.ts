import { deepEqual, equal } from "node:assert/strict";
import { assertNothingLost, connects, keepsCharging, knock, recorded, reloadWith } from "../support/failure_matrix.ts";
import { FakeSiem } from "../support/fake_siem.ts";
import { chargeAll, powerOnAll, unplugAll, withWorld } from "../support/gateway_process.ts";
import { waitFor } from "../support/wait_for.ts";

Deno.test("failure matrix: a sink is away", (t) =>
  withWorld(async (world) => {
    await using siem = await new FakeSiem().up();
    await Deno.writeTextFile(`${world.site.folder}/certs/siem.pem`, siem.ca.pem);
    const sink = `{ id: siem, tls: "localhost:${siem.port}", caFile: certs/siem.pem }`;
    await reloadWith(world, (yaml) => `${yaml}audit: { syslog: [${sink}] }\n`);
    await waitFor("the first records there", () => siem.messages.length > 0);
    await siem.down();
    await powerOnAll(world);
    await chargeAll(world);
    await t.step("failure matrix: a sink / stations connected: open: they charge on", async () => {
      await keepsCharging(world);
      deepEqual(connects(world), [1, 1, 1, 1, 1, 1]);
    });
    await t.step("failure matrix: a sink / new station connections: open", async () => equal(await knock(world), 101));
    await t.step(
      "failure matrix: a sink / people and commands: open: `status` names the sink, and `alarms list` after a while",
      async () => {
        await waitFor(
          "the sink",
          async () => (await world.gateway.command("status")).text.includes("degraded: siem: "),
        );
      },
    );
    const { data } = await world.gateway.command("status");
    const head = (data as { audit: { sequence: number } }).audit.sequence;
    await t.step("failure matrix: a sink / audit: open: stored here, and kept for the sink", async () => {
      equal((await recorded(world, "station.session.admitted"))["outcome"], "ok");
      equal(siem.sequences().includes(head), false);
    });
    await siem.up();
    await t.step(
      "failure matrix: a sink / back in service: by itself: everything kept is delivered in order, without a gap",
      async () => {
        await waitFor("the records of that time", () => siem.sequences().includes(head), 60_000);
        const numbers = [...new Set(siem.sequences())];
        deepEqual(numbers, numbers.map((_, index) => numbers[0]! + index));
      },
    );
    await t.step("failure matrix: a sink / transaction messages: open: none is lost", async () => {
      await unplugAll(world);
      assertNothingLost(world);
    });
  }));

import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { World } from "../../gateway/demo/demo_world.ts";
import { allChargeOn } from "../support/failure_matrix.ts";
import { chargeAll, powerOnAll, unplugAll, withWorld } from "../support/gateway_process.ts";
import { standing } from "../support/outage_world.ts";
import { waitFor } from "../support/wait_for.ts";

type Row = Readonly<Record<string, string | number | boolean | null>>;

async function ledger(world: World): Promise<Row[]> {
  const { text } = await world.gateway.command("ledger export", { format: "jsonl" });
  return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line));
}

/** The gateway's book against that of the CSMS, which kept its own: station, number and energy of each transaction. */
async function assertAgrees(world: World): Promise<void> {
  await waitFor("the ledger to close", async () => (await ledger(world)).every(({ state }) => state === "closed"));
  const ours = (await ledger(world)).map(({ station, csmsTransactionId, measuredWh, unacknowledgedWh }) => {
    return `${station} ${csmsTransactionId} ${measuredWh} ${unacknowledgedWh}`;
  });
  const theirs = world.csms.ledger.transactions.map(({ stationId, transactionId, startWh, stopWh }) => {
    return `${stationId} ${transactionId} ${stopWh! - startWh} 0`;
  });
  deepEqual(ours.sort(), theirs.sort());
}

Deno.test("product: the energy ledger agrees with the CSMS's own book, over 1.6 and 2.0.1", () =>
  withWorld(async (world) => {
    await powerOnAll(world);
    await chargeAll(world);
    await waitFor("six answered begins", async () => {
      const open = (await ledger(world)).filter(({ state, beginAnswer }) =>
        state === "open" && beginAnswer === "accepted"
      );
      return open.length === 6;
    });
    await unplugAll(world);
    await assertAgrees(world);
    const rows = await ledger(world);
    const badges = world.stations.map(({ spec }) => spec.badge);
    const { text: csv } = await world.gateway.command("ledger export", { format: "csv" });
    ok(rows.every(({ badge }) => /^p-[0-9a-f]{32}$/.test(String(badge))), JSON.stringify(rows));
    ok(!badges.some((badge) => csv.includes(badge) || JSON.stringify(rows).includes(badge)));
    equal(csv.split("\r\n").length, 8);
  }));

Deno.test("product: after kill -9 in the middle of every transaction the ledger has each once, whole", () =>
  withWorld(async (world) => {
    await powerOnAll(world);
    await chargeAll(world);
    await waitFor("answered begins", async () => {
      return (await ledger(world)).filter(({ beginAnswer }) => beginAnswer === "accepted").length === 6;
    });
    await world.gateway.kill();
    await waitFor("every station to notice", () => world.stations.every(({ view }) => view.state !== "charging"));
    await world.startGateway();
    await allChargeOn(world, 2);
    await unplugAll(world);
    equal(world.csms.ledger.transactions.length, 6);
    await assertAgrees(world);
    ok((await ledger(world)).every(({ partial, superseded }) => !partial && !superseded));
  }));

Deno.test("product: with store-and-forward the ledger says kept while the CSMS is away, and closes when it has all", () => {
  let folder = "";
  const prepare = (made: string) => Promise.resolve(void (folder = made));
  return withWorld(async (world) => {
    const file = `${folder}/site.yaml`, site = await Deno.readTextFile(file);
    await Deno.writeTextFile(file, site.replace("onLoss: mirror-close", "onLoss: store-and-forward"));
    match((await world.gateway.command("reload")).text, /^Applied/);
    await powerOnAll(world);
    await chargeAll(world);
    await world.csms.stop("crash");
    await unplugAll(world);
    await waitFor("six ends that the gateway kept", async () => {
      const kept = (await ledger(world)).filter(({ endAnswer }) => endAnswer === "kept");
      return kept.length === 6 && kept.every(({ state }) => state === "unacknowledged");
    });
    await world.csms.restart();
    const closed = () => world.csms.ledger.transactions.filter(({ stopWh }) => stopWh !== undefined);
    await waitFor("the CSMS to have them all", () => closed().length === 6, 90_000, undefined, () => standing(world)); // it is dialled again with growing pauses
    await waitFor("the ledger to settle", async () => {
      return (await ledger(world)).every(({ state }) => state === "closed");
    });
    await assertAgrees(world);
  }, { prepare });
});

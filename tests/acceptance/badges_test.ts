import { deepEqual, match, ok } from "node:assert/strict";
import { reconcile } from "../../gateway/demo/csms_ledger.ts";
import { chargeAll, powerOnAll, unplugAll, withWorld } from "../support/gateway_process.ts";
import { waitFor } from "../support/wait_for.ts";

Deno.test("EV-24: product: a badge that is blocked stops charging, charges nowhere any more and starts nothing from afar, in 1.6 and 2.0.1", () =>
  withWorld(async (world) => {
    const { gateway, stations, csms } = world;
    await powerOnAll(world);
    await chargeAll(world);
    const [old, modern] = [stations[0]!, stations[5]!];
    for (const { spec: { badge } } of [old, modern]) {
      match((await gateway.command("badge block", { badge: badge.toLowerCase(), reason: "lost" })).text, /^Blocked/);
    }
    await waitFor("both to stop", () => !old.busy && !modern.busy);
    ok(
      stations.filter((station) => station !== old && station !== modern).every(({ busy }) => busy),
      "others charge on",
    );
    const idToken = { idToken: modern.spec.badge, type: "ISO14443" };
    deepEqual(await csms.call(old.spec.id, "RemoteStartTransaction", { idTag: old.spec.badge }), {
      status: "Rejected",
    });
    deepEqual(await csms.call(modern.spec.id, "RequestStartTransaction", { remoteStartId: 1, idToken }), {
      status: "Rejected",
    });
    for (const station of [old, modern]) station.unplug();
    for (const station of [old, modern]) station.plugIn();
    await waitFor("both refused", () => [old, modern].every(({ view }) => /refused/.test(view.lastMessage)));
    const records = async () => (await world.gateway.command("audit tail", { lines: "500" })).text;
    const stops = (text: string) => text.match(/badge\.transaction\.stopped/g)?.length ?? 0;
    await waitFor("the records of both", async () => stops(await records()) >= 2);
    await gateway.kill();
    await world.startGateway();
    const stopped = await records();
    ok(stops(stopped) >= 2);
    ok(!stopped.includes(old.spec.badge) && !stopped.includes(old.spec.badge.toLowerCase()), "no badge in clear");
    await unplugAll(world);
    deepEqual(reconcile(stations.flatMap((station) => station.sessions), csms.ledger.transactions), []);
  }));

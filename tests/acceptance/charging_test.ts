import { deepEqual, equal, ok } from "node:assert/strict";
import { reconcile } from "../../gateway/demo/csms_ledger.ts";
import type { World } from "../../gateway/demo/demo_world.ts";
import { allChargeOn } from "../support/failure_matrix.ts";
import { chargeAll, powerOnAll, unplugAll, withWorld } from "../support/gateway_process.ts";
import { waitFor } from "../support/wait_for.ts";

/** Every session reached the CSMS whole, and no message broke a schema on either side. */
function assertNothingLost({ stations, csms }: World): void {
  const sessions = stations.flatMap((station) => station.sessions);
  deepEqual(reconcile(sessions, csms.ledger.transactions), []);
  deepEqual([...stations.flatMap(({ faults }) => faults), ...csms.faults], []);
}

Deno.test("product: profiles 1, 2 and 3 over OCPP 1.6 and 2.0.1 charge through the gateway to a strict CSMS", () =>
  withWorld(async (world) => {
    await powerOnAll(world);
    deepEqual([...world.csms.connected].sort(), world.stations.map(({ spec }) => spec.id));
    for (const { spec } of world.stations) equal(world.csms.protocolOf(spec.id), spec.protocol);
    await chargeAll(world);
    await unplugAll(world);
    equal(world.csms.ledger.transactions.length, 6);
    ok(world.csms.ledger.transactions.every(({ startWh, stopWh }) => stopWh! > startWh));
    assertNothingLost(world);
  }));

Deno.test("product: all profiles charge with certificates of the operator's own authority", () =>
  withWorld(async (world) => {
    await powerOnAll(world);
    await chargeAll(world);
    await unplugAll(world);
    assertNothingLost(world);
  }, { ownPki: true }));

Deno.test("product: the CSMS starts, stops, configures and resets stations through the gateway", () =>
  withWorld(async (world) => {
    await powerOnAll(world);
    const { csms, stations } = world;
    const [old, modern] = [stations[0]!, stations[5]!];
    const badge = old.spec.badge;
    deepEqual(await csms.call(old.spec.id, "RemoteStartTransaction", { idTag: badge }), { status: "Accepted" });
    const idToken = { idToken: badge, type: "ISO14443" };
    deepEqual(await csms.call(modern.spec.id, "RequestStartTransaction", { remoteStartId: 1, idToken }), {
      status: "Accepted",
    });
    const running = (id: string) => csms.ledger.transactions.find((tx) => tx.stationId === id && tx.samples > 0);
    await waitFor("both sessions", () => running(old.spec.id) && running(modern.spec.id));
    const [first, second] = [running(old.spec.id)!, running(modern.spec.id)!];
    await csms.call(old.spec.id, "RemoteStopTransaction", { transactionId: first.transactionId });
    await csms.call(modern.spec.id, "RequestStopTransaction", { transactionId: second.transactionId });
    await waitFor("both stops", () => !old.busy && !modern.busy);
    const { configurationKey } = await csms.call(old.spec.id, "GetConfiguration", {}) as {
      configurationKey: unknown[];
    };
    ok(configurationKey.length > 0);
    await csms.call(modern.spec.id, "Reset", { type: "Immediate" });
    await waitFor("the reboot", () => modern.view.connects === 2 && modern.view.state === "available");
    assertNothingLost(world);
  }));

Deno.test("product: after kill -9 of the gateway every station comes back and its session goes on whole", () =>
  withWorld(async (world) => {
    await powerOnAll(world);
    await chargeAll(world);
    await world.gateway.kill();
    await waitFor("every station to notice", () => world.stations.every(({ view }) => view.state !== "charging"));
    await world.startGateway();
    await allChargeOn(world, 2);
    await unplugAll(world);
    equal(world.csms.ledger.transactions.length, 6);
    assertNothingLost(world);
  }));

Deno.test("product: SIGTERM drains with close code 1001, and a new start takes every session up again", () =>
  withWorld(async (world, history) => {
    await powerOnAll(world);
    await chargeAll(world);
    equal(await world.gateway.stop(), 0);
    await waitFor(
      "every close code",
      () => world.stations.every(({ spec }) => history.includes(`${spec.id} offline closed 1001`)),
    );
    await world.startGateway();
    await allChargeOn(world);
    await unplugAll(world);
    equal(world.csms.ledger.transactions.length, 6);
    assertNothingLost(world);
  }));

Deno.test("product: a CSMS that stays away closes the stations' connections (LC4), and they charge on when it is back", () =>
  withWorld(async (world, history) => {
    await powerOnAll(world);
    await chargeAll(world);
    await world.csms.stop("crash");
    await waitFor(
      "every station to be told",
      () => world.stations.every(({ spec }) => history.some((line) => line.startsWith(`${spec.id} offline closed`))),
    );
    await waitFor(
      "no station to be let in without its CSMS",
      () => world.stations.every(({ spec }) => history.includes(`${spec.id} offline refused 503`)),
    );
    await world.csms.restart();
    await allChargeOn(world);
    await unplugAll(world);
    equal(world.csms.ledger.transactions.length, 6);
    assertNothingLost(world);
  }, { graceSeconds: 1 }));

Deno.test("product: a CSMS that is back within its grace goes unnoticed by the stations", () =>
  withWorld(async (world) => {
    await powerOnAll(world);
    await chargeAll(world);
    await unplugAll(world); // nothing is on its way now: what is lost in flight only the station could send again
    await world.csms.stop("crash");
    await world.csms.restart();
    await waitFor("every station to be connected through", () => world.csms.connected.length === 6);
    for (const station of world.stations) station.plugIn();
    await waitFor("meter values of a second session each", () => {
      const second = world.csms.ledger.transactions.filter(({ stopWh, samples }) =>
        stopWh === undefined && samples > 0
      );
      return second.length === 6;
    });
    await unplugAll(world);
    deepEqual(world.stations.map(({ view }) => view.connects), [1, 1, 1, 1, 1, 1]);
    assertNothingLost(world);
  }, { graceSeconds: 30 }));

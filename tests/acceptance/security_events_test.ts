import { deepEqual, equal } from "node:assert/strict";
import type { World } from "../../gateway/demo/demo_world.ts";
import { withWorld } from "../support/gateway_process.ts";
import { rawUpgrade } from "../support/raw_upgrade.ts";
import { waitFor } from "../support/wait_for.ts";

async function events(world: World, subject: string): Promise<[type: string, count: number][]> {
  const { data } = await world.gateway.command("security-events", { subject });
  return (data as unknown as { type: string; count: number }[]).map(({ type, count }) => [type, count]);
}

Deno.test("product: security events that the gateway saw are listed, and still after kill -9", () =>
  withWorld(async (world) => {
    const plain = world.stations.find(({ spec }) => spec.securityProfile === 1)!.spec.id;
    const authorization = `Basic ${btoa(`${plain}:not-its-password-0000`)}`;
    const status = JSON.stringify((await world.gateway.command("status")).data);
    const port = Number(/"ws:\/\/127\.0\.0\.1:(\d+)/.exec(status)![1]);
    equal(await rawUpgrade(port, `/ocpp/${plain}`, { Authorization: authorization }), 401);
    await waitFor("the event", async () => (await events(world, plain)).length === 1);
    deepEqual(await events(world, plain), [["FailedToAuthenticateAtCsms", 1]]);
    await world.gateway.kill();
    await world.startGateway();
    deepEqual(await events(world, plain), [["FailedToAuthenticateAtCsms", 1]]);
    const own = await waitFor("the gateway's own", async () => {
      const types = (await events(world, "gateway")).map(([type]) => type);
      return types.length > 0 && types;
    });
    deepEqual(own.slice(0, 1), ["StartupOfTheDevice"]);
  }));

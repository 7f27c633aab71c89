import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { systemTimers } from "../../gateway/core/timers.ts";
import { reconcile } from "../../gateway/demo/csms_ledger.ts";
import { httpRequest, sendRaw, upgradeHeaders } from "../../gateway/demo/raw_client.ts";
import { chargeAll, powerOnAll, unplugAll, withWorld } from "../support/gateway_process.ts";
import { waitFor } from "../support/wait_for.ts";

Deno.test("product: a copied credential does not take a charging station's place, and there is one alarm (O-25)", () =>
  withWorld(async (world) => {
    await powerOnAll(world);
    await chargeAll(world);
    const { spec } = world.stations.find((station) => station.spec.securityProfile === 2)!;
    const password = await Deno.readFile(`${world.site.folder}/secrets/${spec.id}`);
    const request = httpRequest(`/ocpp/${spec.id}`, upgradeHeaders(spec.protocol, { user: spec.id, password }));
    const { host, tlsPort } = world.target;
    const copy = { host, port: tlsPort, from: "127.66.1.1", tls: {} };
    const answers = [await sendRaw(copy, request, systemTimers), await sendRaw(copy, request, systemTimers)];
    deepEqual(answers.map(({ status }) => status), [503, 503]);
    const alarms = async () => {
      const { data } = await world.gateway.command("alarms list");
      return JSON.stringify(data).split("station.connection.duplicate").length - 1;
    };
    await waitFor("the alarm", async () => await alarms() > 0);
    equal(await alarms(), 1);
    await unplugAll(world);
    deepEqual(world.stations.map(({ view }) => view.connects), [1, 1, 1, 1, 1, 1]);
    deepEqual(reconcile(world.stations.flatMap(({ sessions }) => sessions), world.csms.ledger.transactions), []);
  }));

Deno.test("product: a reload below a proven security profile is refused until an admin lowers it with a reason (O-02)", () =>
  withWorld(async (world) => {
    await powerOnAll(world);
    const { id } = world.stations.find(({ spec }) => spec.securityProfile === 2)!.spec;
    const good = await Deno.readTextFile(world.site.configFile);
    const from = good.indexOf(id);
    const lowered = good.slice(0, from) + good.slice(from).replace("securityProfile: 2", "securityProfile: 1");
    await Deno.writeTextFile(world.site.configFile, lowered);
    const refused = await world.gateway.command("reload");
    equal(refused.ok, false);
    match(refused.text, new RegExp(`admission\\.profile-lowered: station "${id}" has proven security profile 2`));
    await rejects(world.gateway.command("station lower-profile", { station: id, to: "1" }), /a reason/);
    await world.gateway.command("station lower-profile", { station: id, to: "1", reason: "new board" });
    match((await world.gateway.command("reload")).text, /^Applied\./);
  }));

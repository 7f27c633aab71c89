import { deepEqual, equal, match } from "node:assert/strict";
import { connect } from "node:tls";
import { reconcile } from "../../gateway/demo/csms_ledger.ts";
import { freePort } from "../support/free_port.ts";
import { TestCa } from "../support/test_ca.ts";
import { allChargeOn } from "../support/failure_matrix.ts";
import { chargeAll, powerOnAll, unplugAll, withWorld } from "../support/gateway_process.ts";
import { waitFor } from "../support/wait_for.ts";

Deno.test("product: a broken site.yaml is refused on reload and everything goes on as before (invariant 4)", () =>
  withWorld(async (world) => {
    await powerOnAll(world);
    await chargeAll(world);
    const good = await Deno.readTextFile(world.site.configFile);
    await Deno.writeTextFile(world.site.configFile, good.replace("securityProfile: 2", "securityProfile: 7"));
    world.gateway.reload();
    const refused = await waitFor(
      "the refusal in the log",
      () => world.gateway.lines.find((line) => line.includes("gateway.configuration.refused")),
    );
    match(refused, /site\.yaml:\d+:\d+/);
    const samples = world.csms.ledger.transactions.reduce((sum, tx) => sum + tx.samples, 0);
    await waitFor(
      "meter values to go on",
      () => world.csms.ledger.transactions.reduce((sum, tx) => sum + tx.samples, 0) > samples + 6,
    );
    deepEqual(world.stations.map(({ view }) => view.connects), [1, 1, 1, 1, 1, 1]);
    await unplugAll(world);
  }));

Deno.test("product: a good change is applied by reload without losing a connection that it does not concern", () =>
  withWorld(async (world) => {
    await powerOnAll(world);
    const good = await Deno.readTextFile(world.site.configFile);
    await Deno.writeTextFile(world.site.configFile, good.replaceAll("CP666", "CP667"));
    await Deno.rename(`${world.site.folder}/secrets/CP666`, `${world.site.folder}/secrets/CP667`);
    const { ok } = await world.gateway.command("reload");
    equal(ok ?? true, true);
    const { text } = await world.gateway.command("stations");
    match(text, /CP667/);
    await chargeAll(world);
    await unplugAll(world);
  }));

Deno.test("product: a reload that needs more permissions starts a second Worker beside the first, and stations go on charging", () =>
  withWorld(async (world) => {
    await powerOnAll(world);
    await chargeAll(world);
    const good = await Deno.readTextFile(world.site.configFile);
    const more = '  csms:\n    - { id: second, url: "ws://127.0.0.3:9/ocpp", plaintext: isolated-segment }\n';
    await Deno.writeTextFile(world.site.configFile, good.replace("  csms:\n", more));
    const planned = await world.gateway.command("reload", { plan: true });
    match(planned.text, /ocpp-\d: is replaced because it gains net 127\.0\.0\.3:9/);
    deepEqual(world.stations.map(({ view }) => view.connects), [1, 1, 1, 1, 1, 1]);
    const applied = await world.gateway.command("reload");
    match(applied.text, /^Applied\./);
    await allChargeOn(world, 2); // through the new Worker
    await unplugAll(world);
    deepEqual(reconcile(world.stations.flatMap(({ sessions }) => sessions), world.csms.ledger.transactions), []);
  }));

Deno.test("product: a TLS listener that a reload adds, with a CA of its own, opens beside those that are there", () =>
  withWorld(async (world) => {
    await powerOnAll(world);
    const port = freePort(), good = await Deno.readTextFile(world.site.configFile);
    const more = `    - { id: more, listen: "127.0.0.1:${port}", tls: { clientCaFile: certs/own-ca.pem } }\n  csms:\n`;
    await Deno.writeTextFile(`${world.site.folder}/certs/own-ca.pem`, new TestCa("own CA").pem);
    await Deno.writeTextFile(world.site.configFile, good.replace("  csms:\n", more));
    const { text } = await world.gateway.command("reload");
    match(text, /^Applied\./);
    const client = connect({ port, host: "127.0.0.1", servername: "localhost", rejectUnauthorized: false });
    await new Promise((resolve, reject) => client.once("secureConnect", resolve).once("error", reject));
    match(client.getProtocol() ?? "", /^TLSv1\.[23]$/);
    client.destroy();
    deepEqual(world.stations.map(({ view }) => view.connects), [1, 1, 1, 1, 1, 1]);
  }));

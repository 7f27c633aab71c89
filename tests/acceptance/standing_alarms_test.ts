import { deepStrictEqual as equal, match, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { parse, stringify } from "yaml";
import { createRpcClient } from "../../gateway/demo/ocpp_rpc.ts";
import { type RehomingRig, STATION_PASSWORD, withRehoming } from "../support/rehoming_rig.ts";
import { waitFor } from "../support/wait_for.ts";

interface Written {
  readonly ocpp: { readonly listeners: readonly { readonly id: string; readonly listen: string }[] };
  readonly stations: { readonly id: string; readonly ocpp: Record<string, unknown> }[];
}

/** The alarms of one kind that stand, with what they are about. */
async function standing({ gateway }: RehomingRig, kind: string): Promise<readonly string[]> {
  const { data } = await gateway.command("alarms list");
  const { alarms } = data as { readonly alarms: readonly { readonly kind: string; readonly subject: string }[] };
  return alarms.filter((alarm) => alarm.kind === kind).map(({ subject }) => subject);
}

const siteFile = ({ folder }: RehomingRig) => `${folder}/site.yaml`;

Deno.test("product: of two OCPP Workers with one CSMS none clears the alarm that the other still has reason for", () =>
  withRehoming(async (rig) => {
    const { csms, gateway } = rig;
    const site = parse(await Deno.readTextFile(siteFile(rig))) as Written;
    site.stations.find(({ id }) => id === "S21")!.ocpp["securityProfile"] = 1;
    await Deno.writeTextFile(siteFile(rig), stringify(site));
    equal((await gateway.command("reload")).ok ?? true, true);
    const { listen } = site.ocpp.listeners.find(({ id }) => id === "plain")!;
    const plain = () => {
      const access = { endpoint: `ws://${listen}/ocpp`, password: Buffer.from(STATION_PASSWORD) };
      return createRpcClient("S21", "ocpp2.1", access); // its listener is another Worker's
    };
    const unreachable = () => standing(rig, "ocpp.csms.unreachable");

    csms.unavailable.add("S21");
    await rejects(plain().connect(), { code: 503 });
    await waitFor("the alarm", async () => (await unreachable()).length === 1);
    await rig.station("S16");
    await waitFor("S16 at the CSMS", () => csms.clients.has("S16"));
    await rig.station("S201"); // and what the first connection told is with control by now
    equal(await unreachable(), ["main"]);
    csms.unavailable.clear();
    const client = plain();
    await client.connect();
    await waitFor("the end of the alarm", async () => (await unreachable()).length === 0);
    equal((await rig.audited("alarm.raised")).filter(({ target }) => target === "main").length, 1, "it was one alarm");
    await client.close({ force: true });
  }));

Deno.test("product: the alarm of a refused reload stands as long as the file is another one, and ends with a good start", () =>
  withRehoming(async (rig) => {
    const good = await Deno.readTextFile(siteFile(rig));
    const refused = () => standing(rig, "configuration.refused");
    const reload = async (text: string, plan = false) => {
      await Deno.writeTextFile(siteFile(rig), text);
      return (await rig.gateway.command("reload", plan ? { plan: true } : {})).text;
    };
    const bad = good.replace("version: 1", "version: 1\nfrobnicate: 1");
    await reload(bad);
    await waitFor("the alarm", async () => (await refused()).length === 1);

    // a plan of a bad file, or of a good one with changes, changes nothing
    await reload(bad, true);
    await reload(`${good}\nfirmware: { vendors: [] }\n`, true);
    await reload(good.replace("name: Rehoming", "name: Another"), true);
    equal(await refused(), ["site.yaml"]);
    // the file of before is there again: a look at it is enough
    match(await reload(good, true), /./);
    await waitFor("the end of the alarm", async () => (await refused()).length === 0);

    await reload(bad);
    await waitFor("the alarm again", async () => (await refused()).length === 1);
    await Deno.writeTextFile(siteFile(rig), good);
    await rig.restart(); // kill -9
    await waitFor("the end of the alarm with a good start", async () => (await refused()).length === 0);
  }));

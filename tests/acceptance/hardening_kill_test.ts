import { deepEqual, equal, match, ok } from "node:assert/strict";
import { parse, stringify } from "yaml";
import { runDecommissionVerify } from "../../gateway/cli/decommission_verify.ts";
import { GarageProcess } from "../support/garage_process.ts";
import { reservePorts } from "../support/gateway_process.ts";
import { waitFor } from "../support/wait_for.ts";

const ocpp = { protocols: ["ocpp1.6"], securityProfile: 1, passwordFile: "password", csms: "main" };

async function siteFolder(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-kill-" });
  await Deno.writeTextFile(`${folder}/password`, "a-password-of-27-characters", { mode: 0o600 });
  await Deno.writeTextFile(
    `${folder}/site.yaml`,
    stringify({
      ...{ version: 1, site: { id: "garage" } },
      stations: ["CP001", "CP002"].map((id) => ({ id, ocpp })),
      ocpp: {
        listeners: [{ listen: `127.0.0.1:${reservePorts().plain}`, plaintext: "isolated-segment" }],
        csms: [{ id: "main", url: "ws://127.0.0.1:9/ocpp", plaintext: "isolated-segment" }],
      },
    }, { aliasDuplicateObjects: false }),
  );
  return folder;
}

/** Takes CP002 out of site.yaml, as a person does. */
async function takeOut(folder: string): Promise<void> {
  const site = parse(await Deno.readTextFile(`${folder}/site.yaml`)) as { stations: { id: string }[] };
  const stations = site.stations.filter(({ id }) => id !== "CP002");
  await Deno.writeTextFile(`${folder}/site.yaml`, stringify({ ...site, stations }, { aliasDuplicateObjects: false }));
}

interface Leaving {
  readonly running: readonly { readonly station: string; readonly next: string }[];
  readonly over: readonly { readonly number: string; readonly station: string }[];
}
interface Incidents {
  readonly incidents: readonly { readonly id: string; readonly state: string }[];
}
interface Protocol {
  readonly state: string;
  readonly done: number;
  readonly open: readonly string[];
}

Deno.test("kill -9 of the process: an incident, a protocol of a bay and a station that leaves go on where they were, each act once", async () => {
  const folder = await siteFolder(), garage = await GarageProcess.start(folder);
  await garage.withStations([], { of: () => [] } as never, async () => {
    const run = async <T>(name: string, args: Record<string, string | boolean> = {}, who = "eva") =>
      (await garage.command<T>(name, args, who)).data;
    const protocol = () => run<Protocol>("commissioning show", { bay: "CP001" });
    const incident = async () =>
      (await run<Incidents>("incident list")).incidents.map(({ id, state }) => `${id} ${state}`);
    const leaving = () => run<Leaving>("decommission list");
    const next = async () => (await leaving()).running.map((each) => `${each.station} ${each.next}`);

    await run("commissioning start", { bay: "CP001" });
    await run("commissioning enter", { bay: "CP001", step: "electrical.insulation", value: "250" });
    const entered = await protocol();
    await run("incident report", { station: "CP001", what: "the seal is torn" });
    await waitFor("the incident", async () => (await incident()).length === 1);
    await run("incident acknowledge", { incident: "I-1" });
    await run("station decommission", { station: "CP002", reason: "sold" });
    await run("decommission approve", { station: "CP002" }, "olga");
    await run("decommission skip", { station: "CP002", step: "drain", because: "it was never connected" });
    await garage.crash();

    deepEqual(await protocol(), entered, "what was entered is there, once");
    deepEqual(await incident(), ["I-1 acknowledged"]);
    deepEqual(await next(), ["CP002 clear"]);

    await run("commissioning enter", { bay: "CP001", step: "electrical.rotation", so: true });
    await run("incident decide", { incident: "I-1", quarantine: true, reason: "nobody knows who was there" });
    const step = { incident: "I-1", step: "look", person: "B. Meier", proof: "seal 4712 put on" };
    await run("incident step", step);
    await run("decommission skip", { station: "CP002", step: "clear", because: "it is gone" });
    await run("decommission prove", { station: "CP002", proof: "destroyed", note: "pressed" });
    deepEqual(await next(), ["CP002 configuration"]);
    await takeOut(folder);
    await garage.crash();

    // control starts anew to erase it, and answers nobody meanwhile: whatever is seen of it first, the process is killed there once more
    const seen = await waitFor("the erasing to begin", async () => {
      const { running, over } = await leaving().catch(() => ({ running: [], over: [] }));
      return over.length > 0 ? "over" : running.find((each) => each.next === "erase" || each.next === "certify")?.next;
    });
    await garage.crash();
    await waitFor(`the certificate, killed at ${seen}`, async () => {
      return (await leaving().catch(() => undefined))?.over.length === 1;
    });
    equal((await protocol()).done, entered.done + 1);
    const { done } = await run<{ done: Record<string, { state: string }> }>("incident show", { incident: "I-1" });
    equal(done["look"]!.state, "done");
    const [station] = await run<{ id: string; quarantine?: string }[]>("stations");
    equal(station!.quarantine, "nobody knows who was there", "the quarantine holds");
    deepEqual((await leaving()).running, []);
    await assertCertificate(folder, (await run<{ file: string }>("decommission certificate", { name: "CP002" })).file);
    equal((await run<unknown[]>("stations")).length, 1);
    const { lines } = await run<{ lines: string[] }>("audit tail", { lines: "400" });
    const events = lines.map((line) => JSON.parse(line).event as string);
    const count = (event: string) => events.filter((each) => each === event).length;
    deepEqual(["incident.opened", "station.decommission.begun"].map(count), [1, 1]);
    ok((await run<{ ok: boolean }>("audit verify")).ok, "the chain is whole");
  });
});

async function assertCertificate(folder: string, text: string): Promise<void> {
  const file = `${folder}/erased.json`, key = `${folder}/data/audit/audit-public.pem`;
  await Deno.writeTextFile(file, text);
  match((await runDecommissionVerify({ file, key })).text, /^Genuine: certificate of erasure dec-1, station CP002 /);
}

import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { stringify } from "yaml";
import { runDecommissionVerify } from "../../gateway/cli/decommission_verify.ts";
import { runEraseGateway } from "../../gateway/cli/erase_gateway.ts";
import { createRecoveryKey } from "../../gateway/control/backup/recovery_key.ts";
import { searchDisk } from "../support/disk_search.ts";
import { eraseUpTo } from "../support/erasing_process.ts";
import { GarageProcess } from "../support/garage_process.ts";
import { reservePorts } from "../support/gateway_process.ts";
import { LightCsms, LightStation } from "../support/light_garage.ts";
import { runGateway, START_FLAGS } from "../support/run_gateway.ts";
import { waitFor } from "../support/wait_for.ts";

const PUK = "PUK-of-the-old-controller-4711", CARD = "04A1B2C3D4E5F6", BADGE = "BADGE-0815-ANNA";
const PASSWORD = "a-password-of-27-characters";

interface Shown {
  readonly next: string;
  readonly begun: boolean;
  readonly lines: readonly { readonly id: string }[];
  readonly open: { readonly stations: readonly string[]; readonly work: readonly string[] };
}

const show = async (garage: GarageProcess) => (await garage.command<Shown>("gateway decommission show")).data;

async function siteFolder(csmsUrl: string, { plain, console, tls }: ReturnType<typeof reservePorts>): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-own-" });
  const { recipient } = await createRecoveryKey();
  await Deno.writeTextFile(`${folder}/recovery.pub`, `${recipient}\n`);
  await Deno.writeTextFile(`${folder}/password`, PASSWORD, { mode: 0o600 });
  const site = {
    ...{ version: 1, site: { id: "garage" } },
    console: {
      ...{ listen: `127.0.0.1:${console}`, hostname: "localhost" },
      devicePages: { listen: `127.0.0.1:${tls}` },
    },
    backup: { recoveryKeyFile: "recovery.pub", targets: [{ folder: "off-the-box" }] },
    ocpp: {
      listeners: [{ listen: `127.0.0.1:${plain}`, plaintext: "isolated-segment" }],
      csms: [{ id: "main", url: csmsUrl, plaintext: "isolated-segment", graceSeconds: 0 }],
    },
    stations: [{
      ...{ id: "CP001", vendor: "bender" },
      ui: { url: "http://127.0.0.1:9", driver: "bender", plaintext: "isolated-segment" },
      ocpp: { protocols: ["ocpp1.6"], securityProfile: 1, passwordFile: "password", csms: "main" },
    }],
  };
  await Deno.writeTextFile(`${folder}/site.yaml`, stringify(site));
  return folder;
}

Deno.test("EV-30: the gateway itself leaves for ever: two persons, kill -9 at its steps, nothing is found on the disk, its certificate holds elsewhere", async () => {
  await using csms = await LightCsms.up(1);
  const ports = reservePorts(), { plain } = ports, folder = await siteFolder(csms.url, ports);
  const garage = await GarageProcess.start(folder);
  const station = new LightStation("CP001", `ws://127.0.0.1:${plain}/ocpp`, PASSWORD, "127.70.0.9");
  const elsewhere = await Deno.makeTempDir({ prefix: "bulkhead-elsewhere-" });
  await garage.withStations([station], csms, async () => {
    const run = <T>(name: string, args: Record<string, string | boolean> = {}, who = "eva") =>
      garage.command<T>(`gateway decommission ${name}`, args, who);
    await station.call("Authorize", { idTag: BADGE });
    await garage.command("secret import", { station: "CP001", slot: "puk", file: PUK });
    await garage.command("secret card-add", { unit: "CP001", file: CARD, custodian: "Anna", place: "safe" });
    await garage.command("badge block", { badge: BADGE, reason: "lost" });

    equal((await show(garage)).begun, false, "what it would come to is shown before it is begun");
    await rejects(run("start", { site: "garage-2", reason: "sold" }), /not the id of this site/);
    await run("start", { site: "garage", reason: "the garage is closed" });
    equal((await show(garage)).next, "stations");
    await run("skip", { what: "stations", because: "CP001 goes on at a new gateway" });
    await waitFor("nothing to be under way", async () => (await show(garage)).next !== "work");
    for (const { id } of (await show(garage)).lines) await run("told", { line: id, note: "ticket 4711" });
    equal((await show(garage)).next, "export");

    const { data: { name } } = await garage.command<{ name: string }>("backup");
    const lines = (await garage.command<{ lines: string[] }>("audit export")).data.lines;
    const { seq, hash } = JSON.parse(lines.at(-1)!);
    await Deno.copyFile(`${folder}/data/audit/audit-public.pem`, `${elsewhere}/audit-public.pem`);
    await rejects(run("exported", { head: `${seq}:${"0".repeat(64)}`, backup: name }), /no line/);
    await run("exported", { head: `${seq}:${hash}`, backup: name });
    await rejects(run("approve", { site: "garage" }), /asked for it and cannot approve/);
    await garage.crash();
    deepEqual([(await show(garage)).begun, (await show(garage)).next], [true, "approve"], "it is gone on with");
    await run("approve", { site: "garage" }, "olga");
    await garage.crash();
    equal((await show(garage)).next, "erase", "what was approved is stored");

    const certificate = `${elsewhere}/garage.erased.json`, configFile = `${folder}/site.yaml`;
    const args = { config: configFile, site: "garage", certificate, "site-files": true };
    await rejects(runEraseGateway(args), /This gateway runs/);
    const rootKey = await Deno.readFile(`${folder}/data/keys/root.key`);
    station.powerOff();
    await garage.gateway.stop();
    await rejects(runEraseGateway({ ...args, site: "garage-2" }), /not the id of this site/);
    ok((await searchDisk(`${folder}/data`, { rootKey })).length > 0, "the search finds what is there");

    await eraseUpTo(configFile, "garage", certificate, "keys");
    const refused = runGateway(configFile);
    equal(await refused.ended(), 1);
    match(refused.text(), /DECOMMISSION_REFUSED: The gateway of the data folder ".*" is being erased/);
    equal((await erase(folder, certificate)).code, 0);

    deepEqual((await Array.fromAsync(Deno.readDir(`${folder}/data`))).map(({ name }) => name), []);
    const secrets = { puk: PUK, card: CARD, badge: BADGE, password: PASSWORD, rootKey };
    deepEqual(await searchDisk(folder, secrets, (path) => path.includes("off-the-box")), []);
    deepEqual(await searchDisk(elsewhere, secrets), [], "nor beside the certificate");
    await holds(certificate, elsewhere, name, seq);
  });
  await Deno.remove(elsewhere, { recursive: true });
});

/** The certificate and what lies beside it, as somebody elsewhere sees them. */
async function holds(certificate: string, elsewhere: string, backup: string, seq: number): Promise<void> {
  const { data, text } = await runDecommissionVerify({ file: certificate, key: `${elsewhere}/audit-public.pem` });
  match(text, /^Genuine: certificate of erasure of a gateway, site garage, made /);
  const said = data as unknown as Certificate;
  deepEqual(said.approvedBy.map(({ who }) => who), ["olga"]);
  deepEqual(said.notDone.map(({ step }) => step), ["stations"]);
  ok(said.erased.find((place) => place.name === "keys")!.bytes >= 32);
  ok(said.backups[0]!.files.some((file) => file.name === backup), "it names the backup");
  const tail = (await Deno.readTextFile(`${certificate}.audit.jsonl`)).trim().split("\n").map((each) =>
    JSON.parse(each)
  );
  equal(tail[0].seq, seq + 1, "no record of the chain is lost with the box");
  ok(tail.some(({ event }) => event === "gateway.site.decommissioned"));
  equal(said.audit.head.hash, tail.at(-1).hash);
}

interface Certificate {
  readonly approvedBy: readonly { readonly who: string }[];
  readonly notDone: readonly { readonly step: string }[];
  readonly erased: readonly { readonly name: string; readonly bytes: number }[];
  readonly backups: readonly { readonly files: readonly { readonly name: string }[] }[];
  readonly audit: { readonly head: { readonly hash: string } };
}

/** The command as a person types it. */
async function erase(folder: string, certificate: string): Promise<{ readonly code: number }> {
  const main = new URL("../../main.ts", import.meta.url).pathname;
  const words = ["gateway", "decommission", "erase", "--data", `${folder}/data`, "--site", "garage"];
  const args = ["run", ...START_FLAGS, main, ...words, "--certificate", certificate];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "piped" }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  return { code };
}

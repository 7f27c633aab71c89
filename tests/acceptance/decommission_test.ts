import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { readArchive } from "../../gateway/control/backup/archive.ts";
import { createRecoveryKey } from "../../gateway/control/backup/recovery_key.ts";
import { runDecommissionVerify } from "../../gateway/cli/decommission_verify.ts";
import type { World } from "../../gateway/demo/demo_world.ts";
import { searchDisk } from "../support/disk_search.ts";
import { chargeAll, powerOnAll, reservePorts, unplugAll, withWorld } from "../support/gateway_process.ts";
import { waitFor } from "../support/wait_for.ts";

const PUK = "PUK-of-the-old-controller-4711";
const PAGE = "Page-password-of-the-operator-0815";
const CARD = "04A1B2C3D4E5F6";

interface Listed {
  readonly running: readonly { readonly station: string; readonly next: string; readonly why?: string }[];
  readonly over: readonly { readonly number: string; readonly station: string }[];
}

/** The site as it was generated, with backups into a folder, and a controller with pages at the station that leaves. */
async function withPagesAndBackups(world: World, id: string): Promise<string> {
  const { gateway, site } = world;
  const { identity, recipient } = await createRecoveryKey();
  await Deno.writeTextFile(join(site.folder, "recovery.pub"), `${recipient}\n`);
  await Deno.writeTextFile(join(site.folder, "secrets", `${id}.page`), PAGE);
  const accounts = [{ role: "operator", passwordFile: `secrets/${id}.page` }];
  const ui = { url: "http://127.0.0.1:9", driver: "bender", plaintext: "isolated-segment", accounts };
  const { pages } = await reservedPages();
  await change(site.configFile, (yaml) => ({
    ...yaml,
    console: { ...yaml["console"] as object, devicePages: { listen: `127.0.0.1:${pages}` } },
    backup: { recoveryKeyFile: "recovery.pub", targets: [{ folder: "off-the-box" }] },
    stations: (yaml["stations"] as { id: string }[]).map((station) => station.id === id ? { ...station, ui } : station),
  }));
  await gateway.stop();
  await world.startGateway();
  return identity;
}

const reservedPages = async () => ({ pages: (await reservePorts()).tls });

async function change(file: string, how: (yaml: Record<string, unknown>) => Record<string, unknown>): Promise<void> {
  await Deno.writeTextFile(file, stringify(how(parse(await Deno.readTextFile(file)))));
}

Deno.test("EV-30: a station leaves for ever: nothing of it is found on the disk, in a backup made after, in logs or audit; the certificate holds", () =>
  withWorld(async (world) => {
    const { site, stations } = world, [leaving] = stations, { id, badge } = leaving!.spec;
    const identity = await withPagesAndBackups(world, id);
    await powerOnAll(world);
    await chargeAll(world);
    const run = (command: string, args: Record<string, string | boolean> = {}, who = "eva") =>
      world.gateway.command(command, args, who);
    // what the gateway keeps of it: secrets of the vault, a card, a grant, a certificate, badges and energy
    await run("secret import", { station: id, slot: "puk", file: PUK });
    await run("secret card-add", { unit: id, file: CARD, custodian: "Anna", place: "safe" });
    await run("grant add", grantFor(id));
    const password = new TextDecoder().decode(await Deno.readFile(join(site.folder, "secrets", id)));
    const secrets = { puk: PUK, card: CARD, page: PAGE, badge, password };
    const before = (await run("backup")).data as { readonly name: string };
    await run("station decommission", { station: id, reason: "sold" });
    equal((await state(world, id)).next, "approve");
    await run("decommission approve", { station: id }, "olga");
    match((await state(world, id)).why!, /a transaction runs/);
    await unplugAll(world);
    await waitFor("the drain and the clearing to end", async () => (await state(world, id)).next === "reset", 60_000);
    await run("decommission prove", { station: id, proof: "seen", person: "Anna Berg", note: "reset by its button" });
    match((await state(world, id)).why!, /take it out there/);
    await change(site.configFile, (yaml) => ({
      ...yaml,
      stations: (yaml["stations"] as { id: string }[]).filter((station) => station.id !== id),
    }));
    world.gateway.reload();
    for (const name of [id, `${id}.page`]) await Deno.remove(join(site.folder, "secrets", name));
    // control starts anew meanwhile: it may be away when it is asked
    await waitFor("the certificate", async () => (await list(world).catch(() => NOTHING)).over.length === 1, 60_000);

    equal((await list(world)).running.length, 0);
    const after = (await run("backup")).data as { readonly name: string };
    const found = await searchDisk(site.folder, secrets, (path) => path.includes("off-the-box"));
    deepEqual(found, [], "nothing of it is on the disk");
    const unpacked = join(site.folder, "unpacked");
    await readArchive(join(site.folder, "off-the-box", after.name), identity, unpacked);
    deepEqual(await searchDisk(unpacked, { ...secrets, id: `"${id}\\n` }), [], "nor in a backup made after");
    for (const secret of Object.values(secrets)) ok(!world.gateway.logTail(5_000).includes(secret), "nor in the log");

    const { file } = (await run("decommission certificate", { name: id })).data as { readonly file: string };
    const path = join(site.folder, "erased.json"), key = join(site.dataDir, "audit", "audit-public.pem");
    await Deno.writeTextFile(path, file);
    const { data, text } = await runDecommissionVerify({ file: path, key });
    match(text, /^Genuine: certificate of erasure dec-1, station /);
    const certificate = data as unknown as Certificate;
    equal(certificate.station.id, id);
    deepEqual(certificate.notDone, []);
    ok(certificate.backups[0]!.files.some(({ name }) => name === before.name), "it names the backup of before");
    for (const name of ["vault.values", "vault.key", "people.grants", "inventory.facts", "audit.pseudonyms"]) {
      ok(certificate.lookedAt.some((place) => place.name === name), name);
    }
    deepEqual([certificate.search.left, certificate.search.found, certificate.search.scrubbed], [[], 0, true]);
    ok(stations.slice(1).every(({ view }) => view.state === "available"), "the others were not disturbed");
  }));

interface Certificate {
  readonly station: { readonly id: string };
  readonly notDone: readonly unknown[];
  readonly lookedAt: readonly { readonly name: string }[];
  readonly backups: readonly { readonly files: readonly { readonly name: string }[] }[];
  readonly search: { readonly left: readonly unknown[]; readonly found: number; readonly scrubbed: boolean };
}

const NOTHING: Listed = { running: [], over: [] };

async function list({ gateway }: World): Promise<Listed> {
  return (await gateway.command("decommission list")).data as unknown as Listed;
}

async function state(world: World, id: string): Promise<Listed["running"][number]> {
  return (await list(world)).running.find(({ station }) => station === id)!;
}

const grantFor = (station: string) => ({
  ...{ id: "old-bay", person: "tim", station, "device-role": "operator", because: "looks after the old bay" },
});

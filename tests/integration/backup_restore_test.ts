import { deepEqual, equal, match, notDeepEqual, rejects } from "node:assert/strict";
import { createServer } from "node:net";
import { runRestore } from "../../gateway/cli/restore.ts";
import { createBackupFeature } from "../../gateway/control/backup/feature.ts";
import { controlSocketPath, keysDir, storePath } from "../../gateway/control/data_paths.ts";
import type { CommandResult } from "../../gateway/control/contract.ts";
import { systemClock } from "../../gateway/core/clock.ts";
import { systemRandom, systemTimers } from "../../gateway/core/timers.ts";
import { openStore } from "../../gateway/store/kv_store.ts";
import { listRevocations, revoke, stationMark } from "../../gateway/store/revocations.ts";
import { createSealer, getSealed, putSealed } from "../../gateway/store/sealer.ts";
import type { Store } from "../../gateway/store/store.ts";
import { FileKeyStore } from "../../hal/file_key_store.ts";
import { type BackupBox, createBackupBox } from "../support/backup_box.ts";
import { waitFor } from "../support/wait_for.ts";

const TIME = { clock: systemClock, timers: systemTimers };
const SECRET = new TextEncoder().encode("upstream password");

/** A box that was backed up once, and where its sealed backup and recovery key lie. */
interface Scene {
  readonly folder: string;
  readonly box: BackupBox;
  readonly backup: string;
  readonly spare: string;
  restore(more?: Record<string, string | boolean>): Promise<CommandResult>;
}

async function withBox(
  prepare: (box: BackupBox) => Promise<void>,
  run: (scene: Scene) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const box = await createBackupBox(`${folder}/site`, TIME, { targets: [{ folder: `${folder}/backups` }] });
  const feature = createBackupFeature(box.context);
  try {
    await prepare(box);
    equal((await feature.commands!["backup"]!({}, "anna")).ok, true);
    const [{ name }] = [...Deno.readDirSync(`${folder}/backups`)] as [Deno.DirEntry];
    await Deno.writeTextFile(`${folder}/recovery.key`, `# offline\n${box.recovery.identity}\n`);
    const backup = `${folder}/backups/${name}`, spare = `${folder}/spare`;
    const common = { file: backup, identity: `${folder}/recovery.key`, to: spare };
    await run({ folder, box, backup, spare, restore: (more = {}) => runRestore({ ...common, ...more }) });
  } finally {
    await feature.stop!();
    await box.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Opens a restored site as its first start would. */
async function withRestored<T>(site: string, use: (store: Store, rootKey: Uint8Array) => Promise<T>): Promise<T> {
  const dataDir = `${site}/data`;
  const store = await openStore({ path: storePath({ dataDir }), ...TIME });
  try {
    return await use(
      store,
      await new FileKeyStore({ folder: keysDir({ dataDir }), random: systemRandom }).loadRootKey(),
    );
  } finally {
    await store.close();
  }
}

const revocationsOf = (site: string) =>
  withRestored(site, async (store) => {
    const kinds = [listRevocations(store, "certificate"), listRevocations(store, "credential")];
    return (await Promise.all(kinds.map((list) => Array.fromAsync(list)))).flat().map(({ id }) => id);
  });
const nothing = () => Promise.resolve();
const auditLine = (event: string, target: string, at = Date.now(), outcome = "ok") =>
  `${JSON.stringify({ seq: 9, kind: "record", event, target, outcome, at: new Date(at).toISOString() })}\n`;

Deno.test("restore: onto a blank spare box, from a backup taken under write load, with everything acknowledged before it", async () => {
  let acknowledged = 0, before = 0, isWriting = true, writers: Promise<unknown> = Promise.resolve();
  const write = async (box: BackupBox, writer: number) => {
    while (isWriting) {
      await box.context.store.commit([{ set: ["test", writer, acknowledged], value: "x".repeat(200) }]);
      acknowledged += 1;
    }
  };
  const acked: string[] = [];
  const started = performance.now();
  await withBox(async (box) => {
    const { store, sealer } = box.context;
    await putSealed(store, sealer, ["vault", "csms"], SECRET);
    await Deno.writeTextFile(`${box.folder}/data/audit/000001.jsonl`, auditLine("control.command.ran", "status"));
    writers = Promise.all(Array.from({ length: 8 }, (_, writer) => write(box, writer)));
    await waitFor("write load", () => acknowledged > 500);
    for await (const { key } of store.list(["test"], { limit: Infinity })) acked.push(JSON.stringify(key));
    before = acked.length;
  }, async ({ box, spare, restore }) => {
    isWriting = false;
    await writers;
    const { text } = await restore();
    match(
      text,
      /^Restored site g12 as of .*: \d+ files, data in .*\/spare\/data\n2 sealed values are sealed for this box now/,
    );
    equal(await Deno.readTextFile(`${spare}/site.yaml`), box.files[`${box.folder}/site.yaml`]);
    equal(await Deno.readTextFile(`${spare}/certs/recovery.pub`), `${box.recovery.recipient}\n`);
    match(await Deno.readTextFile(`${spare}/data/audit/000001.jsonl`), /control\.command\.ran/);
    const marker = JSON.parse(await Deno.readTextFile(`${spare}/data/restored.json`));
    deepEqual(Object.keys(marker), ["backupTakenAt", "lastSequence", "restoredAt", "source"]);
    equal(marker.lastSequence, 1);
    const mac = async (key: CryptoKey) => new Uint8Array(await crypto.subtle.sign("HMAC", key, SECRET));
    await withRestored(spare, async (store, rootKey) => {
      const present = new Set<string>();
      for await (const { key } of store.list(["test"], { limit: Infinity })) present.add(JSON.stringify(key));
      equal(before >= 500 && acked.every((key) => present.has(key)), true);
      const sealer = await createSealer(rootKey, store);
      deepEqual(await getSealed(store, sealer, ["vault", "csms"]), SECRET);
      deepEqual(await mac(await sealer.derive("m")), await mac(await box.context.sealer.derive("m")));
    });
    const oldKey = await Deno.readFile(`${box.folder}/data/keys/root.key`);
    notDeepEqual(await Deno.readFile(`${spare}/data/keys/root.key`), oldKey);
    await rejects(getSealed(box.context.store, await sealerOf(spare), ["vault", "csms"]), { code: "SEAL_BROKEN" });
    equal(JSON.stringify([...Deno.readDirSync(`${spare}/..`)].map((entry) => entry.name)).includes("restoring"), false);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    Deno.stderr.writeSync(new TextEncoder().encode(`backup and restore of ${before} records took ${seconds} s\n`));
  });
});

/** The sealer of a restored site, to show that it opens nothing of the old box. */
async function sealerOf(site: string) {
  return await withRestored(site, (store, rootKey) => createSealer(rootKey, store));
}

Deno.test("restore: revocations of the old box that are newer than the backup survive it", () =>
  withBox(async (box) => {
    await box.context.store.commit([revoke({ kind: "certificate", id: "0a", at: 1 })]);
  }, async ({ box, restore }) => {
    const { store } = box.context;
    await store.commit([revoke({ kind: "certificate", id: "0b", at: Date.now() }), { set: ["test"], value: "newer" }]);
    await box.close();
    const { text, data } = await restore({ to: box.folder, force: true });
    match(text, /1 newer revocations were kept\nWhat was there is in .*\/site\.before-restore-/);
    deepEqual(await revocationsOf(box.folder), ["0a", "0b"]);
    const [aside] = (data as { setAside: string[] }).setAside;
    await withRestored(aside!, async (old) => equal((await old.get(["test"]))?.value, "newer"));
  }));

Deno.test("restore: revocations in the old box's audit segments and in an off-box audit copy survive it", () =>
  withBox(nothing, async ({ box, folder, restore }) => {
    await box.close();
    const lines = [auditLine("certificate.serial.revoked", "0c"), auditLine("station.credential.renewed", "CP001")];
    await Deno.writeTextFile(`${box.folder}/data/audit/000002.jsonl`, lines.join(""));
    const copy = [
      `<110>1 2026-01-01T00:00:00Z gw bulkhead - - - ${auditLine("certificate.serial.revoked", "0d")}`,
      auditLine("certificate.serial.revoked", "0e", Date.now(), "refused"),
      auditLine("control.command.ran", "0f"),
      "torn line {\n",
    ];
    await Deno.writeTextFile(`${folder}/copy.jsonl`, copy.join(""));
    const { text } = await restore({ to: box.folder, force: true, audit: `${folder}/copy.jsonl` });
    match(text, /3 newer revocations were kept/);
    match(text, /1 lines of .*copy\.jsonl are no audit records/);
    deepEqual(await revocationsOf(box.folder), ["0c", "0d", "CP001"]);
  }));

Deno.test("restore: stations that were decommissioned after the backup are erased at the first start, known by the old box or an audit copy", () =>
  withBox(nothing, async ({ box, folder, restore }) => {
    const { store } = box.context;
    await store.commit([revoke({ kind: "station", id: stationMark("CP001"), at: Date.now() + 1 })]);
    await store.commit([revoke({ kind: "station", id: stationMark("CP003"), at: 1 })]); // its id is another's since
    await box.close();
    await Deno.writeTextFile(
      `${folder}/copy.jsonl`,
      auditLine("station.entry.decommissioned", "CP002", Date.now() + 1),
    );
    const { text } = await restore({ to: box.folder, force: true, audit: `${folder}/copy.jsonl` });
    match(text, /2 stations that were decommissioned after this backup are in it: the first start erases them/);
    await withRestored(box.folder, async (restored) => {
      const again = await Array.fromAsync(restored.list(["decommission", "again"]));
      deepEqual(again.map(({ key }) => key.at(-1)).toSorted(), [stationMark("CP001"), stationMark("CP002")].toSorted());
    });
  }));

Deno.test("restore: a damaged old store is said and does not stop the restore", () =>
  withBox(nothing, async ({ box, restore }) => {
    await box.close();
    await Deno.writeTextFile(storePath({ dataDir: `${box.folder}/data` }), "damaged ".repeat(1_000));
    const { text } = await restore({ to: box.folder, force: true });
    match(text, /The store of the old box could not be read .*give --audit/);
    deepEqual(await revocationsOf(box.folder), []);
  }));

Deno.test("restore: a box that is not blank is refused and left as it was", () =>
  withBox(nothing, async ({ spare, folder, restore }) => {
    await Deno.mkdir(spare);
    await restore();
    await rejects(restore(), { code: "BACKUP_TARGET_NOT_BLANK", hint: /--force/ });
    equal([...Deno.readDirSync(folder)].filter((entry) => /restor/.test(entry.name)).length, 0);
    await withRestored(spare, async (store) => equal((await store.get(["schema"])) === undefined, false));
  }));

Deno.test("restore: a running gateway is refused, by its socket and by its lock", () =>
  withBox(nothing, async ({ box, restore }) => {
    await rejects(restore({ to: box.folder, force: true }), { code: "STORE_LOCKED" });
    const server = createServer();
    const path = controlSocketPath({ dataDir: `${box.folder}/data` });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    await rejects(restore({ to: box.folder, force: true }), { code: "BACKUP_TARGET_IN_USE" });
    await new Promise((resolve) => server.close(resolve));
    equal((await box.context.store.get(["schema"])) === undefined, false);
  }));

Deno.test("restore: a wrong key or a changed backup writes nothing", () =>
  withBox(nothing, async ({ folder, backup, restore }) => {
    const before = [...Deno.readDirSync(folder)].length;
    const other = await createBackupBox(`${folder}/other`, TIME, { none: true });
    await other.close();
    await Deno.writeTextFile(`${folder}/other.key`, other.recovery.identity);
    await rejects(restore({ identity: `${folder}/other.key` }), { code: "BACKUP_WRONG_KEY" });
    const bytes = await Deno.readFile(backup);
    bytes[bytes.length - 5]! ^= 1;
    await Deno.writeFile(backup, bytes);
    await rejects(restore(), { code: "BACKUP_BROKEN" });
    equal([...Deno.readDirSync(folder)].length, before + 2);
  }));

Deno.test("restore: a missing option is named", async () => {
  await rejects(runRestore({ file: "x", to: "y" }), { code: "CLI_USAGE", message: /--identity/ });
});

import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { type BackupBox, createBackupBox } from "../../../tests/support/backup_box.ts";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { waitFor } from "../../../tests/support/wait_for.ts";
import type { ControlFeature } from "../contract.ts";
import { readArchive } from "./archive.ts";
import { backupName, isBackupName } from "./create_backup.ts";
import { createBackupFeature } from "./feature.ts";
import { BACKUP_LIMITS } from "./limits.ts";

const HOUR_MS = 3_600_000;

interface Scene {
  readonly box: BackupBox;
  readonly feature: ControlFeature;
  readonly time: ManualTime;
  /** Absolute folder of the first target. */
  readonly target: string;
}

async function withBox(backup: Record<string, unknown>, run: (scene: Scene) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const time = new ManualTime();
  const box = await createBackupBox(`${folder}/site`, { clock: time, timers: time }, backup);
  const feature = createBackupFeature(box.context);
  try {
    await run({ box, feature, time, target: `${folder}/site/backups` });
  } finally {
    await feature.stop?.();
    await box.close();
    await Deno.remove(folder, { recursive: true });
  }
  equal(time.armed, 0);
}

const FOLDER = { targets: [{ folder: "backups" }], everyHours: 24, keep: 2 };
const SFTP = { targets: [{ sftp: "backup.example:/g12", keyFile: "secrets/CP001" }] };
const run = ({ feature }: Scene) => feature.commands!["backup"]!({}, "anna");
const events = ({ box }: Scene) => box.audited.map((event) => `${event.event} ${event.outcome} ${event.who}`);
const names = (folder: string) => [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();

Deno.test("backup: the command makes one sealed file in the folder and says so in audit and answer", () =>
  withBox(FOLDER, async (scene) => {
    const { box, target } = scene;
    const result = await run(scene);
    const [name] = names(target);
    equal(name, "bulkhead-g12-20260101T000000Z.backup.age");
    equal(result.ok, true);
    match(result.text, /^bulkhead-g12-20260101T000000Z\.backup\.age \(\d+ bytes, audit up to 1\)\n {2}backups: ok$/);
    deepEqual(events(scene), [
      "backup.archive.started ok anna",
      "backup.archive.made ok anna",
      "backup.archive.delivered ok anna",
    ]);
    const manifest = await readArchive(`${target}/${name}`, box.recovery.identity, `${box.folder}/out`);
    equal(manifest.lastSequence, 1);
    deepEqual(manifest.parts.map((part) => part.name), [
      "config/site.yaml",
      "config/certs/recovery.pub",
      "store/bulkhead.kv",
    ]);
    deepEqual(names(`${box.folder}/data/backup`), []);
  }));

Deno.test("backup: it is due at once, then every 24 hours, and keeps as many as wanted", () =>
  withBox(FOLDER, async ({ time, target, box }) => {
    await Deno.mkdir(target);
    await Deno.writeTextFile(`${target}/notes.txt`, "mine");
    const made = () => box.audited.filter((event) => event.event === "backup.archive.delivered").length;
    time.advance(BACKUP_LIMITS.lookEveryMs);
    await waitFor("the first backup", () => made() === 1 && box.alarms.includes("clear backup.stale site"));
    time.advance(23 * HOUR_MS);
    await settled(box);
    equal(made(), 1);
    for (const count of [2, 3]) {
      await waitFor(`backup ${count}`, () => (time.advance(HOUR_MS), made() === count));
      await settled(box);
    }
    equal(names(target).length, 3);
    equal(names(target).includes("notes.txt"), true);
  }));

Deno.test("backup: a target that fails raises an alarm, is tried again after an hour, and the alarm clears", () =>
  withBox(FOLDER, async (scene) => {
    const { box, time, target } = scene;
    await Deno.writeTextFile(target, "a file where the folder should be");
    const result = await run(scene);
    equal(result.ok, false);
    match(result.text, /backups: Cannot copy the backup to folder/);
    equal(box.alarms.includes("raise backup.failed backups"), true);
    equal(events(scene).at(-1), "backup.archive.failed failed anna");
    await Deno.remove(target);
    const tried = () => box.audited.filter((event) => event.event === "backup.archive.started").length;
    time.advance(BACKUP_LIMITS.retryAfterMs - BACKUP_LIMITS.lookEveryMs);
    await settled(box);
    equal(tried(), 1);
    time.advance(BACKUP_LIMITS.lookEveryMs);
    await waitFor("the retry", () => box.alarms.includes("clear backup.failed backups"));
    equal(tried(), 2);
  }));

Deno.test("backup: none for twice the configured time is critical and degrades health until one succeeds", () =>
  withBox({ ...FOLDER, everyHours: 1 }, async (scene) => {
    const { box, feature, time, target } = scene;
    await Deno.writeTextFile(target, "a file where the folder should be");
    await waitFor("the alarm", () => (time.advance(HOUR_MS / 2), box.alarms.includes("raise backup.stale site")));
    equal(feature.health!().state, "degraded");
    await settled(box);
    await Deno.remove(target);
    await run(scene);
    equal(feature.health!().state, "ok");
    equal(box.alarms.includes("clear backup.stale site"), true);
    equal(box.alarms.filter((alarm) => alarm === "raise backup.stale site").length, 1);
  }));

Deno.test("backup: SFTP goes through the courier with the file's name, and its failure is reported", () =>
  withBox(SFTP, async (scene) => {
    const { box } = scene;
    equal((await run(scene)).ok, true);
    const [delivery] = box.delivered;
    equal(delivery?.kind === "backup" && isBackupName("g12", delivery.name), true);
    equal(delivery?.sink, "backup.example:/g12");
    box.courierFault = new Error("host key changed");
    const result = await run(scene);
    equal(result.ok, false);
    match(result.text, /host key changed/);
  }));

Deno.test("backup: two callers at once share one run", () =>
  withBox(FOLDER, async (scene) => {
    const [first, second] = await Promise.all([run(scene), run(scene)]);
    equal(first, second);
    equal(events(scene).filter((event) => event.startsWith("backup.archive.started")).length, 1);
  }));

Deno.test("backup: a file of the configuration that is not loaded fails the backup, loudly", () =>
  withBox(FOLDER, async (scene) => {
    delete scene.box.files[`${scene.box.folder}/site.yaml`];
    await rejects(run(scene), /not part of the loaded configuration/);
    equal(scene.box.alarms.includes("raise backup.failed site"), true);
    equal(events(scene).at(-1), "backup.archive.failed failed anna");
  }));

Deno.test("backup: a secret recovery key on the box is refused without repeating it", () =>
  withBox(FOLDER, async (scene) => {
    const { identity } = scene.box.recovery;
    scene.box.files["certs/recovery.pub"] = identity;
    const error = await run(scene).then(() => undefined, (thrown) => thrown);
    match(error.message, /secret recovery key, which must not be on this box/);
    equal(JSON.stringify([error.message, scene.box.audited, scene.box.alarms]).includes(identity), false);
  }));

Deno.test("backup: a sealed value that does not open goes in as it is and is alarmed", () =>
  withBox(FOLDER, async (scene) => {
    const damaged = { sealed: new Uint8Array(40), context: "x" };
    await scene.box.context.store.commit([{ set: ["test"], value: damaged }]);
    match((await run(scene)).text, /1 sealed values could not be opened/);
    equal(scene.box.alarms.includes("raise backup.incomplete site"), true);
  }));

Deno.test("backup: without the section the command says what to add", () =>
  withBox({ none: true }, async (scene) => {
    await rejects(run(scene), { code: "BACKUP_FAILED", hint: /backup key/ });
    scene.time.advance(HOUR_MS);
    await settled(scene.box);
    deepEqual(scene.box.audited, []);
  }));

Deno.test("backup: names sort by time and are told from those of other sites", () => {
  const name = backupName("g12", Date.UTC(2026, 0, 2, 3, 4, 5, 678));
  equal(name, "bulkhead-g12-20260102T030405Z.backup.age");
  equal(isBackupName("g12", name), true);
  for (const other of [`${name}.part`, name.replace("g12", "g12-b"), name.replace("g12", "g1"), `x${name}`]) {
    equal(isBackupName("g12", other), false, other);
  }
});

/** Lets a look of the timer end that has nothing to do: it reads the store once. */
async function settled(box: BackupBox): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await box.context.store.get(["backup", "last"]);
}

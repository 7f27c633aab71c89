import { Buffer } from "node:buffer";
import { dirname, isAbsolute, join } from "node:path";
import type { Clock } from "../../core/clock.ts";
import { describeError, GatewayError } from "../../core/errors.ts";
import type { Timers } from "../../core/timers.ts";
import { openStore } from "../../store/kv_store.ts";
import { eraseAgain, forgetLogins, mergeUnion } from "../../store/revocations.ts";
import { resealAll } from "../../store/reseal.ts";
import { createSealBox } from "../../store/sealer.ts";
import { copyDatabase } from "../../store/snapshot.ts";
import { lockStore } from "../../store/store_files.ts";
import type { Store } from "../../store/store.ts";
import { auditDir, keysDir, restoreMarker, storePath } from "../data_paths.ts";
import { readArchive } from "./archive.ts";
import { readAuditCopy, replayRevocations } from "./audit_copy.ts";
import { ABSOLUTE_PREFIX, AUDIT_PREFIX, type BackupManifest, CONFIG_PREFIX, STORE_PART } from "./manifest.ts";
import { assertBlank, assertNotRunning, exists, type Move, moveInto } from "./restore_target.ts";

/** Where files that site.yaml names outside its folder are laid down. */
export const OUTSIDE_FOLDER = "restored-outside";

/** What a restore is told and needs. All paths are absolute. */
export interface RestoreOptions {
  /** The sealed backup. */
  readonly file: string;
  /** Secret recovery key. */
  readonly identity: string;
  /** The folder of site.yaml on this box. */
  readonly to: string;
  /** Sets aside what is there instead of refusing. */
  readonly force: boolean;
  /** Off-box copies of the audit chain: files or folders. */
  readonly auditCopies: readonly string[];
  /** Loads the root key of this box; `keysFolder` is where a file key store lives. */
  readonly loadRootKey: (manifest: BackupManifest, keysFolder: string) => Promise<Uint8Array>;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** What a restore did. */
export interface RestoreReport {
  readonly manifest: BackupManifest;
  readonly configFile: string;
  readonly dataDir: string;
  readonly files: number;
  readonly resealed: number;
  readonly unreadable: number;
  /** Revocations newer than the backup that were kept. */
  readonly revocations: number;
  /** Where the old folders went. */
  readonly setAside: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Brings a backup onto a blank box. Everything is unpacked, checked and sealed again in folders beside the real ones and
 * comes into place by renames at the very end: a restore that is cut off leaves the box as it was.
 * @throws GatewayError BACKUP_TARGET_IN_USE, BACKUP_TARGET_NOT_BLANK, BACKUP_WRONG_KEY; IntegrityError BACKUP_BROKEN;
 * StorageError STORE_NEWER
 */
export async function restoreBackup(options: RestoreOptions): Promise<RestoreReport> {
  const suffix = `.restoring-${crypto.randomUUID().slice(0, 8)}`;
  const unpacked = `${options.to}${suffix}/unpacked`;
  if (!options.force) await assertBlank(options.to);
  try {
    const manifest = await readArchive(options.file, options.identity, unpacked);
    const dataDir = isAbsolute(manifest.dataDir) ? manifest.dataDir : join(options.to, manifest.dataDir);
    await assertNotRunning(dataDir);
    if (!options.force) await assertBlank(dataDir);
    const unlock = await exists(storePath({ dataDir })) ? lockStore(storePath({ dataDir })) : () => {};
    try {
      return await build(options, manifest, dataDir, suffix);
    } finally {
      unlock();
    }
  } finally {
    await removeIfThere(`${options.to}${suffix}`);
  }
}

async function build(
  options: RestoreOptions,
  manifest: BackupManifest,
  dataDir: string,
  suffix: string,
): Promise<RestoreReport> {
  const { to, clock } = options;
  const unpacked = `${to}${suffix}/unpacked`, site = `${to}${suffix}/site`;
  const isInside = dataDir.startsWith(`${to}/`);
  const data = isInside ? `${site}${dataDir.slice(to.length)}` : `${dataDir}${suffix}`;
  await layOutFiles(unpacked, site, data);
  try {
    const sealed = await restoreStore(options, manifest, data, dataDir);
    await writeMarker(options, manifest, data);
    const moves: Move[] = [{ from: site, to }, ...(isInside ? [] : [{ from: data, to: dataDir }])];
    const setAside = await moveInto(moves, clock.now());
    const configFile = `${to}/${manifest.configName}`;
    return { manifest, configFile, dataDir, files: manifest.parts.length, setAside, ...sealed };
  } finally {
    if (!isInside) await removeIfThere(data);
  }
}

/** Puts the unpacked parts where they belong, relative to each other. */
async function layOutFiles(unpacked: string, site: string, data: string): Promise<void> {
  const places = [
    [CONFIG_PREFIX, site],
    [ABSOLUTE_PREFIX, `${site}/${OUTSIDE_FOLDER}`],
    [AUDIT_PREFIX, auditDir({ dataDir: data })],
    [STORE_PART, storePath({ dataDir: data })],
  ] as const;
  for (const [part, place] of places) {
    const from = `${unpacked}/${part.replace(/\/$/, "")}`;
    if (!await exists(from)) continue;
    await Deno.mkdir(dirname(place), { recursive: true, mode: 0o700 });
    await Deno.rename(from, place);
  }
  await Deno.mkdir(data, { recursive: true, mode: 0o700 });
}

async function restoreStore(options: RestoreOptions, manifest: BackupManifest, data: string, oldData: string) {
  const warnings: string[] = [];
  if (!manifest.parts.some((part) => part.name === STORE_PART)) {
    warnings.push("The backup holds no store: it lies behind store.url and is restored there");
    return { resealed: 0, unreadable: 0, revocations: 0, warnings };
  }
  const { clock, timers } = options;
  const from = await createSealBox(Buffer.from(manifest.sealKey, "base64"));
  const rootKey = await options.loadRootKey(manifest, keysDir({ dataDir: data }));
  const to = await createSealBox(rootKey);
  rootKey.fill(0);
  const store = await openStore({ path: storePath({ dataDir: data }), clock, timers });
  try {
    await forgetLogins(store);
    const { resealed, unreadable } = await resealAll(store, from, to);
    const revocations = await keepRevocations(store, options, data, oldData, warnings);
    const again = await eraseAgain(store, manifest.takenAt);
    if (again > 0) {
      const what = "decommissioned after this backup are in it: the first start erases them";
      warnings.push(`${again} stations that were ${what}. Take them out of site.yaml and delete their files`);
    }
    return { resealed, unreadable, revocations, warnings };
  } finally {
    await store.close();
  }
}

/** A restore never rolls back a revocation: the old box's store, its audit segments and off-box copies are asked. */
async function keepRevocations(
  store: Store,
  options: RestoreOptions,
  data: string,
  oldData: string,
  warnings: string[],
): Promise<number> {
  const { clock, timers } = options;
  let kept = 0;
  const replay = async (path: string) => {
    const { added, skipped } = await replayRevocations(store, readAuditCopy(path));
    kept += added;
    if (skipped > 0) warnings.push(`${skipped} lines of ${path} are no audit records and were passed over`);
  };
  const fromOld = async (what: string, run: () => Promise<void>) => {
    try {
      await run();
    } catch (error) {
      // A damaged old box is the usual reason for a restore: say so, and go on with what can be read.
      warnings.push(`${what} of the old box could not be read (${describeError(error)}): give --audit with a copy`);
    }
  };
  if (await exists(storePath({ dataDir: oldData }))) {
    await fromOld("The store", async () => {
      const copy = `${data}.old-store/kv`;
      await Deno.mkdir(dirname(copy), { recursive: true, mode: 0o700 });
      try {
        await copyDatabase(storePath({ dataDir: oldData }), copy);
        const old = await openStore({ path: copy, clock, timers });
        kept += await mergeUnion(store, old).finally(() => old.close());
      } finally {
        await Deno.remove(dirname(copy), { recursive: true });
      }
    });
  }
  if (await exists(auditDir({ dataDir: oldData }))) {
    await fromOld("The audit chain", () => replay(auditDir({ dataDir: oldData })));
  }
  for (const path of options.auditCopies) await replay(path);
  return kept;
}

/** The first start finds this and writes a gap record into the audit chain. */
async function writeMarker(options: RestoreOptions, manifest: BackupManifest, data: string): Promise<void> {
  const marker = {
    backupTakenAt: new Date(manifest.takenAt).toISOString(),
    lastSequence: manifest.lastSequence,
    restoredAt: new Date(options.clock.now()).toISOString(),
    source: options.file.slice(options.file.lastIndexOf("/") + 1),
  };
  using file = await Deno.open(restoreMarker({ dataDir: data }), { write: true, createNew: true, mode: 0o600 });
  await file.write(new TextEncoder().encode(`${JSON.stringify(marker, null, 2)}\n`));
  await file.sync();
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw new GatewayError("BACKUP_FAILED", `Cannot remove "${path}"`, { cause: error });
    }
  }
}

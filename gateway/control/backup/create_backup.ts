import { backupFolder } from "../../courier/backup_folder.ts";
import { Buffer } from "node:buffer";
import { basename, isAbsolute, relative } from "node:path";
import type { Clock } from "../../core/clock.ts";
import type { Box, SiteFiles } from "../../core/conduit.ts";
import type { Random, Timers } from "../../core/timers.ts";
import type { Site } from "../../config/schema.ts";
import { openStore } from "../../store/kv_store.ts";
import { resealAll } from "../../store/reseal.ts";
import { createSealBox, type SealBox } from "../../store/sealer.ts";
import type { Store } from "../../store/store.ts";
import { filePart, writeArchive } from "./archive.ts";
import { auditParts, configParts } from "./collect.ts";
import { type BackupManifest, STORE_PART } from "./manifest.ts";

/** What a backup is made from. */
export interface BackupSource {
  readonly site: Site;
  readonly box: Box;
  readonly files: SiteFiles;
  readonly store: Store;
  readonly sealer: SealBox;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

/** A backup that lies sealed in the data folder. */
export interface MadeBackup {
  readonly file: string;
  readonly name: string;
  readonly bytes: number;
  readonly takenAt: number;
  readonly lastSequence: number;
  /** Sealed values that did not open and went in as they are. */
  readonly unreadable: number;
}

const SEAL_KEY_BYTES = 32;
const SUFFIX = ".backup.age";

/** Folder in which a backup is made before it goes to its targets. */
export const backupDir = backupFolder;

/** The name of a backup: sorts by time, says site and time. */
export function backupName(site: string, takenAt: number): string {
  const stamp = new Date(takenAt).toISOString().replace(/[-:]|\.\d+/g, "");
  return `bulkhead-${site}-${stamp}${SUFFIX}`;
}

/** Whether a file name is that of a backup of this site; retention touches no other file. */
export function isBackupName(site: string, name: string): boolean {
  const prefix = `bulkhead-${site}-`;
  return name.startsWith(prefix) && /^\d{8}T\d{6}Z\.backup\.age$/.test(name.slice(prefix.length));
}

/**
 * Makes one sealed backup while the gateway runs: first the store (copied live), then the audit segments, so that the
 * chain in the backup is never older than the store. Every sealed value is sealed again under a key of this backup, which
 * stands only inside it: the root key never leaves the box, and may live in a chip.
 * @param recipient public recovery key
 * @param lastSequence an audit record that is stored already
 */
export async function createBackup(source: BackupSource, recipient: string, lastSequence: number): Promise<MadeBackup> {
  const { site, box, clock, random } = source;
  const takenAt = clock.now();
  const name = backupName(site.site.id, takenAt);
  const folder = backupDir(box);
  const copy = `${folder}/${crypto.randomUUID()}`;
  await Deno.mkdir(copy, { recursive: true, mode: 0o700 });
  try {
    const sealKey = random.bytes(SEAL_KEY_BYTES);
    const unreadable = await copyStore(source, copy, await createSealBox(sealKey));
    const parts = [
      ...configParts(site, box, source.files),
      ...(unreadable === undefined ? [] : [await filePart(STORE_PART, `${copy}/sealed`)]),
      ...(await auditParts(box)),
    ];
    const head = manifestHead(source, takenAt, lastSequence, sealKey, unreadable ?? 0);
    const manifest = (packed: BackupManifest["parts"]) => ({ ...head, parts: [...packed] });
    const bytes = await writeArchive(`${folder}/${name}`, recipient, { parts, manifest: (p) => manifest([...p]) });
    sealKey.fill(0);
    return { file: `${folder}/${name}`, name, bytes, takenAt, lastSequence, unreadable: unreadable ?? 0 };
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
}

/** Copies the store to `<folder>/sealed`; undefined when it lies behind store.url and is backed up there. */
async function copyStore(source: BackupSource, folder: string, to: SealBox): Promise<number | undefined> {
  if (source.site.store.url !== undefined) return undefined;
  await source.store.snapshot(`${folder}/kv`);
  const copy = await openStore({ path: `${folder}/kv`, clock: source.clock, timers: source.timers });
  try {
    const { unreadable } = await resealAll(copy, source.sealer, to);
    // Once more: this reads through the write-ahead log, and leaves no older page behind.
    await copy.snapshot(`${folder}/sealed`);
    return unreadable;
  } finally {
    await copy.close();
  }
}

function manifestHead(
  { site, box }: BackupSource,
  takenAt: number,
  lastSequence: number,
  sealKey: Uint8Array,
  unreadable: number,
): Omit<BackupManifest, "parts"> {
  const below = relative(box.configDir, box.dataDir);
  const isBelow = below !== "" && !below.startsWith("..") && !isAbsolute(below);
  return {
    form: 1,
    site: site.site.id,
    takenAt,
    lastSequence,
    configName: basename(box.configFile),
    dataDir: isBelow ? below : box.dataDir,
    keyStore: site.hal?.keyStore ?? "file",
    halSocket: site.hal?.socket ?? "",
    sealKey: Buffer.from(sealKey).toString("base64"),
    unreadable,
  };
}

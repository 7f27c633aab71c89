import { statfsSync } from "node:fs";
import { toStorageError } from "./storage_errors.ts";

/** "warn": a person should free space this week. "full": the next writes may fail; act as the policy says. */
export type DiskLevel = "ok" | "warn" | "full";

/** Free space of the disk below one path. */
export interface DiskState {
  readonly level: DiskLevel;
  /** Bytes that an unprivileged process may still write. */
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** Files that can still be made, as a share of all; 1 on file systems that do not count them. */
  readonly freeFilesRatio: number;
}

/** What statfs(2) gives, as node:fs names it. */
export interface FileSystemFacts {
  readonly bsize: number;
  readonly blocks: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;
}

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
/** Whichever is smaller counts, so that a small disk is not in alarm for ever. */
const WARN = { bytes: GIB, ratio: 0.1, files: 0.05 };
const FULL = { bytes: 128 * MIB, ratio: 0.02, files: 0.005 };

/**
 * How full the disk below `path` is. The Worker needs `read` on the path and `sys: ["statfs"]`.
 * A deletion needs space too (measured: SQLite refuses it on a full disk), hence a "full" well before the end.
 * @throws StorageError STORE_FAILED when the path cannot be examined
 */
export function diskState(path: string, statfs: (path: string) => FileSystemFacts = statfsSync): DiskState {
  try {
    return judge(statfs(path));
  } catch (error) {
    throw toStorageError(error, `examine the disk of "${path}"`);
  }
}

function judge({ bsize, blocks, bavail, files, ffree }: FileSystemFacts): DiskState {
  const freeBytes = bavail * bsize, totalBytes = blocks * bsize;
  const freeFilesRatio = files > 0 ? ffree / files : 1;
  const below = (limit: typeof WARN) =>
    freeBytes < Math.min(limit.bytes, totalBytes * limit.ratio) || freeFilesRatio < limit.files;
  return { level: below(FULL) ? "full" : below(WARN) ? "warn" : "ok", freeBytes, totalBytes, freeFilesRatio };
}
